"""One box for everything. The words travel in the body of a POST, never in an address: addresses end in
logs and in the
histories of shared machines, and the words are phone numbers and names."""

from __future__ import annotations

from django import forms
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from backoffice import rooms
from backoffice.frame import render_in_admin

LAST = "last_search"  # kept in the session, so that going back shows the answers again


class SearchForm(forms.Form):
    q = forms.CharField(
        max_length=200,
        min_length=2,
        label="Search",
        error_messages={
            "required": "Type a number, a name, an e-mail address, a record id, a message reference or a "
            "file's name.",
            "max_length": "That is longer than anything we keep. Search for up to 200 characters.",
            "min_length": "Type at least two characters.",
        },
    )


@never_cache
@staff_member_required
def search(request: HttpRequest) -> HttpResponse:
    """POST answers; GET shows the last answers of this session, so that "back" and reload work."""
    asked = request.POST if request.method == "POST" else {"q": request.session.get(LAST, "")}
    first = request.method != "POST" and not asked["q"]
    form = SearchForm(None if first else asked)
    found: list[rooms.Found] = []
    query = ""
    if not first and form.is_valid():
        query = form.cleaned_data["q"]
        found = rooms.find(query, request.user)
        request.session[LAST] = query
    return render_in_admin(
        request, "backoffice/search.html", {"title": "Search", "form": form, "query": query, "found": found}
    )
