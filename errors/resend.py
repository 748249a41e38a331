"""Who may be texted again after a pattern was dealt with, and who may not and why. Nothing is sent from here.

Counted by message: one person and what they were meant to get (campaign and template), however often it was tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import Count, Q

from backoffice import audit
from consent.ledger import bare_sender
from consent.rules import Status
from errors import life, slices
from errors.catalogue import Catalogue, Category, Retry, Signal
from errors.fix import Refused
from errors.intents import BY, FAILED, NOT_SENT, SUCCEEDED, how_many, intents
from errors.models import ErrorCode, Fix, Pattern, SendAttempt
from errors.recipients import agreed, held, programs_by_sender, unweighed

AGES = (1, 2, 3, 7, 14)  # days after which a text may no longer be true
USUAL_AGE = 2
LONGEST = timedelta(days=31)  # that a list goes back; older texts are not true any more anyway
MOST = 100_000  # failed sends that are looked at, the latest
STEP = 1_000


class Why(StrEnum):
    """Why somebody is not on the list. The first that applies counts."""

    DELIVERED = "delivered"
    UNKNOWN = "unknown"
    NO_NUMBER = "no_number"
    OPTED_OUT = "opted_out"
    ON_HOLD = "on_hold"
    NUMBER = "number"
    NEVER = "never"
    CHECK_FIRST = "check_first"
    AFTER_FIX = "after_fix"
    EXPIRED = "expired"
    NO_CONSENT = "no_consent"
    NEWS = "news"
    DUPLICATE = "duplicate"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Why.DELIVERED: "Received it meanwhile",
    Why.UNKNOWN: "The outcome is not known: they may have received it",
    Why.NO_NUMBER: "No phone number could be read",
    Why.OPTED_OUT: "Opted out",
    Why.ON_HOLD: "Texts to this number are on hold",
    Why.NUMBER: "The number itself is the problem: it has to change first",
    Why.NEVER: "This kind of failure is not to be tried again",
    Why.CHECK_FIRST: "The code does not prove that it failed: check first",
    Why.AFTER_FIX: "Waits for a fix in effect",
    Why.EXPIRED: "Too old: the text may not be true any more",
    Why.NO_CONSENT: "No consent on record to what this sender sends",
    Why.NEWS: "Something new about them is not weighed yet: look again in a few minutes",
    Why.DUPLICATE: "The same text to the same number is on the list already",
}


class Intent(NamedTuple):
    """What makes two sends tries of one message. `recipient` where no number could be read."""

    number_id: int | None
    recipient: str
    campaign: str
    template: str


@dataclass(frozen=True, slots=True)
class Line:
    """The latest try of one message. `tries`: how many failed."""

    attempt_id: int
    intent: Intent
    provider: str
    code: str
    status: str
    sender: str
    body_hash: int | None
    submitted_at: datetime
    tries: int = 1
    category: Category = Category.UNKNOWN
    retry: Retry = Retry.CHECK_FIRST


@dataclass(frozen=True, slots=True)
class ResendList:
    lines: list[Line]
    excluded: dict[Why, int]
    since: datetime
    until: datetime
    days: int
    is_cut: bool = False  # more failed than are looked at
    examples: dict[Why, list[int]] = field(default_factory=dict)  # attempts

    @property
    def total(self) -> int:
        return len(self.lines) + sum(self.excluded.values())


def fix_in_effect(pattern: Pattern, now: datetime) -> Fix | None:
    """The latest fix that took effect and was not found to be none."""
    helped = [Fix.Outcome.WAITING, Fix.Outcome.VERIFIED]
    fixes = pattern.fixes.filter(effective_at__lte=now, outcome__in=helped)
    return fixes.order_by("-effective_at", "-pk").first()


def resend_list(pattern: Pattern, *, days: int, now: datetime) -> ResendList:
    """Everybody in the pattern's slice since it was first seen, until the fix or until it was last seen. `days`: older
    texts are not sent again. A fixed number of queries and one for each thousand people."""
    fix = fix_in_effect(pattern, now)
    until = fix.effective_at if fix else min(pattern.last_seen_at, now)
    since = max(pattern.first_seen_at, until - LONGEST)
    sends = SendAttempt.objects.between(since, until).filter(slices.inside(pattern.attributes))
    excluded: Counter[Why] = Counter(_settled_otherwise(sends))
    lines, is_cut = _failed(sends)
    judged = _Judge(lines, fix, since=since, days=days, now=now)
    kept: list[Line] = []
    examples: dict[Why, list[int]] = {}
    for line, why in judged.each():
        if why is None:
            kept.append(line)
            continue
        excluded[why] += 1
        if len(shown := examples.setdefault(why, [])) < 3:
            shown.append(line.attempt_id)
    return ResendList(
        kept, {why: excluded[why] for why in Why if excluded[why]}, since, until, days, is_cut, examples
    )


def export(pattern: Pattern, *, days: int, reason: str, by: User, now: datetime) -> ResendList:
    """The list as it leaves the house, with a trace of who took it and why. Raises Refused without a reason."""
    if not reason.strip():
        raise Refused("Say what the list is for; it stays on record.")
    found = resend_list(pattern, days=days, now=now)
    audit.record(
        by,
        "pattern.resend_list",
        pattern,
        reason=reason.strip(),
        people=len(found.lines),
        excluded={why.value: count for why, count in found.excluded.items()},
        days=days,
    )
    return found


# --- From the log ---------------------------------------------------------------------------------------------


def _by_message(sends: Any) -> Any:
    """Messages with how many of their tries arrived, failed, or ended nobody knows how."""
    unclear = ~Q(status__in=[*SUCCEEDED, *FAILED, *NOT_SENT])
    return intents(sends, unclear=Count("pk", filter=unclear))


def _settled_otherwise(sends: Any) -> dict[Why, int]:
    """Messages that arrived, and those nobody knows about; counted where they are."""
    found = _by_message(sends).aggregate(
        arrived_all=how_many(Q(arrived__gt=0)), unclear_all=how_many(Q(arrived=0, unclear__gt=0))
    )
    return {Why.DELIVERED: found["arrived_all"] or 0, Why.UNKNOWN: found["unclear_all"] or 0}


def _failed(sends: Any) -> tuple[list[Line], bool]:
    """The latest try of every message that only failed, and whether there are more than are looked at."""
    mixed = _by_message(sends).filter(Q(arrived__gt=0) | Q(unclear__gt=0), lost__gt=0)
    otherwise = {Intent(*row) for row in mixed.values_list(*BY)}
    lines: dict[Intent, Line] = {}
    rows = list(_rows(sends.failed())[: MOST + 1])
    for row in rows[:MOST]:
        line = _line(row)
        if line.intent in otherwise:
            continue
        latest = lines.get(line.intent)
        lines[line.intent] = replace(latest, tries=latest.tries + 1) if latest else line
    return list(lines.values()), len(rows) > MOST


def _rows(sends: Any) -> Any:
    return sends.latest_first().values_list(
        *("pk", *BY, "provider", "error_code", "status", "sender", "body_hash", "submitted_at")
    )


def _line(row: Sequence[Any]) -> Line:
    return Line(row[0], Intent(*row[1:5]), *row[5:])


# --- One by one -----------------------------------------------------------------------------------------------


class _Judge:
    """Why each message may not be sent again, or None. Asks for what it needs in steps of many people."""

    def __init__(
        self, lines: list[Line], fix: Fix | None, *, since: datetime, days: int, now: datetime
    ) -> None:
        self.lines, self.fix, self.since, self.now = lines, fix, since, now
        self.oldest = now - timedelta(days=days)
        self.catalogue: Catalogue = ErrorCode.objects.as_catalogue()
        self.advice: dict[tuple[str, str, str], tuple[Category, Retry]] = {}
        self.programs = {
            sender: {program.pk for program in programs} for sender, programs in programs_by_sender().items()
        }

    def each(self) -> Iterator[tuple[Line, Why | None]]:
        texts: set[tuple[int | None, int]] = set()
        for start in range(0, len(self.lines), STEP):
            some = self.lines[start : start + STEP]
            people = [line.intent.number_id for line in some if line.intent.number_id is not None]
            news = unweighed(people, self.now)
            consents, paused, later = agreed(people, news, self.now), held(people), self._later(people)
            for line in some:
                line, why = self._of_log(line, later)
                why = why or self._of_person(line, consents, paused) or self._of_text(line)
                why = why or self._of_consent(line, consents, news)
                text = (line.intent.number_id, line.body_hash or 0)
                if why is None and line.body_hash is not None and text in texts:
                    why = Why.DUPLICATE
                texts.add(text)
                yield line, why

    def _of_log(self, line: Line, later: Mapping[Intent, list[Line]]) -> tuple[Line, Why | None]:
        """What became of the message elsewhere: by another provider, or after the fix."""
        if line.intent.number_id is None:
            return self._advised(line), Why.NO_NUMBER
        others = [other for other in later.get(line.intent, ()) if other.attempt_id != line.attempt_id]
        if any(other.status in SUCCEEDED for other in others):
            return self._advised(line), Why.DELIVERED
        if any(other.status not in [*FAILED, *NOT_SENT] for other in others):
            return self._advised(line), Why.UNKNOWN
        lost = [other for other in others if other.status in FAILED]
        latest = max([line, *lost], key=lambda one: (one.submitted_at, one.attempt_id))
        return self._advised(replace(latest, tries=max(line.tries, len(lost)))), None

    def _advised(self, line: Line) -> Line:
        key = (line.provider, line.code, line.status)
        if key not in self.advice:
            # A log carries the codes of receipts, for a refusal too; the phase is for the advice alone.
            facts = self.catalogue.look_up(line.provider, line.code).facts
            phase = facts.phase_in(life.Status(line.status))
            self.advice[key] = (facts.category, facts.advice(phase).retry)
        category, retry = self.advice[key]
        return replace(line, category=category, retry=retry)

    def _of_person(
        self, line: Line, consents: Mapping[int, Mapping[int, Status]], held: Mapping[int, set[int]]
    ) -> Why | None:
        assert line.intent.number_id is not None
        known, paused = consents.get(line.intent.number_id, {}), held.get(line.intent.number_id, set())
        # Of a sender that no program has, any refusal and any pause may be meant.
        about = self._programs(line) or known.keys() | paused
        if line.category is Category.OPTED_OUT or any(known[one].is_out for one in about & known.keys()):
            return Why.OPTED_OUT
        if about & paused:
            return Why.ON_HOLD
        if line.category.facts.quality is Signal.YES:
            return Why.NUMBER
        return None

    def _of_text(self, line: Line) -> Why | None:
        if line.retry is Retry.NEVER or (line.retry is Retry.ONCE and line.tries > 1):
            return Why.NEVER
        if line.retry is Retry.CHECK_FIRST:
            return Why.CHECK_FIRST
        if line.retry is Retry.AFTER_FIX and (self.fix is None or line.submitted_at >= self.fix.effective_at):
            return Why.AFTER_FIX
        if line.submitted_at < self.oldest:
            return Why.EXPIRED
        return None

    def _of_consent(
        self, line: Line, consents: Mapping[int, Mapping[int, Status]], news: Collection[int]
    ) -> Why | None:
        """Silence where nothing is known: a list that leaves the house permits sending."""
        assert line.intent.number_id is not None
        known = consents.get(line.intent.number_id, {})
        if not any(known.get(program) is Status.OPTED_IN for program in self._programs(line)):
            return Why.NO_CONSENT
        return Why.NEWS if line.intent.number_id in news else None

    def _programs(self, line: Line) -> Set[int]:
        return self.programs.get(bare_sender(line.sender), frozenset())

    def _later(self, people: Sequence[int]) -> dict[Intent, list[Line]]:
        """Every try of these people's messages since the pattern began, whatever slice it was in."""
        found: dict[Intent, list[Line]] = {}
        tries = SendAttempt.objects.filter(number__any_of=people, submitted_at__gte=self.since)
        for row in _rows(tries):
            line = _line(row)
            found.setdefault(line.intent, []).append(line)
        return found
