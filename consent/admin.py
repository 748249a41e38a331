"""Consent's tables: people, programs and reasons are kept here; the ledger and what is derived from it are only
looked at, with a link to the page where work on them is done."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.models import System
from backoffice.tables import ConfigurationAdmin, ReadOnlyAdmin
from backoffice.templatetags.frame import agreed_chip, believes_chip, chip, phone, staff_time, status_chip
from consent.models import (
    AgreedStatus,
    ConsentRecord,
    Contact,
    Correction,
    Flag,
    Hold,
    Number,
    Program,
    Reading,
    ReasonCode,
    SendAfterStop,
    Sender,
    SystemRecord,
    Wording,
    WriteBack,
)
from consent.numbers import FRAGMENT, digits_of


def _link(name: str, pk: Any, words: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(f"consent:{name}", args=[pk]), words)


def _of_digits(term: str) -> QuerySet[Number]:
    """Numbers by the index on their digits; any other comparison would read the whole table."""
    digits = digits_of(term)
    return Number.objects.fragment(digits) if len(digits) >= FRAGMENT else Number.objects.none()


class OfNumber(ReadOnlyAdmin):
    """Tables whose rows belong to a number: found by some of its digits, with the way to everything about it."""

    search_help_text = f"At least {FRAGMENT} digits of the number"
    search_fields = ("number__e164",)  # shows the box; what it finds, get_search_results says

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(number__in=_of_digits(search_term).values("pk")), False

    @admin.display(description="number")
    def line(self, row: Any) -> SafeString | str:
        return _link("contact", row.number_id, phone(row.number)) if row.number_id else "—"


# --- People ----------------------------------------------------------------------------------------------


@admin.register(Number)
class NumberAdmin(ReadOnlyAdmin):
    list_display = ("readable", "region", "line_type", "first_seen", "page")
    search_fields = ("e164",)
    search_help_text = f"At least {FRAGMENT} digits of the number"
    readonly_fields = ("page",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Number], search_term: str
    ) -> tuple[QuerySet[Number], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=_of_digits(search_term).values("pk")), False

    @admin.display(description="number")
    def readable(self, number: Number) -> SafeString:
        return phone(number)

    @admin.display(description="first seen")
    def first_seen(self, number: Number) -> str:
        return staff_time(number.first_seen_at)

    @admin.display(description="its page")
    def page(self, number: Number) -> SafeString:
        return _link("contact", number.pk, "Everything about it")


@admin.register(Contact)
class ContactAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "email", "created")
    search_fields = ("first_name__istartswith", "last_name__istartswith", "email__istartswith")
    search_help_text = "The beginning of a name or address"
    readonly_fields = ("numbers",)

    @admin.display(description="created")
    def created(self, contact: Contact) -> str:
        return staff_time(contact.created_at)

    @admin.display(description="numbers")
    def numbers(self, contact: Contact) -> SafeString | str:
        links = [
            _link("contact", number.pk, phone(number))
            for number in Number.objects.filter(records__contact=contact).distinct().order_by("pk")
        ]
        return format_html(", ".join(["{}"] * len(links)), *links) if links else "—"


@admin.register(SystemRecord)
class SystemRecordAdmin(OfNumber):
    list_display = ("ref", "system", "contact", "line", "changed")
    list_filter = ("system",)
    list_select_related = ("system", "contact", "number")
    search_help_text = f"A whole record id, or at least {FRAGMENT} digits of the number"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SystemRecord], search_term: str
    ) -> tuple[QuerySet[SystemRecord], bool]:
        if not search_term.strip():
            return queryset, False
        rows = SystemRecord.objects.order_by()
        # Naming every system lets the unique index (system, ref) answer.
        by_ref = rows.filter(system__in=list(System.objects.all()), ref=search_term.strip())
        by_number, _ = super().get_search_results(request, rows, search_term)
        # A union, as PostgreSQL reads the whole table for an OR of the two.
        return queryset.filter(pk__in=by_ref.values("pk").union(by_number.values("pk"))), False

    @admin.display(description="number changed")
    def changed(self, record: SystemRecord) -> str:
        return staff_time(record.number_changed_at)


# --- What one agrees to ----------------------------------------------------------------------------------


@admin.register(Sender)
class SenderAdmin(ConfigurationAdmin):
    import_key = "address"
    export_fields = ("address",)
    list_display = ("address", "used_by")
    search_fields = ("address",)
    ordering = ["address", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sender]:
        return super().get_queryset(request).prefetch_related("programs")

    @admin.display(description="programs")
    def used_by(self, sender: Sender) -> str:
        return ", ".join(program.name for program in sender.programs.all()) or "none"


@admin.register(Program)
class ProgramAdmin(ConfigurationAdmin):
    import_key = "code"
    export_fields = (
        "code",
        "name",
        "brand",
        "purpose",
        "double_opt_in",
        "double_opt_in_days",
        "ttl_days",
        "exempt_informational",
        "is_active",
    )
    list_display = ("name", "code", "purpose", "double_opt_in", "ttl_days", "is_active")
    list_filter = ("purpose", "is_active")
    search_fields = ("name", "code")
    ordering = ["name", "pk"]
    filter_horizontal = ("senders",)
    fieldsets = (
        (None, {"fields": ("name", "code", "brand", "purpose", "is_active")}),
        ("Where it texts from", {"fields": ("senders",)}),
        (
            "How consent works",
            {"fields": ("double_opt_in", "double_opt_in_days", "ttl_days", "exempt_informational")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Program | None = None) -> tuple[str, ...]:
        # Files, mappings and addresses name a program by its code.
        return ("code",) if obj else ()


@admin.register(Wording)
class WordingAdmin(ConfigurationAdmin):
    import_key = "code"
    export_fields = (
        "code",
        "program",
        "kind",
        "text",
        "language",
        "place",
        "prechecked",
        "valid_from",
        "valid_until",
    )
    list_display = ("code", "program", "language", "place", "prechecked", "valid_from", "valid_until")
    list_filter = ("program", "prechecked")
    list_select_related = ("program",)
    search_fields = ("code", "text")
    ordering = ["program__name", "code", "pk"]

    def get_readonly_fields(self, request: HttpRequest, obj: Wording | None = None) -> tuple[str, ...]:
        return obj.fixed() if obj else ()


@admin.register(ReasonCode)
class ReasonCodeAdmin(ConfigurationAdmin):
    import_key = "code"
    export_fields = (
        "code",
        "decision",
        "label",
        "needs_words",
        "needs_proof",
        "needs_second_person",
        "is_active",
    )
    list_display = ("label", "decision", "needs_words", "needs_proof", "needs_second_person", "is_active")
    list_filter = ("decision", "is_active")
    search_fields = ("label", "code")
    ordering = ["decision", "label", "pk"]

    def get_readonly_fields(self, request: HttpRequest, obj: ReasonCode | None = None) -> tuple[str, ...]:
        # Decisions of the past carry it: it can be retired, not turned into another one.
        return ("code", *obj.fixed()) if obj else ()


# --- The ledger and what follows from it -----------------------------------------------------------------
#
# What has a row per number or per message has no filter on a column without an index: a rare value would be looked for
# in all of them. Flags and corrections on their way have pages of their own with every filter.


@admin.register(ConsentRecord)
class ConsentRecordAdmin(OfNumber):
    list_display = ("pk", "line", "act", "kind", "scope", "happened", "system", "origin")
    list_filter = ("program", "system")
    list_select_related = ("number", "program", "system", "batch")
    allowed_lookups = ("batch__id__exact", "number__id__exact")

    @admin.display(description="program")
    def scope(self, record: ConsentRecord) -> str:
        return "all" if record.for_all_programs else str(record.program or "—")

    @admin.display(description="happened")
    def happened(self, record: ConsentRecord) -> str:
        return staff_time(record.occurred_at) if record.occurred_at else "time unknown"

    @admin.display(description="from")
    def origin(self, record: ConsentRecord) -> SafeString | str:
        return _origin(record)


@admin.register(SendAfterStop)
class SendAfterStopAdmin(OfNumber):
    list_display = ("message", "line", "sender", "sent", "is_confirmation", "went_through")
    list_filter = ("is_confirmation", "has_marketing", "went_through")
    list_select_related = ("number",)
    allowed_lookups = ("number__id__exact",)

    @admin.display(description="message")
    def message(self, row: SendAfterStop) -> str:
        return f"{row.provider} {row.message_ref}"

    @admin.display(description="sent")
    def sent(self, row: SendAfterStop) -> str:
        return staff_time(row.sent_at)


@admin.register(Reading)
class ReadingAdmin(OfNumber):
    list_display = ("pk", "line", "program", "system", "ref", "said", "read", "origin")
    list_filter = ("system", "program")
    list_select_related = ("number", "program", "system", "batch")
    allowed_lookups = ("batch__id__exact", "number__id__exact")

    @admin.display(description="value")
    def said(self, reading: Reading) -> SafeString:
        return believes_chip(reading.value)

    @admin.display(description="read")
    def read(self, reading: Reading) -> str:
        return staff_time(reading.read_at)

    @admin.display(description="from")
    def origin(self, reading: Reading) -> SafeString | str:
        return _origin(reading)


def _origin(row: ConsentRecord | Reading) -> SafeString | str:
    """The file and line a row came from."""
    if row.batch is None:
        return "staff"
    url = reverse("imports:batch", args=[row.batch.pk])
    name = row.batch.original_name
    return format_html('<a href="{}">{}</a>', url, f"{name}, line {row.line}" if row.line else name)


@admin.register(AgreedStatus)
class AgreedStatusAdmin(OfNumber):
    list_display = ("line", "program", "agreed", "reason", "changed", "recheck")
    list_filter = ("program",)
    list_select_related = ("number", "program")

    @admin.display(description="status")
    def agreed(self, row: AgreedStatus) -> SafeString:
        return agreed_chip(row.status)

    @admin.display(description="so since")
    def changed(self, row: AgreedStatus) -> str:
        return staff_time(row.changed_at)

    @admin.display(description="looked at again")
    def recheck(self, row: AgreedStatus) -> str:
        return staff_time(row.recheck_at)


@admin.register(Flag)
class FlagAdmin(OfNumber):
    list_display = ("title", "severity", "line", "program", "system", "state", "raised", "review")
    list_filter = ("program", "system")
    list_select_related = ("number", "program", "system")
    readonly_fields = ("review",)
    exclude = ("key", "fingerprint", "params")

    @admin.display(description="what is wrong")
    def title(self, flag: Flag) -> str:
        return flag.about.title

    @admin.display(description="state")
    def state(self, flag: Flag) -> SafeString:
        return status_chip(flag)

    @admin.display(description="raised")
    def raised(self, flag: Flag) -> str:
        return staff_time(flag.raised_at)

    @admin.display(description="its page")
    def review(self, flag: Flag) -> SafeString:
        return _link("flag_review", flag.pk, "Review")


@admin.register(Hold)
class HoldAdmin(OfNumber):
    # The first column is the link to the row, so it cannot hold one of its own.
    list_display = ("placed", "line", "program", "because", "state", "released")
    list_filter = (("released_at", admin.EmptyFieldListFilter), "program")
    list_select_related = ("number", "program", "flag")
    allowed_lookups = ("released_at__isnull",)

    @admin.display(description="because of")
    def because(self, hold: Hold) -> SafeString:
        return _link("flag_review", hold.flag_id, hold.flag.about.title)

    @admin.display(description="state")
    def state(self, hold: Hold) -> SafeString:
        return chip("Released", "mute") if hold.released_at else chip("Paused", "warn")

    @admin.display(description="placed")
    def placed(self, hold: Hold) -> str:
        return staff_time(hold.placed_at)

    @admin.display(description="released")
    def released(self, hold: Hold) -> str:
        return staff_time(hold.released_at)


@admin.register(Correction)
class CorrectionAdmin(OfNumber):
    list_display = ("pk", "decision", "state", "line", "program", "reason", "decided_by", "decided", "page")
    list_filter = ("status", "decision", "program")
    list_select_related = ("number", "program", "reason", "decided_by")
    exclude = ("token", "proof", "flags")
    export_excludes = ("token", "proof")
    readonly_fields = ("page",)

    @admin.display(description="state")
    def state(self, correction: Correction) -> SafeString:
        return status_chip(correction)

    @admin.display(description="decided")
    def decided(self, correction: Correction) -> str:
        return staff_time(correction.decided_at)

    @admin.display(description="its page")
    def page(self, correction: Correction) -> SafeString:
        return _link("correction", correction.pk, "Open")


@admin.register(WriteBack)
class WriteBackAdmin(OfNumber):
    list_display = ("pk", "system", "line", "program", "to", "state", "sent", "settled", "decision")
    list_filter = ("system", "program")
    list_select_related = ("system", "number", "program", "correction")
    exclude = ("key",)
    export_excludes = ("key",)

    @admin.display(description="value")
    def to(self, row: WriteBack) -> SafeString:
        return believes_chip(row.value)

    @admin.display(description="state")
    def state(self, row: WriteBack) -> SafeString:
        return status_chip(row)

    @admin.display(description="given to it")
    def sent(self, row: WriteBack) -> str:
        return staff_time(row.sent_at)

    @admin.display(description="read back")
    def settled(self, row: WriteBack) -> str:
        return staff_time(row.settled_at)

    @admin.display(description="decision")
    def decision(self, row: WriteBack) -> SafeString:
        return _link("correction", row.correction_id, str(row.correction_id))
