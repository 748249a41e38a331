"""Filters of lists under a name: what a list tells so that its filter can be kept, and what of an address is kept.

A list's view says it in one line, `@keeps_views("Holds", narrowed)`; the URL configuration is the register of all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import NoReverseMatch, resolve, reverse

from backoffice import audit, filters
from backoffice.access import can
from backoffice.models import SavedView

KEEP, SHARE = "backoffice.add_savedview", "backoffice.share_savedview"

View = Callable[..., HttpResponse]
# Ten digits in a row, however grouped, or an address: a view is seen by others and stays.
_LIKE_A_PERSON = re.compile(r"(\d[\s().+/-]*){10}|\S@\S")
_WHEN = re.compile(
    r"(?<!\d)(?<!\d[\s./-])(?:"
    r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)"  # 2026-11-22
    r"|(?<![\s().+/])(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"  # spring-20261122
    r"|[0-3]?\d([./])[0-3]?\d\1(?:19|20)\d\d(?![./-]?\d))"  # 22.11.2026, 11/22/2026
    r"|(?<!\d)[0-2]?\d:[0-5]\d(?::[0-5]\d)?(?!\d)"
)
# The filter and the rows that the parameters of an address ask for. The list itself is made by it too, so that the
# count of a view and the list behind it cannot differ.
Narrow = Callable[[QueryDict, User, datetime], tuple[django_filters.FilterSet, QuerySet[Any]]]


@dataclass(frozen=True)
class KeptList:
    """A list whose filter can be kept. `tabs`: its tabs by their word in the address, where the parameter `tab` holds
    it; the first is shown without any. `personal`: filters that name a person whatever they are set to. `name` is
    that of the list's address, `right` what is needed to see it."""

    label: str
    narrow: Narrow
    tabs: Mapping[str, str] = field(default_factory=dict)
    tab: str = "tab"
    personal: frozenset[str] = frozenset()
    name: str = ""
    right: str = ""

    @property
    def url(self) -> str:
        return reverse(self.name)

    def asked(self, filterset: django_filters.FilterSet, query: QueryDict) -> dict[str, str]:
        """What of an address narrows the list: neither its place in it, nor words that the list does not know."""
        found = {name: value for name in filterset.form.fields if (value := query.get(name, "").strip())}
        tab = query.get(self.tab, "")
        return {**found, self.tab: tab} if tab in list(self.tabs)[1:] else found

    def words(self, filterset: django_filters.FilterSet, asked: Mapping[str, str]) -> str:
        """What is asked as the page says it."""
        tab = self.tabs[asked[self.tab]] if self.tab in asked else ""
        return "; ".join(filter(None, [tab, filters.in_words(filterset, query_of(asked))]))

    def problems(self, filterset: django_filters.FilterSet, asked: Mapping[str, str]) -> list[str]:
        """Why something else would be selected than was meant, a sentence each; none where all is well."""
        fields = filterset.form.fields
        found = [
            f"The list has no filter “{name}” any more."
            for name in asked
            if name not in fields and name != self.tab
        ]
        if self.tab in asked and asked[self.tab] not in self.tabs:
            found.append(f"The list has no tab “{asked[self.tab]}” any more.")
        for name, errors in filterset.form.errors.items():
            found.append(f"{fields[name].label}: {' '.join(map(str, errors))}")
        return found

    def names_a_person(self, filterset: django_filters.FilterSet, asked: Mapping[str, str]) -> list[str]:
        """The labels of the filters that name somebody: those made for it, and words that look so."""
        fields = filterset.form.fields
        return [
            str(fields[name].label)
            for name, value in asked.items()
            if name in self.personal
            or (isinstance(fields.get(name), forms.CharField) and is_like_a_person(value))
        ]


def is_like_a_person(words: str) -> bool:
    """Whether ten digits, however grouped, or an address stand in it; days and times of the day are neither."""
    return _LIKE_A_PERSON.search(_WHEN.sub(",", words)) is not None


def keeps_views(label: str, narrow: Narrow, **told: Any) -> Callable[[View], View]:
    """A list whose filter can be kept under a name; `told` is what else KeptList wants to know."""

    def decorate(view: View) -> View:
        view.kept_list = KeptList(label, narrow, **told)  # type: ignore[attr-defined]  # for list_of
        return view

    return decorate


def list_of(name: str) -> KeptList | None:
    """The list behind the name of an address, if its filter can be kept."""
    try:
        view: Any = resolve(reverse(name)).func
    except NoReverseMatch:
        return None
    told: KeptList | None = getattr(view, "kept_list", None)
    return replace(told, name=name, right=view.needed_right) if told else None


def query_of(asked: Mapping[str, str]) -> QueryDict:
    """As an address; in one order, because not every database keeps one."""
    query = QueryDict(mutable=True)
    for name, value in sorted(asked.items()):
        query[name] = value
    return query


# --- what a person sees and may do ----------------------------------------------------------------------------


def may_change(view: SavedView, person: User | AnonymousUser) -> bool:
    return can(person, SHARE) if view.is_shared else view.owner_id == person.pk


def bar(request: HttpRequest, filterset: django_filters.FilterSet) -> dict[str, Any]:
    """What stands above a list: its views, which of them is open, whether there is something to keep. One query."""
    match = request.resolver_match
    of = list_of(match.view_name) if match else None
    if of is None or not isinstance(request.user, User) or not can(request.user, KEEP):
        return {}
    asked = of.asked(filterset, request.GET)
    views = list(SavedView.objects.of_list(of.name).seen_by(request.user))
    return {
        "list": of,
        "views": views,
        "pinned": [{"view": view} for view in views if view.is_pinned],
        "current": next((view for view in views if view.query == asked), None),
        "asked": query_of(asked).urlencode(),
    }


@transaction.atomic
def keep(view: SavedView, *, by: User, was_shared: bool = False) -> None:
    """Save it. What everybody sees is on record, also when it ceases to be. Raises IntegrityError where the name is
    taken."""
    view.save()
    if view.is_shared or was_shared:
        _record(by, "view.keep", view)


@transaction.atomic
def remove(view: SavedView, *, by: User) -> None:
    if view.is_shared:
        _record(by, "view.remove", view)
    view.delete()


def _record(by: User, action: str, view: SavedView) -> None:
    audit.record(
        by,
        action,
        view,
        list=view.list_name,
        name=view.name,
        filter=view.query,
        is_shared=view.is_shared,
        is_pinned=view.is_pinned,
    )
