"""What there is to find: one function per kind, each reading in sets and yielding what is so now.

Each says after every few thousand rows that it is alive, whether or not it found anything in them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Length
from django.utils import timezone

from consent.ledger import bare_sender
from consent.models import Number, Program, SystemRecord
from consent.numbers import NumberReader
from errors.catalogue import Category
from errors.models import AttemptHour, ErrorCode, NumberFinding, QualityFinding, SendAttempt
from errors.quality.dates import over
from errors.quality.senders import identities
from errors.reach import SOFT

Kind = QualityFinding.Kind
LATELY: Final = timedelta(days=28)
TEXTS_LATELY: Final = timedelta(days=7)
FEWEST_SENDS: Final = 50  # of a campaign, before its country is told from its sends
NEARLY_ALL: Final = 0.95
AT_ONCE: Final = 5_000
SPAN: Final = 200_000  # numbers whose records are compared in one statement
MOST_PEOPLE: Final = 5  # named in a finding
# Lines that take no texts, whoever carries them; phonenumbers' words.
NO_TEXTS: Final = ("FIXED_LINE", "TOLL_FREE", "PREMIUM_RATE", "SHARED_COST", "UAN", "PAGER", "VOICEMAIL")
# Numbers that are written right and lead nowhere.
_NOBODY: Final = frozenset({"fictitious"})


@dataclass(frozen=True, slots=True)
class Look:
    """One look at everything. What is wrong with a number by itself is looked for in those after `after` up to
    `until` (primary keys), as it changes with the numbering plans alone."""

    now: datetime
    after: int
    until: int
    alive: Callable[[], None]

    def numbers(self) -> QuerySet[Number]:
        return Number.objects.filter(pk__gt=self.after, pk__lte=self.until).order_by("pk")

    def paced(self, rows: QuerySet[Any, Any]) -> Iterator[Any]:
        """Rows whose first value is their primary key, some at a time. No cursor is open while we say that we are
        alive: SQLite refuses a write under one once somebody else has written."""
        last = 0
        while some := list(rows.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
            self.alive()
            yield from some
            last = some[-1][0]


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is so. `subject` is what it is about, once per kind."""

    subject: str
    facts: dict[str, Any] = field(default_factory=dict)
    number_id: int | None = None
    campaign: str = ""
    template: str = ""


def line_types(look: Look) -> Iterator[Found]:
    """By the numbering plan: known before the first send."""
    rows = look.numbers().filter(line_type__in=NO_TEXTS).values_list("pk", "line_type", "region")
    for pk, line_type, region in look.paced(rows):
        yield Found(str(pk), {"line_type": line_type, "region": region}, number_id=pk)


def not_valid(look: Look) -> Iterator[Found]:
    """Numbers that today's numbering plans do not know, or that are kept for films and examples."""
    reader = NumberReader(None)
    for pk, e164 in look.paced(look.numbers().values_list("pk", "e164")):
        cell = reader.read(e164, None)
        odd = [str(warning) for warning in cell.warnings if warning in _NOBODY]
        if cell.reason or odd:
            yield Found(str(pk), {"reason": str(cell.reason or odd[0])}, number_id=pk)


def failed(look: Look) -> Iterator[Found]:
    """Numbers that texts failed for, because of the number."""
    yield from _by_failures(look, is_soft=False)


def unreachable(look: Look) -> Iterator[Found]:
    """Failures that pass by themselves, on three days within two weeks and nothing delivered between them."""
    yield from _by_failures(look, is_soft=True)


def _by_failures(look: Look, *, is_soft: bool) -> Iterator[Found]:
    """errors.suspect has judged the sends; here it is told which of the two reasons decided."""
    book = ErrorCode.objects.as_catalogue()
    known: dict[tuple[str, str], bool] = {}
    rows = NumberFinding.objects.suppressed().values_list(
        "pk", "provider", "error_code", "category", "failures", "days", "last_failed_at", named=True
    )
    for row in look.paced(rows):
        code = (row.provider, row.error_code)
        if code not in known:
            known[code] = book.look_up(*code).category in SOFT
        if (known[code] and row.category == Category.NUMBER_INACTIVE) is is_soft:
            facts = {
                "category": row.category,
                "code": " ".join(filter(None, code)),
                "failures": row.failures,
                "days": row.days,
                "last_at": row.last_failed_at.isoformat(),
            }
            yield Found(str(row.pk), facts, number_id=row.pk)


def wrong_country(look: Look) -> Iterator[Found]:
    """Sends that name another country than the number's own, and numbers abroad in a campaign of one country."""
    since = look.now - LATELY
    sends = SendAttempt.objects.filter(submitted_at__gte=since, number__isnull=False).exclude(
        number__region=""
    )
    seen: set[int] = set()
    named = sends.annotate(signs=Length("country")).filter(signs=2).exclude(country=F("number__region"))
    for pk, region, country, last in _numbers(look, named):
        seen.add(pk)
        yield Found(
            str(pk), {"region": region, "expected": country, "by": "sends", "last_at": last}, number_id=pk
        )
    for campaign, country in _countries(since):
        abroad = sends.filter(campaign=campaign).exclude(number__region=country)
        for pk, region, _, last in _numbers(look, abroad):
            if pk not in seen:
                seen.add(pk)
                facts = {"region": region, "expected": country, "by": "campaign", "campaign": campaign}
                yield Found(str(pk), facts | {"last_at": last}, number_id=pk)


