"""Saved views of a list: keep the filter that stands in its address, open it, change it, remove it."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice import saved_views
from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.keyset import capped_count
from backoffice.models import SavedView
from backoffice.patience import TookTooLong, at_most
from backoffice.saved_views import KEEP, SHARE, KeptList, is_like_a_person, list_of, may_change, query_of

# Of a person's own on one list, and as many shared ones: each is counted while the list is open.
PINNED_AT_MOST = 8
KEPT_AT_MOST = 100  # of a person's own on one list, and as many shared ones
PATIENCE = 1.0  # seconds for one count
LEAST = 0.01  # seconds without which no count is begun: nought would be no limit at all
BUDGET = 2.0  # seconds for all counts of a list together: every open page asks for them again and again


class ViewForm(forms.Form):
    """The name of a view and who sees it; only who may share is asked about others."""

    name = forms.CharField(
        max_length=60,
        help_text="As it stands above the list, e.g. “Houston, overdue”.",
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    is_shared = forms.BooleanField(label="Everybody sees it", required=False)
    is_pinned = forms.BooleanField(
        label="Pinned", required=False, help_text="It stands above the list, with how many it finds."
    )

    def __init__(self, given: QueryDict | None, *, view: SavedView, by: User) -> None:
        kept = {"name": view.name, "is_shared": view.is_shared, "is_pinned": view.is_pinned}
        super().__init__(given, initial=kept)
        self.view, self.by, self.was_shared = view, by, view.is_shared
        if not can(by, SHARE):
            del self.fields["is_shared"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if is_like_a_person(name):
            raise forms.ValidationError(
                "A name is kept and shown: leave out numbers and addresses of people."
            )
        return name

    def clean(self) -> None:
        shared = self.cleaned_data.get("is_shared", False)
        others = SavedView.objects.filter(list_name=self.view.list_name).exclude(pk=self.view.pk)
        others = (
            others.filter(is_shared=True) if shared else others.filter(is_shared=False, owner=self.view.owner)
        )
        if others.count() >= KEPT_AT_MOST:
            self.add_error(None, f"There are {KEPT_AT_MOST} views of this list already. Remove one first.")
        if self.cleaned_data.get("is_pinned") and others.filter(is_pinned=True).count() >= PINNED_AT_MOST:
            self.add_error("is_pinned", f"{PINNED_AT_MOST} are pinned here already. Unpin one of them first.")

    def kept(self) -> bool:
        """Save what was filled in. False, with the reason beside the field, where it cannot be."""
        if not self.is_valid():
            return False
        given = self.cleaned_data
        view = self.view
        view.name, view.is_pinned = given["name"], given["is_pinned"]
        view.is_shared = given.get("is_shared", False)
        try:
            saved_views.keep(view, by=self.by, was_shared=self.was_shared)
        except IntegrityError:
            whose = "There is a shared view" if view.is_shared else "You have a view"
            self.add_error("name", f"{whose} of this name. Choose another, or put this filter in its place.")
            return False
        return True


# --- finding the list and the view ----------------------------------------------------------------------------


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _list_or_404(request: HttpRequest, name: str) -> KeptList:
    """Raises PermissionDenied for a list that the person may not see: what it is filtered by may tell something."""
    of = list_of(name)
    if of is None:
        raise Http404("No such list.")
    if not can(request.user, of.right):
        raise PermissionDenied(of.right)
    return of


def _view_or_404(request: HttpRequest, pk: int) -> tuple[SavedView, KeptList]:
    view = SavedView.objects.seen_by(_person(request)).filter(pk=pk).first()
    if view is None:
        raise Http404("No such view, or somebody else's.")
    return view, _list_or_404(request, view.list_name)


def _not_theirs(request: HttpRequest, of: KeptList) -> HttpResponse:
    messages.error(request, "Only a supervisor changes a view that everybody sees.")
    return redirect("views:saved_view_list", of.name)


def _address(of: KeptList, view: SavedView) -> str:
    return f"{of.url}?{query_of(view.query).urlencode()}"


# --- pages ----------------------------------------------------------------------------------------------------


@require_safe
@needs(KEEP)
def saved_view_list(request: HttpRequest, list_name: str) -> HttpResponse:
    """All views of a list that the person sees."""
    of = _list_or_404(request, list_name)
    views = SavedView.objects.of_list(of.name).seen_by(_person(request)).select_related("owner")
    context = {
        "title": "Saved views",
        "subtitle": f"Filters of the list “{of.label}” under a name.",
        "crumbs": [(of.label, of.url)],
        "list": of,
        "rows": [{"view": view, "may_change": may_change(view, request.user)} for view in views],
    }
    return render_in_admin(request, "backoffice/saved_views/saved_view_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(KEEP)
def saved_view_new(request: HttpRequest, list_name: str) -> HttpResponse:
    """Keep the filter that the page's own address carries, as a view of its own or in place of another."""
    of, person, now = _list_or_404(request, list_name), _person(request), timezone.now()
    filterset, _ = of.narrow(request.GET, person, now)
    asked = of.asked(filterset, request.GET)
    view = SavedView(list_name=of.name, owner=person, query=asked, is_pinned=True)
    refusals = _refusals(of, filterset, asked)
    if not refusals:
        view.words = of.words(filterset, asked)
    form = ViewForm(request.POST if "name" in request.POST else None, view=view, by=person)
    others = [
        other
        for other in SavedView.objects.of_list(of.name).seen_by(person)
        if other.query != asked and may_change(other, person)
    ]
    if request.method == "POST" and not refusals:
        if "instead" in request.POST:
            return _replace(request, of, view, others)
        if form.kept():
            messages.success(request, f"Kept as “{view}”.")
            return redirect(_address(of, view))
    context = {
        "title": "Save this view",
        "crumbs": [(of.label, of.url)],
        "view": view,
        "form": form,
        "others": others,
        "refusals": refusals,
        "back": f"{of.url}?{request.GET.urlencode()}",
    }
    status = 400 if request.method == "POST" else 200
    return render_in_admin(request, "backoffice/saved_views/saved_view_form.html", context, status=status)


