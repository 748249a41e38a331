"""Data quality: what will fail before it is sent, for the data steward, and suggestions for the owners of records."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import django_filters
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from backoffice import audit
from backoffice.access import can, needs
from backoffice.exchange import longest_export, too_long
from backoffice.files.export import write_csv
from backoffice.filters import StrictFilterSet
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, capped_count, page_of
from backoffice.models import JobRun, System
from backoffice.saved_views import keeps_views
from backoffice.words import capped
from consent.models import Contact, Number, SystemRecord
from consent.views.evidence import people_of
from errors.models import QualityFinding, SendAttempt
from errors.quality import look
from errors.quality.words import SUGGESTIONS, seen

TAB_CAP = 10_000
AT_ONCE = 2_000
Kind = QualityFinding.Kind
TABS = {
    Kind.NOT_VALID: "Not in use",
    Kind.LINE_TYPE: "Takes no texts",
    Kind.FAILED: "Failed",
    Kind.UNREACHABLE: "Unreachable",
    Kind.WRONG_COUNTRY: "Country",
    Kind.SHARED: "Shared",
    Kind.SENDERS_DIFFER: "Senders",
    Kind.OUT_OF_DATE: "Out of date",
}


class QualityFilter(StrictFilterSet):
    """Open findings; which kind, the page's tabs say."""

    system = django_filters.ModelChoiceFilter(
        queryset=System.objects.order_by("name", "pk"),
        label="Held by",
        method="narrow_system",
        empty_label="Any system",
    )
    campaign = django_filters.CharFilter(label="Campaign", max_length=120, method="narrow_campaign")
    region = django_filters.CharFilter(
        label="Number of", max_length=3, field_name="number__region", lookup_expr="iexact"
    )

    class Meta:
        model = QualityFinding
        fields: list[str] = []

    def narrow_system(
        self, found: QuerySet[QualityFinding], name: str, system: System
    ) -> QuerySet[QualityFinding]:
        """Numbers that a record of the system holds."""
        return found.filter(Exists(SystemRecord.objects.filter(system=system, number=OuterRef("number"))))

    def narrow_campaign(
        self, found: QuerySet[QualityFinding], name: str, value: str
    ) -> QuerySet[QualityFinding]:
        """Findings about it, and those whose number it was sent to."""
        sent = SendAttempt.objects.filter(campaign=value, number=OuterRef("number"))
        return found.filter(Q(campaign=value) | Q(number__isnull=False) & Exists(sent))


@dataclass(frozen=True, slots=True)
class Row:
    """One finding in words."""

    finding: QualityFinding
    people: list[Contact]

    @property
    def seen(self) -> str:
        return seen(self.finding.kind, self.finding.facts)

    @property
    def suggestion(self) -> str:
        return SUGGESTIONS[self.finding.kind]

    @property
    def example(self) -> int | None:
        return self.finding.facts.get("example")


def rows_of(findings: list[QualityFinding]) -> list[Row]:
    """One query, whatever the number of findings: who holds the numbers."""
    people = people_of(one.number_id for one in findings if one.number_id)
    return [Row(one, list(people.get(one.number_id or 0, []))) for one in findings]


def _kind(query: QueryDict) -> str:
    kind = query.get("kind", "")
    return kind if kind in Kind.values else ""


def _narrowed(query: QueryDict, user: User, now: datetime) -> tuple[QualityFilter, QuerySet[QualityFinding]]:
    narrowed, kind = QualityFilter(query, queryset=QualityFinding.objects.open()), _kind(query)
    return narrowed, narrowed.qs.filter(kind=kind) if kind else narrowed.qs