def _numbers(look: Look, sends: Any) -> Iterator[tuple[int, str, str, str]]:
    """Each number once: its region, the country the latest of them in the alphabet names, the last send."""
    rows = (
        sends.order_by()
        .values("number_id", "number__region")
        .annotate(named=Max("country"), last=Max("submitted_at"))
    )
    look.alive()
    for row in list(rows.order_by("number_id")):
        yield (
            row["number_id"],
            row["number__region"],
            row["named"],
            timezone.localdate(row["last"]).isoformat(),
        )


def _countries(since: datetime) -> Iterator[tuple[str, str]]:
    """Campaigns that go to one country: nearly all of their sends do."""
    counted: dict[str, dict[str, int]] = defaultdict(dict)
    hours = AttemptHour.objects.filter(hour__gte=since).exclude(campaign="").exclude(country="")
    for row in hours.order_by().values("campaign", "country").annotate(sends=Sum("attempts")):
        counted[row["campaign"]][row["country"]] = row["sends"]
    for campaign, countries in sorted(counted.items()):
        country, most = max(countries.items(), key=lambda item: (item[1], item[0]))
        total = sum(countries.values())
        if total >= FEWEST_SENDS and len(countries) > 1 and most >= NEARLY_ALL * total:
            yield campaign, country


def shared(look: Look) -> Iterator[Found]:
    """Numbers that several contacts are known by: a consent or a STOP of one is taken for all."""
    ends = SystemRecord.objects.aggregate(first=Min("number_id"), last=Max("number_id"))
    numbers: list[int] = []
    for start in range(ends["first"] or 0, (ends["last"] or 0) + 1, SPAN):
        look.alive()
        rows = SystemRecord.objects.filter(number_id__gte=start, number_id__lt=start + SPAN)
        counted = rows.order_by().values("number_id").annotate(people=Count("contact", distinct=True))
        numbers += counted.filter(people__gt=1).order_by("number_id").values_list("number_id", flat=True)
    for start in range(0, len(numbers), AT_ONCE):
        look.alive()
        people: dict[int, list[str]] = defaultdict(list)
        records = SystemRecord.objects.filter(number__any_of=numbers[start : start + AT_ONCE]).order_by("pk")
        for number_id, slug, ref in records.values_list("number_id", "system__slug", "ref"):
            people[number_id].append(f"{slug} {ref}")
        for pk, refs in people.items():
            yield Found(str(pk), {"records": refs[:MOST_PEOPLE], "count": len(refs)}, number_id=pk)


def senders_differ(look: Look) -> Iterator[Found]:
    """Campaigns that came from several identities in one country."""
    programs: dict[str, list[str]] = defaultdict(list)
    for code, address in Program.objects.values_list("code", "senders__address"):
        if address:
            programs[bare_sender(address)].append(code)
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    hours = AttemptHour.objects.filter(hour__gte=look.now - LATELY).exclude(campaign="").exclude(sender="")
    for row in hours.order_by().values("campaign", "country", "sender").distinct():
        used[row["campaign"], row["country"]].add(row["sender"])
    for (campaign, country), senders in sorted(used.items()):
        who = identities(senders, {sender: programs.get(bare_sender(sender), ()) for sender in senders})
        if len(who) > 1:
            shown = {name: some[:MOST_PEOPLE] for name, some in who.items()}
            yield Found(f"{campaign} | {country}", {"country": country, "senders": shown}, campaign=campaign)


def out_of_date(look: Look) -> Iterator[Found]:
    """Texts of the last days that announced an end which was over by then; once per campaign and template."""
    sends = SendAttempt.objects.filter(submitted_at__gte=look.now - TEXTS_LATELY).exclude(body="")
    sends = sends.filter(~Q(campaign="") | ~Q(template=""))
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for pk, campaign, template, body, at in _by_time(look, sends):
        day = timezone.localdate(at)
        limit = over(body, day)
        if limit is None:
            continue
        told = found.setdefault((campaign, template), {"sends": 0})
        told["sends"] += 1
        told |= {
            "words": limit.words,
            "over": limit.day.isoformat(),
            "example": pk,
            "last_at": day.isoformat(),
        }
    for (campaign, template), facts in sorted(found.items()):
        yield Found(f"{campaign} | {template}", facts, campaign=campaign, template=template)


def _by_time(look: Look, sends: QuerySet[Any, Any]) -> Iterator[Any]:
    """As Look.paced, in the order of time, which an index leads through."""
    rows = sends.order_by("submitted_at", "pk").values_list(
        "pk", "campaign", "template", "body", "submitted_at"
    )
    some = list(rows[:AT_ONCE])
    while some:
        look.alive()
        yield from some
        last, *_, at = some[-1]
        some = list(rows.filter(submitted_at__gte=at).exclude(submitted_at=at, pk__lte=last)[:AT_ONCE])


# What is wrong with a number by itself: looked for in some of the numbers at a time.
OF_NUMBERS: Final = (Kind.NOT_VALID, Kind.LINE_TYPE)
FINDERS: Final[dict[Kind, Callable[[Look], Iterator[Found]]]] = {
    Kind.NOT_VALID: not_valid,
    Kind.LINE_TYPE: line_types,
    Kind.FAILED: failed,
    Kind.UNREACHABLE: unreachable,
    Kind.WRONG_COUNTRY: wrong_country,
    Kind.SHARED: shared,
    Kind.SENDERS_DIFFER: senders_differ,
    Kind.OUT_OF_DATE: out_of_date,
}
