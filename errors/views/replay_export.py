"""The tables of a result as files."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from backoffice import audit
from backoffice.access import needs
from backoffice.files.export import write_csv
from errors.effect import Rate
from errors.models import RuleReplay
from errors.replay.compare import Pair
from errors.views.replay_tables import Row, gaps


@require_GET
@needs("errors.view_rulereplay")
def replay_export(request: HttpRequest, pk: int, tab: str) -> HttpResponse:
    """One of the tables as CSV. Who took it out is on record."""
    of = get_object_or_404(RuleReplay, pk=pk)
    if tab not in _EXPORTS or not of.finished_at:
        raise Http404("There is no such table.")
    header, rows = _EXPORTS[tab](of)
    text = io.StringIO(newline="")
    write_csv(text, header, rows)
    audit.record(request.user, "replay.export", of, table=tab)
    answer = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="rules-against-history-{of.pk}-{tab}.csv"'
    return answer


Table = tuple[list[str], Iterator[list[Any]]]


def _rules_file(of: RuleReplay) -> Table:
    header = [
        "rule",
        "code",
        "effect",
        "provider",
        "place",
        "subject",
        "looked at",
        "meant to prevent",
        "prevented",
    ]
    header += [
        "other failures",
        "delivered held",
        "without end",
        "precision",
        "precision low",
        "precision high",
    ]
    header += ["recall", "recall low", "recall high"]
    lines = of.lines.order_by("-prevented", "pk")
    return header, (
        [
            *(Row(Pair(None, one), "").title, one.code, one.get_severity_display(), one.provider, one.place),
            *(one.subject, one.looked, one.meant, one.prevented, one.failed, one.delivered, one.neither),
            *_shares(one.precision),
            *_shares(one.recall),
        ]
        for one in lines
    )


def _shares(rate: Rate) -> list[float | str]:
    if not rate.settled:
        return ["", "", ""]
    return [round(share, 4) for share in (rate.value, rate.low, rate.high)]


def _gaps_file(of: RuleReplay) -> Table:
    header = [
        "provider",
        "code",
        "category",
        "failures",
        "would stop",
        "would warn",
        "missed",
    ]
    header += ["a rule is meant for it", "could a rule", "last seen (UTC)", "example"]
    return header, (
        [
            *(
                gap.failure.provider,
                gap.failure.code,
                gap.failure.get_category_display(),
                gap.failure.failures,
            ),
            *(
                gap.failure.stopped,
                gap.failure.warned,
                gap.failure.missed,
                "yes" if gap.failure.is_meant else "no",
            ),
            *(gap.could, _utc(gap.failure.last_at), gap.failure.example),
        ]
        for gap in gaps(of)
    )


def _stale_file(of: RuleReplay) -> Table:
    header = ["kind", "provider", "place", "rows", "last checked", "code", "failures that passed"]
    header += ["first seen (UTC)", "last seen (UTC)", "example"]
    return header, (
        [
            *(
                one.kind,
                one.rule_provider,
                one.place,
                one.rows,
                one.last_checked,
                f"{one.provider} {one.code}",
            ),
            *(one.failures, _utc(one.first_at), _utc(one.last_at), one.example),
        ]
        for one in of.stale.order_by("-failures", "pk")
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


_EXPORTS: dict[str, Callable[[RuleReplay], Table]] = {
    "rules": _rules_file,
    "gaps": _gaps_file,
    "stale": _stale_file,
}