def _refusals(of: KeptList, filterset: django_filters.FilterSet, asked: dict[str, str]) -> list[str]:
    """Why this filter cannot be kept."""
    if named := of.names_a_person(filterset, asked):
        return [
            f"A view is kept, and may be shown to others: it must not hold whom somebody looked for. Take out "
            f"“{'” and “'.join(named)}” and save the rest."
        ]
    if problems := of.problems(filterset, asked):
        return [f"Mend the filter first. {problem}" for problem in problems]
    return (
        []
        if asked
        else ["Nothing is filtered. Set a filter or choose a tab first; the whole list needs no name."]
    )


def _replace(request: HttpRequest, of: KeptList, new: SavedView, others: list[SavedView]) -> HttpResponse:
    """Put the filter in the place of a view that the person may change."""
    chosen = next((view for view in others if str(view.pk) == request.POST["instead"]), None)
    if chosen is None:
        messages.error(request, "That view is gone, or somebody else's now. Nothing was changed.")
        return redirect(request.get_full_path())
    chosen.query, chosen.words = new.query, new.words
    saved_views.keep(chosen, by=_person(request))
    messages.success(request, f"“{chosen}” now holds this filter.")
    return redirect(_address(of, chosen))


@require_safe
@needs(KEEP)
def saved_view(request: HttpRequest, pk: int) -> HttpResponse:
    """The list as the view filters it. A view that no longer works says so, and opens nothing."""
    view, of = _view_or_404(request, pk)
    filterset, _ = of.narrow(query_of(view.query), _person(request), timezone.now())
    problems = of.problems(filterset, view.query)
    if not problems:
        return redirect(_address(of, view))
    context = {
        "title": view.name,
        "subtitle": f"A saved view of the list “{of.label}”.",
        "crumbs": [(of.label, of.url)],
        "view": view,
        "list": of,
        "problems": problems,
        "may_change": may_change(view, request.user),
    }
    return render_in_admin(request, "backoffice/saved_views/saved_view.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(KEEP)
def saved_view_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Its name, who sees it, whether it is pinned."""
    view, of = _view_or_404(request, pk)
    if not may_change(view, request.user):
        return _not_theirs(request, of)
    form = ViewForm(request.POST or None, view=view, by=_person(request))
    if request.method == "POST" and form.kept():
        messages.success(request, f"“{view}” is changed.")
        return redirect("views:saved_view_list", of.name)
    context = {
        "title": "Change a saved view",
        "crumbs": [(of.label, of.url), ("Saved views", reverse("views:saved_view_list", args=[of.name]))],
        "view": view,
        "form": form,
        "back": reverse("views:saved_view_list", args=[of.name]),
    }
    status = 400 if request.method == "POST" else 200
    return render_in_admin(request, "backoffice/saved_views/saved_view_form.html", context, status=status)


@require_POST
@needs(KEEP)
def saved_view_remove(request: HttpRequest, pk: int) -> HttpResponse:
    view, of = _view_or_404(request, pk)
    if not may_change(view, request.user):
        return _not_theirs(request, of)
    saved_views.remove(view, by=_person(request))
    messages.success(request, f"“{view}” is removed. What it listed stays as it is.")
    return redirect("views:saved_view_list", of.name)


@require_safe
@needs(KEEP)
def saved_view_counts(request: HttpRequest, list_name: str) -> HttpResponse:
    """The pinned views of a list with how many each finds, for the page that is already open."""
    of, person, now = _list_or_404(request, list_name), _person(request), timezone.now()
    pinned = SavedView.objects.of_list(of.name).seen_by(person).filter(is_pinned=True)
    until = time.monotonic() + BUDGET
    shown = {
        "pinned": [_counted(of, view, person, now, until=until) for view in pinned],
        "current": request.GET.get("current", ""),
    }
    response = render(request, "backoffice/saved_views/_pinned.html", shown)
    response["X-Live"] = "done"
    return response


def _counted(of: KeptList, view: SavedView, person: User, now: datetime, *, until: float) -> dict[str, Any]:
    """A view with how many rows it finds; no count where it cannot be followed, would take long, or the time of all
    is over: `until`, of the monotonic clock."""
    left = until - time.monotonic()
    if left < LEAST:
        return {"view": view, "took_too_long": True}
    try:
        with at_most(min(PATIENCE, left)):
            filterset, rows = of.narrow(query_of(view.query), person, now)
            if of.problems(filterset, view.query):
                return {"view": view, "is_broken": True}
            return {"view": view, "count": capped_count(rows)}
    except TookTooLong:
        return {"view": view, "took_too_long": True}
