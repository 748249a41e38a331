"""The tables of the errors room. Everything that is decided is decided on its own pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.frame import ReadOnlyAdmin
from backoffice.templatetags.frame import staff_time
from errors.models import ErrorCode


def _link(name: str, pk: Any, words: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(f"errors:{name}", args=[pk]), words)


@admin.register(ErrorCode)
class ErrorCodeAdmin(ReadOnlyAdmin):
    list_display = ("code", "whose", "phase", "name", "counts_as", "confidence", "first_met", "page")
    list_filter = ("origin", "confidence", "phase", "category", "provider")
    search_fields = ("=code", "^name")
    search_help_text = "A whole code, or the beginning of its title"
    exclude = ("code_normal", "place")
    readonly_fields = ("page",)
    ordering = ["provider", "place", "pk"]

    @admin.display(description="provider", ordering="provider")
    def whose(self, code: ErrorCode) -> str:
        return code.provider_label

    @admin.display(description="counts as")
    def counts_as(self, code: ErrorCode) -> str:
        return code.effective_category.label

    @admin.display(description="first met here")
    def first_met(self, code: ErrorCode) -> str:
        return staff_time(code.first_seen_at)

    @admin.display(description="its page")
    def page(self, code: ErrorCode) -> SafeString:
        return _link("code", code.pk, "In plain words")
