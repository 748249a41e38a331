"""The ground floor's own pages: home, search, background runs."""
