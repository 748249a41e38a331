"""The tables of the errors room. Everything that is decided is decided on its own pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.frame import ReadOnlyAdmin
from backoffice.templatetags.frame import phone, staff_time, status_chip
from consent.admin import OfNumber
from errors.lookup import TooMany, look_up, of_reference
from errors.models import (
    AttemptEvent,
    CampaignCheck,
    ErrorCode,
    Fix,
    NumberFinding,
    Pattern,
    PatternRun,
    PreflightRule,
    SendAttempt,
    Verification,
)


def _link(name: str, pk: Any, words: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(f"errors:{name}", args=[pk]), words)


@admin.register(ErrorCode)
class ErrorCodeAdmin(ReadOnlyAdmin):
    list_display = ("code", "whose", "phase", "name", "counts_as", "confidence", "first_met", "page")
    list_filter = ("origin", "confidence", "phase", "category")
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


# --- The log ---------------------------------------------------------------------------------------------
#
# No filter on a column without an index: a rare value would be looked for in millions of rows. The send log's own
# page has every filter, with a time beside it.


@admin.register(SendAttempt)
class SendAttemptAdmin(ReadOnlyAdmin):
    list_display = ("submitted", "line", "provider", "sender", "campaign", "state", "error_code", "page")
    list_filter = ("is_failed",)
    list_select_related = ("number",)
    allowed_lookups = ("batch__id__exact", "number__id__exact", "parent__id__exact")
    search_fields = ("message_ref",)  # shows the box; what it finds, get_search_results says
    search_help_text = "Four digits of the number, a message reference, a campaign or a name"
    ordering = ["-submitted_at", "-pk"]
    exclude = ("ref_number", "body_hash")
    export_excludes = ("body", "request", "ref_number", "body_hash")
    readonly_fields = ("page",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SendAttempt], search_term: str
    ) -> tuple[QuerySet[SendAttempt], bool]:
        """As on the send log's own page, each way by an index."""
        if not search_term.strip():
            return queryset, False
        try:
            answer = look_up(search_term.strip())
        except TooMany as problem:
            messages.warning(request, str(problem))
            return queryset.none(), False
        return (queryset.filter(pk__in=answer.attempts.values("pk")) if answer else queryset.none()), False

    @admin.display(description="submitted")
    def submitted(self, attempt: SendAttempt) -> str:
        return staff_time(attempt.submitted_at)

    @admin.display(description="to")
    def line(self, attempt: SendAttempt) -> SafeString | str:
        return phone(attempt.number) if attempt.number else attempt.recipient or "—"

    @admin.display(description="status")
    def state(self, attempt: SendAttempt) -> SafeString:
        return status_chip(attempt)

    @admin.display(description="its page")
    def page(self, attempt: SendAttempt) -> SafeString:
        return _link("attempt", attempt.pk, "Everything about it")


@admin.register(AttemptEvent)
class AttemptEventAdmin(ReadOnlyAdmin):
    list_display = (
        "pk",
        "state",
        "code",
        "provider_status",
        "part",
        "happened",
        "received",
        "source",
        "origin",
    )
    list_select_related = ("batch",)
    allowed_lookups = ("batch__id__exact", "attempt_key__exact")
    search_fields = ("attempt_key",)
    search_help_text = "The message reference of a send, the provider's in any form or our own"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AttemptEvent], search_term: str
    ) -> tuple[QuerySet[AttemptEvent], bool]:
        if not search_term.strip():
            return queryset, False
        keys = of_reference(search_term.strip()).values_list("key", flat=True)
        return queryset.filter(attempt_key__in=list(keys)), False

    @admin.display(description="status")
    def state(self, event: AttemptEvent) -> SafeString:
        return status_chip(event)

    @admin.display(description="happened")
    def happened(self, event: AttemptEvent) -> str:
        return staff_time(event.occurred_at)

    @admin.display(description="reached us")
    def received(self, event: AttemptEvent) -> str:
        return staff_time(event.received_at)

    @admin.display(description="from")
    def origin(self, event: AttemptEvent) -> SafeString | str:
        if event.batch is None:
            return "—"
        words = event.batch.original_name + (f", line {event.line}" if event.line else "")
        return format_html('<a href="{}">{}</a>', reverse("imports:batch", args=[event.batch.pk]), words)


