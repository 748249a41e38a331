"""The admin's frame around our own pages, and what every page of it shows."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property


def render_in_admin(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render a page of ours with everything the admin's own templates expect."""
    return render(request, template, {**admin.site.each_context(request), **context}, status=status)


class CappedPaginator(Paginator):
    """Counts to a ceiling and no further: "10,000+" costs milliseconds where an exact count costs seconds."""

    CAP = 10_000

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[: self.CAP + 1].count()  # type: ignore[union-attr]


class ReadOnlyAdmin(admin.ModelAdmin):
    """Tables that staff look things up in; nobody adds, changes or deletes through them."""

    show_full_result_count = False
    paginator = CappedPaginator
    list_per_page = 50
    list_max_show_all = 0
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: filled by the navigation."""
    return {}
