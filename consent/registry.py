"""The registry of wordings: which text stands behind a consent, how a new version replaces the old one, and what
systems report that no stored text explains."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from backoffice import audit
from consent import wording
from consent.ledger import Act, Kind
from consent.models import ConsentRecord, Program, Wording

# Grants that rest on a text which somebody read; a START from the phone rests on none.
READ_FIRST = (Kind.FORM, Kind.ARTEFACT)


@dataclass(frozen=True, slots=True)
class Behind:
    """The text behind a consent. `by_date`: nobody reported it; it is the only one that was shown then and there, a
    pointer for staff that proves nothing."""

    wording: Wording
    by_date: bool


def behind(records: Iterable[ConsentRecord]) -> dict[int, Behind]:
    """The text behind each grant that has one, by record; one query where a date has to be asked."""
    grants = [row for row in records if row.act == Act.GRANT and row.kind in READ_FIRST]
    found = {row.pk: Behind(row.wording, by_date=False) for row in grants if row.wording is not None}
    asked = [row for row in grants if row.wording_id is None and row.program_id is not None]
    if not asked:
        return found
    stored = Wording.objects.filter(program__in={row.program_id for row in asked}, kind=wording.Kind.OPT_IN)
    by_key = {row.pk: row for row in stored.order_by("pk")}
    versions = [row.as_version() for row in by_key.values()]
    for row in asked:
        if matched := wording.match(_shown(row), versions):
            found[row.pk] = Behind(by_key[matched.key], by_date=True)
    return found


def _shown(record: ConsentRecord) -> wording.Shown:
    places = (record.reference, *((record.system.name, record.system.slug) if record.system else ()))
    on = timezone.localdate(record.occurred_at) if record.occurred_at else None
    return wording.Shown(record.program_id, on, None, tuple(place for place in places if place))


@transaction.atomic
def publish(new: Wording, *, by: User) -> Wording:
    """Put a version into force. The one it succeeds ends the day before; its text stays as people saw it.

    Raises ValidationError where another version is shown at the same place and time, or the dates make no sense."""
    before = new.succeeds
    if before is not None and new.valid_from is not None:
        last = new.valid_from - timedelta(days=1)
        ends = before.valid_until is None or before.valid_until > last
        if ends and (before.valid_from is None or before.valid_from <= last):
            before.valid_until = last
            before.save(update_fields=["valid_until"])
    new.full_clean()
    new.save()
    audit.record(
        by, "wording.publish", new, program=new.program.code, succeeds=before.code if before else None
    )
    return new


@dataclass(slots=True)
class OfProgram:
    """What one program's grants rest on. `unknown`: codes that systems report and no wording has, with their grants;
    `unnamed`: grants whose system reports no code at all."""

    program: Program
    versions: list[tuple[Wording, int]] = field(default_factory=list)
    unknown: list[tuple[str, int]] = field(default_factory=list)
    unnamed: int = 0

    @property
    def grants(self) -> int:
        return sum(count for _, count in self.versions) + self.without

    @property
    def without(self) -> int:
        return sum(count for _, count in self.unknown) + self.unnamed

    @property
    def is_matched(self) -> bool:
        return not self.without


NOT_GIVEN = ("", "not given")
LOOKED_AT = 50_000  # grants that the report counts: what is wrong now stands among the latest


@dataclass(frozen=True, slots=True)
class Report:
    """Every active program, worst first. `is_cut`: there are older grants, which nobody counted."""

    programs: list[OfProgram]
    is_cut: bool


def report() -> Report:
    """The grants of every active program per version; of the latest grants, as far as LOOKED_AT."""
    grants = ConsentRecord.objects.effective().filter(act=Act.GRANT, kind__in=READ_FIRST)
    newest = grants.order_by("-pk").values_list("program", "wording", "wording_note")
    latest = list(newest[: LOOKED_AT + 1])
    by_wording: dict[int, int] = defaultdict(int)
    notes: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (program, text, note), count in Counter(latest[:LOOKED_AT]).items():
        if text is not None:
            by_wording[text] += count
        elif program is not None:
            notes[program][note] += count
    programs = Program.objects.filter(is_active=True).prefetch_related("wordings").order_by("name", "pk")
    rows = [_of_program(program, by_wording, notes[program.pk]) for program in programs]
    worst_first = sorted(rows, key=lambda row: (-row.without, row.program.name))
    return Report(worst_first, is_cut=len(latest) > LOOKED_AT)


def _of_program(program: Program, by_wording: dict[int, int], notes: dict[str, int]) -> OfProgram:
    stored = sorted(program.wordings.all(), key=lambda text: (text.kind, text.code))
    return OfProgram(
        program,
        versions=[(text, by_wording[text.pk]) for text in stored if text.kind == wording.Kind.OPT_IN],
        unknown=sorted(
            ((note, count) for note, count in notes.items() if note not in NOT_GIVEN),
            key=lambda row: (-row[1], row[0]),
        ),
        unnamed=sum(count for note, count in notes.items() if note in NOT_GIVEN),
    )


def sellers(program: Program) -> Sequence[str]:
    """The names that tell people who sends."""
    return [name for name in (program.brand, program.name) if name]


def read(text: str, *, program: Program, kind: str, language: str) -> wording.Linted:
    """What a text of this program says of what it has to say."""
    return wording.lint(
        text,
        kind=wording.Kind(kind),
        language=language,
        sellers=sellers(program),
        is_marketing=program.purpose == Program.Purpose.MARKETING,
    )
