"""Consent for other systems: may this be texted, who must not be, what is known, what was said."""