@require_safe
@needs("errors.view_qualityfinding")
@keeps_views("Data quality", _narrowed, tabs={"": "All", **TABS}, tab="kind")
def quality(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    kind = _kind(request.GET)
    narrowed, of_kind = _narrowed(request.GET, request.user, timezone.now())
    page = page_of(
        of_kind.select_related("number"),
        request.GET,
        order=[Key("found_at", descending=True), Key("pk", descending=True)],
    )
    counts = {one: capped_count(narrowed.qs.filter(kind=one), TAB_CAP) for one in Kind.values}
    last = JobRun.objects.filter(kind="errors.quality").order_by("-pk").first()
    context = {
        "title": "Data quality",
        "subtitle": "Numbers and campaigns that will fail, or reach the wrong person, before anything is sent.",
        "current": "attempts",
        "filter": narrowed,
        "is_filtered": any(request.GET.get(name) for name in narrowed.filters),
        "kind": kind,
        "tabs": [
            (one.value, label, capped(counts[one.value], TAB_CAP), one.value == kind)
            for one, label in TABS.items()
        ],
        "total": capped(min(sum(counts.values()), TAB_CAP + 1), TAB_CAP),
        "page": page,
        "rows": rows_of(list(page.rows)),
        "last": last,
        "may_export": can(request.user, "errors.export_qualityfinding"),
        "export_query": request.GET.urlencode(),
        "is_of_numbers": kind not in QualityFinding.OF_CAMPAIGNS,
    }
    return render_in_admin(request, "errors/quality.html", context)


@require_POST
@needs("errors.export_qualityfinding")
def quality_look(request: HttpRequest) -> HttpResponse:
    """Look now; the schedule does it by itself when something has changed."""
    by = request.user if isinstance(request.user, User) else None
    found = look.ring(trigger=JobRun.Trigger.STAFF, by=by)
    if found is None:
        messages.info(request, "Nothing has changed since the last look.")
        return redirect("errors:quality")
    return redirect("jobs:run", found.pk)


# --- suggestions for the owners of records ------------------------------------------------------------------------

HEADER = (
    *(
        "system",
        "record id",
        "number",
        "finding",
        "what was seen",
        "suggestion, not overwrite",
        "since (UTC)",
    ),
    "finding id",
)


@require_GET
@needs("errors.export_qualityfinding")
def quality_export(request: HttpRequest) -> HttpResponse:
    """Findings about numbers as suggestions, one row for each record that holds the number, in the record ids of the
    system that owns it. Nothing is written back by itself."""
    kind = request.GET.get("kind", "")
    narrowed = QualityFilter(request.GET, queryset=QualityFinding.objects.open())
    found = narrowed.qs.exclude(number=None)
    if kind in Kind.values:
        found = found.filter(kind=kind)
    most = longest_export(request.user)
    rows = list(islice(_suggestions(found, narrowed.form.cleaned_data.get("system")), most + 1))
    if len(rows) > most:
        messages.error(request, too_long(request.user))
        return redirect(f"{reverse('errors:quality')}?{request.GET.urlencode()}")
    text = io.StringIO(newline="")
    write_csv(text, list(HEADER), rows)
    audit.record(request.user, "quality.export", QualityFinding(), rows=len(rows), kind=kind)
    answer = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="suggestions-for-owners.csv"'
    return answer


def _suggestions(found: QuerySet[QualityFinding], system: System | None) -> Iterator[list[Any]]:
    last = 0
    while some := list(found.filter(pk__gt=last).order_by("pk").select_related("number")[:AT_ONCE]):
        last = some[-1].pk
        records = SystemRecord.objects.filter(number__any_of=list({one.number_id for one in some}))
        if system is not None:
            records = records.filter(system=system)
        held: dict[int, list[tuple[str, str]]] = {}
        for number_id, name, ref in records.order_by("pk").values_list("number_id", "system__name", "ref"):
            held.setdefault(number_id, []).append((name, ref))
        for one in some:
            number = one.number
            assert isinstance(number, Number)
            for name, ref in held.get(number.pk, []):
                yield [
                    *(name, ref, number.e164, one.get_kind_display(), seen(one.kind, one.facts)),
                    *(SUGGESTIONS[one.kind], one.found_at, one.pk),
                ]
