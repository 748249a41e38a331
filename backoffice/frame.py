"""The admin's frame around our own pages, and what every page of it shows: navigation, freshness, who is
signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from backoffice import rooms
from backoffice.tables import CappedPaginator, ConfigurationAdmin, ReadOnlyAdmin

__all__ = ["CappedPaginator", "ConfigurationAdmin", "Frame", "ReadOnlyAdmin", "frame", "render_in_admin"]

# What each page loads besides the admin's own; all small, all ours.
SCRIPTS = tuple(f"backoffice/{name}.js" for name in ("frame", "keys", "live", "bulk", "drafts"))


def render_in_admin(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page of ours with everything the admin's own templates expect.

    `title` and `subtitle` make the page's head, `crumbs` [(label, address)] what stands between Home and
    it."""
    return render(request, template, {**admin.site.each_context(request), **context}, status=status)


class Trust:
    """How fresh what the pages show is: the strip at the top, and the list behind it."""

    def __init__(self, now: datetime) -> None:
        self.lines = rooms.trust(now)
        self.strip = [line for line in self.lines if line.short]
        self.tone = rooms.worst(line.tone for line in self.lines)
        wrong = sum(line.tone != "ok" for line in self.strip)
        self.words = f"{wrong} to look at" if wrong else "All fresh"


class Frame:
    """What the frame shows for one request. Everything is asked for only when a template shows it."""

    scripts = SCRIPTS
    organisation = settings.ORGANISATION
    time_zone = settings.TIME_ZONE

    def __init__(self, request: HttpRequest) -> None:
        self._path = request.path
        self._user: User | AnonymousUser = getattr(request, "user", None) or AnonymousUser()
        self._now = timezone.now()

    @property
    def signed_in(self) -> bool:
        return bool(self._user.is_active and self._user.is_staff)

    @cached_property
    def entries(self) -> list[rooms.Entry]:
        return rooms.entries(self._user, self._now)

    @cached_property
    def trust(self) -> Trust:
        return Trust(self._now)

    @cached_property
    def current(self) -> str:
        """The entry this page belongs to: the one whose address the page's address begins with."""
        home = reverse("home")
        here = [entry for entry in self.entries if self._path.startswith(entry.url) and entry.url != home]
        here += [entry for entry in self.entries if entry.url == self._path]
        return max(here, key=lambda entry: len(entry.url)).name if here else ""

    @cached_property
    def roles(self) -> str:
        names = list(self._user.groups.order_by("name").values_list("name", flat=True))
        return ", ".join(names) or ("Superuser" if self._user.is_superuser else "No role yet")

    @property
    def initials(self) -> str:
        words = f"{getattr(self._user, 'first_name', '')} {getattr(self._user, 'last_name', '')}".split()
        return "".join(word[0] for word in words[:2]) or self._user.get_username()[:2]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of every page."""
    return {"frame": Frame(request)}
