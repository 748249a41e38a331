"""Numbers whose histories are alike need the rules only once.

Where the order of a number's records is certain and no length of time matters, the rules see nothing of a record but
its shape and its place in that order. So one history is weighed for all that have the same shapes in the same order,
with times and ids of our own, by the very rules; what it decides by is carried over by place. Only quiet histories
are settled here: those in which nothing is wrong. Everything else is looked at number by number.

That this always ends as the rules alone would is not argued but tested, with thousands of random histories.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import IntEnum, auto
from itertools import accumulate, count, pairwise
from operator import eq, itemgetter
from sys import intern
from typing import Any, NamedTuple, TypeVar

from consent import postgres, rules
from consent.entangled import Entangled
from consent.facts import Door, policy
from consent.ledger import Act, Belief, Evidence, Policy, ProgramTerms
from consent.postgres import Readings, Records
from consent.rules.weigh import Case, collect
from consent.shapes import Shapes

SAME_MOMENT = "="  # after a shape: at the time of the one before it
Value = TypeVar("Value")
LONGEST = 1_000  # records in a history; a longer one is looked at by itself
KEPT = 60_000  # of each kind remembered, some 120 MB in all; what is forgotten is weighed again
_GIVING = frozenset({Act.GRANT, Act.CONFIRM})
_NO_RECORDS = Records(False, [], [], [])
_NO_READINGS = Readings([], [], [], [], [])


class Quiet(NamedTuple):
    """What a quiet history comes to under one program. `places` are those of the deciding records."""

    program_id: int
    status: rules.Status
    reason: rules.Reason
    places: tuple[int, ...]
    recheck_at: datetime | None
    stored: str  # how the row begins that says so: see Settled.as_stored

    def at(self, places: tuple[int, ...]) -> Quiet:
        """The same, decided in other places."""
        return Quiet(self.program_id, self.status, self.reason, places, self.recheck_at, self.stored)


class Settled(NamedTuple):
    """A number about which everything is in order: what it comes to, and its evidence in the order of time."""

    verdict: tuple[Quiet, ...]
    tags: list[str]

    def decided_by(self, quiet: Quiet) -> list[str]:
        return [self.tags[place] for place in quiet.places]

    def as_stored(self) -> list[str]:
        """One text per program, as consent.postgres.states reads it from the table."""
        tags = self.tags
        return [
            quiet.stored
            + ('["' + '", "'.join([tags[place] for place in quiet.places]) + '"]' if quiet.places else "[]")
            for quiet in self.verdict
        ]


class Reach(IntEnum):
    """What a record is to a program."""

    SILENT = auto()
    HEARD = auto()
    # Consent for another program, a STOP that will count some day: that there is some matters, not when or how often.
    CONSENT_ELSEWHERE = auto()
    OUT_OF_REACH = auto()


# Looking a member up in its enumeration costs more than all else in a loop over shapes.
_SILENT, _HEARD, _BESIDE = Reach.SILENT, Reach.HEARD, (Reach.CONSENT_ELSEWHERE, Reach.OUT_OF_REACH)
_REVOKE, _ASSERT_OUT = Act.REVOKE, Act.ASSERT_OUT
_last = itemgetter(-1)


class Alike:
    """Verdicts by history. One for each run: programs, systems and policy stay as they were at its start."""

    def __init__(self, door: Door, given: Policy, now: datetime) -> None:
        self.door, self.now, self.given = door, now, given
        # Times are our own here, and none is from before the company's first day.
        self.policy = replace(given, founded_on=None)
        # Closer than this, which of two came first is a matter of weighing.
        self.certain = 2 * given.clock_skew_seconds + 1
        self.verdicts: dict[tuple[Any, ...], tuple[Quiet, ...] | None] = {}
        self.agreed: dict[tuple[Any, ...], rules.Agreed | None] = {}
        self.quiet: dict[tuple[Any, ...], Quiet | None] = {}
        self.beside: dict[tuple[str, Reach], str] = {}
        self.dated: dict[tuple[str, int, int], Evidence] = {}
        self.records: dict[tuple[str, int], Belief] = {}
        self.shapes = Shapes(door, now)
        self.reach: dict[str, dict[str, Reach]] = {code: {} for code in door.terms}

    def fits(self, door: Door) -> bool:
        """Whether nobody has changed a program, a system, a wording or a setting since."""
        mine = self.door
        return (
            (door.version, door.terms) == (mine.version, mine.terms)
            and policy() == self.given
            and _settings(door) == _settings(mine)
        )

    def current(self, door: Door) -> Alike:
        """This one while it fits; then one that starts anew."""
        return self if self.fits(door) else Alike(door, policy(), self.now)

    def settle_all(self, number_ids: Sequence[int], entangled: Entangled | None = None) -> dict[int, Settled]:
        """The numbers that can be settled here, with their verdicts; the others have to be looked at."""
        apart = (entangled or Entangled.of(number_ids)).any()
        records = postgres.records(number_ids, self.given.founded_on)
        readings = postgres.readings(number_ids, self.given.founded_on)
        settled = {}
        for number_id in number_ids:
            if number_id not in apart:
                found = self.settle(records.get(number_id), readings.get(number_id))
                if found is not None:
                    settled[number_id] = found
        return settled

    def unproven(self, number_ids: Sequence[int]) -> list[int]:
        """All but those that are in order and stored just so: for these nothing would change."""
        settled = self.settle_all(number_ids)
        stored = postgres.states(number_ids)
        flagged = postgres.flagged(number_ids)
        return [
            number_id
            for number_id in number_ids
            if number_id in flagged
            or number_id not in settled
            or sorted(stored.get(number_id, ())) != sorted(settled[number_id].as_stored())
        ]

    def settle(self, records: Records | None, readings: Readings | None) -> Settled | None:
        """The verdict on one number; None: it has to be looked at by itself."""
        records, readings = records or _NO_RECORDS, readings or _NO_READINGS
        if records.is_odd:
            return None
        # One text for all that are alike: what is remembered holds each shape once.
        items = list(zip(records.moments, records.tags, map(intern, records.shapes), strict=True))
        said_by = self.shapes.said
        claims: list[tuple[str, str]] = []
        for tag, moment, shape in zip(
            readings.tags, readings.moments, map(intern, readings.shapes), strict=True
        ):
            said = said_by[shape]
            if said.act is _ASSERT_OUT:
                if said.is_rough:
                    return None
                items.append((moment, tag, shape))
            elif said.act is not None:
                claims.append((shape, tag))
        items.sort()
        ordered = self._ordered(items)
        if ordered is None:
            return None
        claims.sort()
        shapes = (*ordered, *[claim[0] for claim in claims])
        beliefs = self._newest(readings)
        if beliefs is None:
            return None
        key = (shapes, beliefs)
        try:
            verdict = self.verdicts[key]
        except KeyError:
            verdict = _keep(self.verdicts, key, self._weigh(shapes, beliefs))
        if verdict is None:
            return None
        return Settled(verdict, [*[item[1] for item in items], *[claim[1] for claim in claims]])

    # --- What makes a history one of its kind ----------------------------------------------------------------------

    def _ordered(self, items: list[tuple[float, str, str]]) -> list[str] | None:
        """Shapes in the order of time, a mark on those of the same moment as the one before; None where it is not
        certain which came first and that matters: between giving and taking back."""
        shapes = [item[2] for item in items]
        for place, (one, other) in enumerate(pairwise(items), start=1):
            if other[0] - one[0] <= self.certain:
                if self._takes_back(one[2]) is not self._takes_back(other[2]):
                    return None
                if other[0] == one[0]:
                    shapes[place] += SAME_MOMENT
        return shapes

    def _takes_back(self, shape: str) -> bool:
        act = self.shapes.evidence[shape].act
        return act is _REVOKE or act is _ASSERT_OUT

    def _newest(self, readings: Readings) -> tuple[str, ...] | None:
        """Shapes of what each record of each system says now; None: it says two things at one time."""
        keys = readings.keys
        if len(keys) == 1 or len(set(keys)) == len(keys):
            return tuple(sorted(map(intern, readings.shapes)))
        newest: dict[str, tuple[float, str]] = {}
        for key, at, shape in zip(keys, readings.read_at, map(intern, readings.shapes), strict=True):
            known = newest.get(key)
            if known is None or at > known[0]:
                newest[key] = at, shape
            elif at == known[0]:
                return None
        return tuple(sorted([shape for _, shape in newest.values()]))

    # --- The rules, once per kind ----------------------------------------------------------------------------------

    def _weigh(self, shapes: tuple[str, ...], beliefs: tuple[str, ...]) -> tuple[Quiet, ...] | None:
        bare = [shape.removesuffix(SAME_MOMENT) for shape in shapes]
        # The number of the moment of each, where some share theirs.
        moments = list(accumulate(map(eq, shapes, bare))) if SAME_MOMENT in map(_last, shapes) else None
        said: dict[str, list[str]] = defaultdict(list)
        for shape in beliefs:
            code = self.shapes.believed[shape]
            if code is not None:
                said[code].append(shape)
        codes = set(said).union(*[self.shapes.programs[shape] for shape in bare])
        verdict = []
        for code in sorted(codes):
            quiet = self._under(self.door.terms[code], bare, moments, tuple(said.get(code, ())))
            if quiet is None:
                return None
            verdict.append(quiet)
        return tuple(verdict)

    def _under(
        self, terms: ProgramTerms, shapes: list[str], moments: list[int] | None, beliefs: tuple[str, ...]
    ) -> Quiet | None:
        """The verdict under one program, from those records alone that speak about it."""
        known = self.reach[terms.code]
        heard, places, others = [], [], {}
        for place, shape in enumerate(shapes):
            reach = known.get(shape) or self._reach(terms, shape)
            if reach is _HEARD:
                heard.append(shape)
                places.append(place)
            elif reach is not _SILENT:
                others[reach] = shape
        if moments is not None:
            for nth, (one, other) in enumerate(pairwise(places), start=1):
                if moments[one] == moments[other]:
                    heard[nth] += SAME_MOMENT
        # Of the others any one stands for all of its sort.
        beside = tuple(
            [
                self.beside.setdefault((terms.code, reach), others[reach])
                for reach in _BESIDE
                if reach in others
            ]
        )
        key = (terms.code, tuple(heard), beside, beliefs)
        try:
            quiet = self.quiet[key]
        except KeyError:
            quiet = _keep(self.quiet, key, self._compared(terms, *key[1:]))
        return quiet and quiet.at(tuple([places[place] for place in quiet.places]))

    def _compared(
        self, terms: ProgramTerms, heard: tuple[str, ...], beside: tuple[str, ...], beliefs: tuple[str, ...]
    ) -> Quiet | None:
        key = (terms.code, heard, beside)
        if key not in self.agreed:
            _keep(self.agreed, key, self._agree(terms, heard, beside))
        agreed = self.agreed[key]
        return None if agreed is None else self._compare(agreed, beliefs, terms)

    def _agree(
        self, terms: ProgramTerms, heard: tuple[str, ...], beside: tuple[str, ...]
    ) -> rules.Agreed | None:
        """The agreed status, decided by "c0000", "c0001" …; None where more than shapes and order matters."""
        shapes = heard + beside
        names = range(len(shapes))
        if len(shapes) > LONGEST:
            return None
        evidence = self._dated(shapes, names)
        if (terms.double_opt_in or terms.ttl_days is not None) and any(e.act in _GIVING for e in evidence):
            return None  # how long ago matters
        first = rules.agree(terms, evidence, self.policy, self.now)
        places = _places(first)
        if first.findings or max(places, default=-1) >= len(heard):
            return None
        in_order_of_ids = len(places) > 1 and places == sorted(places)
        if in_order_of_ids or any(shape.endswith(SAME_MOMENT) for shape in heard):
            # Again with ids in opposite order: where that decides, the real ones have to.
            again = rules.agree(terms, self._dated(shapes, names[::-1]), self.policy, self.now)
            if again.findings or places != [len(shapes) - 1 - place for place in _places(again)]:
                return None
        return first

    def _compare(self, agreed: rules.Agreed, beliefs: Sequence[str], terms: ProgramTerms) -> Quiet | None:
        if rules.compare(agreed, list(map(self._record_of, beliefs, count())), terms):
            return None
        program_id = self.door.by_code[terms.code].pk
        recheck = f"{agreed.recheck_at.timestamp():.0f}" if agreed.recheck_at else "-"
        return Quiet(
            program_id,
            agreed.status,
            agreed.reason,
            tuple(_places(agreed)),
            agreed.recheck_at,
            f"{program_id} {agreed.status.value} {agreed.reason.value} {self.door.version} {recheck} ",
        )

    def _dated(self, shapes: Sequence[str], names: Sequence[int]) -> list[Evidence]:
        """Records of these shapes a day apart, long enough ago for the last one to be over."""
        day = -1
        records = []
        for shape, name in zip(shapes, names, strict=True):
            day += not shape.endswith(SAME_MOMENT)
            records.append(self.dated.get((shape, day, name)) or self._dated_record(shape, day, name))
        return records

    def _dated_record(self, shape: str, day: int, name: int) -> Evidence:
        record = self.shapes.evidence[shape.removesuffix(SAME_MOMENT)]
        at = self.now + timedelta(days=day - LONGEST - 1)
        made = replace(
            record, id=f"c{name:04}", occurred_at=at if record.occurred_at else None, received_at=at
        )
        return _keep(self.dated, (shape, day, name), made)

    def _record_of(self, shape: str, place: int) -> Belief:
        """The belief as that of a record of its own."""
        try:
            return self.records[shape, place]
        except KeyError:
            belief = self.shapes.beliefs[shape]
            assert belief is not None
            return _keep(self.records, (shape, place), replace(belief, record=f"{place}"))

    def _reach(self, terms: ProgramTerms, shape: str) -> Reach:
        """What a record of this shape adds to a case."""
        case = collect(terms, self._dated([shape], [0]), self.policy, self.now)
        if case == Case():
            reach = Reach.SILENT
        elif case == Case(elsewhere=case.elsewhere):
            reach = Reach.CONSENT_ELSEWHERE
        elif case == Case(widens_at=case.widens_at):
            reach = Reach.OUT_OF_REACH
        else:
            reach = Reach.HEARD
        self.reach[terms.code][shape] = reach
        return reach


def _settings(door: Door) -> Any:
    systems = {
        pk: (
            system.slug,
            system.kind,
            system.is_active,
            system.overwrites_on_sync,
            system.subscribes_by_default,
        )
        for pk, system in door.systems.items()
    }
    wordings = {pk: (said.program_id, said.kind, said.prechecked) for pk, said in door.wordings.items()}
    return systems, wordings


def _keep(memory: dict[Any, Value], key: Any, value: Value) -> Value:
    if len(memory) >= KEPT:
        memory.clear()
    memory[key] = value
    return value


def _places(agreed: rules.Agreed) -> list[int]:
    return [int(name[1:]) for name in agreed.decided_by]
