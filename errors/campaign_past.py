"""What the send log says about sends like those of a campaign: the counts of the last weeks, open patterns, codes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from consent.ledger import bare_sender
from errors import counted, telling
from errors.campaign_tally import Group
from errors.models import ErrorCode, Pattern, SendAttempt
from errors.projection import Key, Open, Past, Projection
from errors.windows import hour_of

DAYS: Final = 28
SHOWN_CODES: Final = 6
_CARRIERS_SINCE: Final = timedelta(days=180)


def past(
    groups: Iterable[Group], *, sender: str, provider: str, until: datetime, beat: Any
) -> dict[Key, Past]:
    """The sends of the slices that could speak for these groups, day by day, without those of patterns."""
    wanted = {group.country for group in groups}
    mine, end = bare_sender(sender), hour_of(until)
    days: dict[Key, list[tuple[int, int]]] = defaultdict(list)
    for back in range(DAYS):
        beat()
        day = (end - timedelta(days=back + 1), end - timedelta(days=back))
        sums: dict[Key, list[int]] = {}
        counts = counted.usual_counts([day])
        values, codes = counts.values, counts.codes
        rows = zip(
            codes["provider"], codes["country"], codes["carrier"], codes["sender"], counts.failures,
            counts.attempts, strict=True,
        )  # fmt: skip
        own = [bare_sender(name) == mine for name in values["sender"]]
        for at_provider, at_country, at_carrier, at_sender, failures, attempts in rows:
            country = values["country"][at_country]
            if country not in wanted or (provider and values["provider"][at_provider] != provider):
                continue
            carrier = values["carrier"][at_carrier]
            for who in ("*", sender) if own[at_sender] and sender else ("*",):
                for whose in ("*", carrier) if carrier else ("*",):
                    total = sums.setdefault((who, country, whose), [0, 0])
                    total[0] += int(failures)
                    total[1] += int(attempts)
        for key, (failed, settled) in sums.items():
            days[key].append((failed, settled))
    return {key: Past(tuple(found)) for key, found in days.items()}


def open_patterns() -> list[Open]:
    """Patterns that nobody has seen the end of."""
    status = Pattern.Status
    live = Pattern.objects.filter(status__in=[status.OPEN, status.REGRESSED, status.MUTED])
    return [
        Open(
            one.pk,
            telling.title(one.attributes, is_incident=one.is_incident),
            one.attributes,
            one.failures,
            one.attempts,
        )
        for one in live.by_impact()[:200]
    ]


def carriers(numbers: Collection[int], now: datetime) -> dict[int, str]:
    """The carrier of each number's latest send that named one."""
    sends = SendAttempt.objects.filter(number__any_of=list(numbers), submitted_at__gte=now - _CARRIERS_SINCE)
    return dict(sends.exclude(carrier="").order_by("submitted_at", "pk").values_list("number_id", "carrier"))


def likely_codes(
    projection: Projection, countries: Collection[str], *, sender: str, provider: str, until: datetime
) -> list[dict[str, Any]]:
    """The codes that most failures of these countries bore, of the sender where it has any, with as many of the
    expected failures as are their share."""
    end = hour_of(until)
    failed = SendAttempt.objects.between(end - timedelta(days=DAYS), end).failed()
    failed = failed.filter(country__in=list(countries))
    if provider:
        failed = failed.filter(provider=provider)
    own = failed.filter(sender=sender)
    if sender and own.exists():
        failed = own
    found: Counter[tuple[str, str]] = Counter()
    for row in failed.by_code():
        found[row["provider"], row["error_code"]] += row["failures"]
    total = sum(found.values())
    book = ErrorCode.objects.as_catalogue()
    return [
        {
            "provider": provider,
            "code": code,
            "category": book.look_up(provider, code).facts.category.value if code else "",
            "share": count / total,
            "expected": projection.expected * count / total,
        }
        for (provider, code), count in found.most_common(SHOWN_CODES)
    ]
