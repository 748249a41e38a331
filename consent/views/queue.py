"""The queue a reviewer works through: what its address means, kept through every action."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from backoffice.addresses import KeyConverter
from consent import desk
from consent.filters import FlagFilter
from consent.models import Flag
from consent.models.flag import FlagQuerySet

TABS = {"all": "All", "mine": "Mine", "unassigned": "Nobody's"}
KEPT = {*FlagFilter.base_filters, "tab", "after", "before"}


class Queue:
    """The flags that an address asks for, and the address itself."""

    def __init__(self, query: QueryDict, user: User, now: datetime) -> None:
        self.user, self.now = user, now
        self.query = QueryDict(mutable=True)
        for name, values in query.lists():
            if name in KEPT:
                self.query.setlist(name, values)
        self.tab = self.query.get("tab", "all") if self.query.get("tab") in TABS else "all"
        self.filter = FlagFilter(self.query, queryset=Flag.objects.all())

    @classmethod
    def kept(cls, request: HttpRequest, now: datetime) -> Queue:
        """The queue that a form brought along, else the one in the page's own address."""
        carried = request.POST.get("queue")
        query = QueryDict(carried) if carried is not None else request.GET
        assert isinstance(request.user, User)
        return cls(query, request.user, now)

    @property
    def flags(self) -> FlagQuerySet:
        return self.of_tab(self.tab)

    def of_tab(self, tab: str) -> FlagQuerySet:
        flags: Any = self.filter.qs
        if tab == "mine":
            return flags.filter(assignee=self.user)
        return flags.filter(desk.of_nobody(self.now)) if tab == "unassigned" else flags

    @property
    def is_filtered(self) -> bool:
        return any(value for name, value in self.query.items() if name not in {"after", "before"})

    @property
    def text(self) -> str:
        return self.query.urlencode()

    @property
    def url(self) -> str:
        return _with(reverse("consent:flag_list"), self.text)

    def url_of(self, flag: Flag) -> str:
        return _with(reverse("consent:flag_review", args=[flag.pk]), self.text)

    def back(self) -> HttpResponse:
        return redirect(self.url)

    def take_next(self, after: Flag | None = None) -> Flag | None:
        return desk.take_next(self.flags, by=self.user, now=self.now, after=after)


def key_of(text: str) -> int | None:
    """A primary key that a form names; None for anything that is none."""
    return int(text) if re.fullmatch(KeyConverter.regex, text) else None


def _with(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address
