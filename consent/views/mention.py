"""Notes that call somebody by name, where that person finds them."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from backoffice.access import needs
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, capped_count, page_of
from consent.models import Mention


@require_GET
@needs("consent.view_flag")
def mention_list(request: HttpRequest) -> HttpResponse:
    """The newest first: those not read yet, or all. Opening the flag makes its notes read."""
    assert isinstance(request.user, User)
    mine = Mention.objects.of(request.user)
    tabs = {"unread": mine.unread(), "all": mine}
    tab = request.GET.get("tab", "unread")
    tab = tab if tab in tabs else "unread"
    listed = tabs[tab].select_related("event__by", "event__flag__number", "event__flag__batch")
    context = {
        "title": "Mentions",
        "subtitle": "Notes on flags in which a colleague calls you by name.",
        "current": "review",
        "crumbs": [("Review", reverse("consent:flag_list"))],
        "tabs": [
            {"name": name, "label": label, "count": capped_count(tabs[name]), "is_current": name == tab}
            for name, label in {"unread": "Unread", "all": "All"}.items()
        ],
        "tab": tab,
        "page": page_of(listed, request.GET, order=[Key("pk", descending=True)]),
    }
    return render_in_admin(request, "consent/mention_list.html", context)