@admin.register(NumberFinding)
class NumberFindingAdmin(OfNumber):
    """The list of whoever looks after the data: numbers that texts do not reach, the latest first."""

    list_display = ("since", "line", "category", "failures", "days", "error_code", "reached")
    list_filter = (("cleared_at", admin.EmptyFieldListFilter),)
    list_select_related = ("number",)
    ordering = ["-suppressed_at", "number"]

    @admin.display(description="since")
    def since(self, finding: NumberFinding) -> str:
        return staff_time(finding.suppressed_at)

    @admin.display(description="reached again")
    def reached(self, finding: NumberFinding) -> str:
        return staff_time(finding.cleared_at)


# --- Patterns and fixes ----------------------------------------------------------------------------------


@admin.register(Pattern)
class PatternAdmin(ReadOnlyAdmin):
    list_display = (
        "__str__",
        "state",
        "failures",
        "attempts",
        "recipients",
        "error_code",
        "last_seen",
        "page",
    )
    list_filter = ("status", "is_incident")
    search_fields = ("=error_code", "=category")
    search_help_text = "A whole code or category; the list of patterns finds values as well"
    ordering = ["-excess", "-pk"]
    exclude = ("key",)
    readonly_fields = ("page",)

    @admin.display(description="state")
    def state(self, pattern: Pattern) -> SafeString:
        return status_chip(pattern)

    @admin.display(description="last seen", ordering="last_seen_at")
    def last_seen(self, pattern: Pattern) -> str:
        return staff_time(pattern.last_seen_at)

    @admin.display(description="its page")
    def page(self, pattern: Pattern) -> SafeString:
        return _link("pattern", pattern.pk, "Everything about it")


@admin.register(PatternRun)
class PatternRunAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "kind", "attempts", "failures", "looked_at", "found", "took", "finished")
    list_filter = ("kind",)
    ordering = ["-pk"]
    exclude = ("token",)

    @admin.display(description="took")
    def took(self, run: PatternRun) -> str:
        return f"{run.seconds:.1f} s"

    @admin.display(description="finished")
    def finished(self, run: PatternRun) -> str:
        return staff_time(run.finished_at)


@admin.register(PreflightRule)
class PreflightRuleAdmin(ReadOnlyAdmin):
    """Every version of every rule; the pages of the rules change them."""

    list_display = (
        "kind",
        "provider",
        "place",
        "subject",
        "version",
        "standing",
        "is_active",
        "saved",
        "page",
    )
    list_filter = ("standing", "is_active", "is_changed")
    search_fields = ("=subject", "=place", "^source")
    ordering = ["place_in_book", "-version", "pk"]

    @admin.display(description="saved")
    def saved(self, rule: PreflightRule) -> str:
        return staff_time(rule.saved_at)

    @admin.display(description="its page")
    def page(self, rule: PreflightRule) -> SafeString:
        return _link("rule", rule.series, "In plain words")


@admin.register(CampaignCheck)
class CampaignCheckAdmin(ReadOnlyAdmin):
    list_display = ("name", "status", "rows_done", "asked_by", "asked", "page")
    list_filter = ("status",)
    list_select_related = ("asked_by",)
    search_fields = ("=name",)
    ordering = ["-pk"]
    # What was filled into the texts stands on their page, for those who may see it.
    exclude = ("tally", "file", "results", "message")
    export_excludes = ("tally", "file", "results", "message")

    @admin.display(description="asked")
    def asked(self, check: CampaignCheck) -> str:
        return staff_time(check.asked_at)

    @admin.display(description="its page")
    def page(self, check: CampaignCheck) -> SafeString:
        return _link("campaign", check.pk, "What was found")


@admin.register(Fix)
class FixAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "of", "changed", "answer", "by", "since")
    list_filter = ("outcome", "changed")
    list_select_related = ("pattern", "made_by")
    ordering = ["-pk"]
    exclude = ("token",)

    @admin.display(description="pattern")
    def of(self, fix: Fix) -> SafeString:
        return _link("pattern", fix.pattern_id, str(fix.pattern))

    @admin.display(description="answer")
    def answer(self, fix: Fix) -> str:
        return fix.get_outcome_display()

    @admin.display(description="by")
    def by(self, fix: Fix) -> str:
        return fix.made_by.get_full_name() or fix.made_by.get_username()

    @admin.display(description="in effect since")
    def since(self, fix: Fix) -> str:
        return staff_time(fix.effective_at)


@admin.register(Verification)
class VerificationAdmin(ReadOnlyAdmin):
    list_display = ("measured", "fix", "outcome", "failed", "settled", "why")
    list_filter = ("outcome",)
    list_select_related = ("fix",)
    allowed_lookups = ("fix__id__exact",)
    ordering = ["-pk"]

    @admin.display(description="measured")
    def measured(self, verification: Verification) -> str:
        return staff_time(verification.measured_at)
