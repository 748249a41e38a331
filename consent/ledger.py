"""What happened and what each system believes: the facts that the rules weigh.

Facts are frozen and know nothing of the database. Times are aware and in UTC; how exact a time is travels
with it, because a STOP and an opt-in whose true order nobody knows must end in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from consent.deadlines import TimeAllowed

ALL_PROGRAMS = "*"


class Act(StrEnum):
    """What a record says was done."""

    GRANT = "grant"
    CONFIRM = "confirm"  # a bare YES
    REVOKE = "revoke"
    ASSERT_IN = "assert_in"  # a system or a person claims "opted in"; nothing shows how it came about
    ASSERT_OUT = "assert_out"
    ASSERT_NONE = "assert_none"
    VOID = "void"  # staff declare another record mistaken
    BOUNDARY = "boundary"  # the number changed hands


class Kind(StrEnum):
    """Through what it was done."""

    HANDSET = "handset"  # START, UNSTOP or a program's keyword from the phone itself
    FORM = "form"  # as a revocation: preference page or designated form
    ARTEFACT = "artefact"  # signed paper, recording, screenshot filed by staff
    STAFF = "staff"
    IMPORT = "import"
    SYNC = "sync"
    KEYWORD = "keyword"
    FREETEXT = "freetext"
    CHANNEL = "channel"  # e-mail, voicemail, walk-in
    CHANNEL_LOGGED = "channel_logged"  # a call or visit that staff logged with its reference
    CARRIER = "carrier"  # the provider reports a block
    COMPLAINT = "complaint"
    RND = "rnd"  # the Reassigned Numbers Database
    WRONG_NUMBER = "wrong_number"
    DEACTIVATED = "deactivated"  # the carriers' files of disconnected numbers


class Precision(StrEnum):
    """How exact a time is. A naive time is kept as if its clock stood in UTC."""

    SECOND = "second"
    DATE = "date"  # `occurred_at` is the first instant of that day in its own zone
    NAIVE_DATE = "naive_date"
    NAIVE_DATETIME = "naive_datetime"


class Scope(StrEnum):
    """How far a STOP reaches by the organisation's policy."""

    SENDER = "sender"
    ALL = "all"


class WordingState(StrEnum):
    """What is known about the text and the box that a grant rests on."""

    KNOWN = "known"
    PRECHECKED = "prechecked"
    UNKNOWN = "unknown"
    OTHER_PROGRAM = "other_program"  # the text names another program than the record does


class Basis(StrEnum):
    """Whether consent was expressed or follows from a business relationship (CASL s. 10)."""

    EXPRESS = "express"
    IMPLIED = "implied"


class Clarification(StrEnum):
    """After a STOP: the one text that may ask which messages were meant (47 CFR 64.1200(a)(12))."""

    UNANSWERED = "unanswered"  # also while the answer is still awaited
    ANSWERED = "answered"  # `program` names what the person meant


class Doubt(StrEnum):
    """Why a stated time is not to be trusted."""

    NO_ZONE = "no_zone"
    FUTURE = "future"
    BEFORE_COMPANY = "before_company"
    IMPORT_TIME = "import_time"


class SystemKind(StrEnum):
    """What sort of place holds a belief."""

    PLATFORM = "platform"
    PROVIDER = "provider"
    CRM = "crm"
    LIST = "list"
    FORM = "form"
    SEND = "send"  # not a place: a message that went out


class Value(StrEnum):
    """What a system believes about a number and program, or what it did."""

    IN = "in"
    OUT = "out"
    NEVER = "never"
    PENDING = "pending"
    REDACTED = "redacted"
    UNKNOWN = "unknown"
    OPEN = "open"
    BLOCKED = "blocked"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record of the ledger. `id` is unique; the same id twice is the same record."""

    id: str
    act: Act
    kind: Kind
    occurred_at: datetime | None  # UTC; None: unknown
    precision: Precision
    received_at: datetime
    program: str | None = None  # "*": all; None: the record does not say
    sender: str | None = None  # the one it was sent to
    stream: str | None = None  # with `number`: the provider's own order of messages
    number: int | None = None
    clock: str | None = None  # who stamped the time
    wording: WordingState = WordingState.KNOWN
    second_approver: bool = False
    voids: tuple[str, ...] = ()
    basis: Basis = Basis.EXPRESS
    implied_until: datetime | None = None
    answers_prompt: bool | None = None  # of a YES; None: not known, to be judged from the records
    has_reference: bool = False  # ticket, call id or stored original behind a logged revocation
    exempt_answer: bool = False  # a STOP that answered an exempted informational text
    clarification: Clarification | None = None
    provider_acted: bool | None = None  # False: the provider saw the STOP word and let it pass
    copied_time: bool = False  # the importer found the import's own time in row after row
    spread_seconds: int = 0  # the local time happened twice or never; the true one may lie this far off


@dataclass(frozen=True, slots=True)
class Belief:
    """What one record of one system says now; with `SystemKind.SEND`, a message sent at `read_at`."""

    system: str
    kind: SystemKind
    value: Value
    record: str = ""  # the system's own record id, or the message id
    read_at: datetime | None = None
    text: str = ""  # the cell as it came, kept where `value` is UNKNOWN
    overwrites_on_sync: bool = False
    subscribes_by_default: bool = False
    corrected_value: Value | None = None
    corrected_at: datetime | None = None
    arrived: bool = False  # the corrected value was read back right before
    watch_over_at: datetime | None = None  # None: the correction is still being watched
    batch: int | None = None  # of a corrected record: the file and line that say so now; None: read by itself
    line: int | None = None
    carried_from_other_number: bool = False
    given_at: datetime | None = None  # `value` was not read: it was given then, and nothing was read since
    # Of a SEND: whether it is the one text that confirms an opt-out (None: nobody knows its text), whether that one
    # sells something beside, who sent it, and whether the provider handed it on.
    is_confirmation: bool | None = False
    has_marketing: bool = False
    sender: str = ""
    went_through: bool = False


@dataclass(frozen=True, slots=True)
class ProgramTerms:
    """What the rules need to know of a program. `senders` is the pool it shares STOPs with."""

    code: str
    double_opt_in: bool = False
    double_opt_in_days: int = 7
    ttl_days: int | None = None
    senders: tuple[str, ...] = ()
    exempt_informational: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """The organisation's dated settings. Every legal threshold is one of these, none is a constant."""

    stop_scope: Scope = Scope.SENDER
    revoke_all_from: datetime | None = None
    clock_skew_seconds: int = 120
    form_defeats_stop: bool = False
    founded_on: datetime | None = None
    time_allowed: TimeAllowed | None = None  # until a revocation is in force everywhere; None: not watched
    skew: timedelta = field(init=False, repr=False, compare=False)  # the seconds, ready to add

    def __post_init__(self) -> None:
        object.__setattr__(self, "skew", timedelta(seconds=self.clock_skew_seconds))


def bare_sender(address: str) -> str:
    """A sender as it compares: some logs leave the plus sign out, some write names in capitals."""
    return address.strip().lstrip("+").casefold()


Interval = tuple[datetime, datetime]

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
FUTURE_TOLERANCE = timedelta(minutes=5)
NO_TIME = timedelta(0)
DAY = timedelta(days=1)
EASTERNMOST = timedelta(hours=14)  # a clock without a zone may be this far ahead of UTC ...
WESTERNMOST = timedelta(hours=12)  # ... or this far behind

_NAIVE = frozenset({Precision.NAIVE_DATE, Precision.NAIVE_DATETIME})
_GIVING = frozenset({Act.GRANT, Act.CONFIRM, Act.ASSERT_IN})
_LOST = frozenset({Doubt.FUTURE, Doubt.BEFORE_COMPANY, Doubt.IMPORT_TIME})


def interval(evidence: Evidence, policy: Policy) -> Interval:
    """The earliest and the latest moment at which the record's act can truly have happened.

    An unknown time reaches back without limit and forward to the arrival. So does a time that cannot be true,
    with one exception: a revocation stamped in the future may be as late as its stamp.
    """
    if evidence.occurred_at is None:
        return EARLIEST, evidence.received_at
    doubt = doubt_of(evidence, policy)
    if doubt is None or doubt not in _LOST:
        return _stated(evidence, policy)
    if doubt is Doubt.FUTURE and evidence.act not in _GIVING:
        lo, hi = _stated(evidence, policy)
        return min(lo, _shift(evidence.received_at, -policy.skew)), hi
    return EARLIEST, evidence.received_at


def doubt_of(evidence: Evidence, policy: Policy) -> Doubt | None:
    """Why the stated time is not to be trusted, or None. An unknown time is honest: it raises no doubt."""
    at = evidence.occurred_at
    if at is None:
        return None
    naive = evidence.precision in _NAIVE
    if at > evidence.received_at:
        # A clock without a zone is in the future only if it is so wherever the clock may stand.
        earliest = _shift(at, -EASTERNMOST) if naive else at
        if earliest > _shift(evidence.received_at, FUTURE_TOLERANCE):
            return Doubt.FUTURE
    if policy.founded_on is not None and _stated(evidence, policy)[1] < policy.founded_on:
        return Doubt.BEFORE_COMPANY
    if evidence.copied_time:
        return Doubt.IMPORT_TIME
    return Doubt.NO_ZONE if naive else None


def has_usable_time(evidence: Evidence, policy: Policy) -> bool:
    """Whether the record says when it happened, however roughly."""
    return evidence.occurred_at is not None and doubt_of(evidence, policy) not in _LOST


def order(one: Evidence, other: Evidence) -> int | None:
    """Which of two records came later by the counter or the clock that both share.

    1: `one` did; -1: `other` did; 0: the shared clock shows the same time; None: nothing is shared, only the
    intervals can tell.
    """
    if one.stream is not None and one.stream == other.stream:
        mine, theirs = one.number, other.number
        if mine is not None and theirs is not None:
            return (mine > theirs) - (mine < theirs)
    if one.clock is None or one.clock != other.clock:
        return None
    if not (_exact(one) and _exact(other)):
        return None
    assert one.occurred_at is not None
    assert other.occurred_at is not None
    return (one.occurred_at > other.occurred_at) - (one.occurred_at < other.occurred_at)


def _exact(evidence: Evidence) -> bool:
    at = evidence.occurred_at
    return (
        at is not None
        and evidence.precision is Precision.SECOND
        and not evidence.copied_time
        and not evidence.spread_seconds
        and at <= _shift(evidence.received_at, FUTURE_TOLERANCE)
    )


def _stated(evidence: Evidence, policy: Policy) -> Interval:
    at = evidence.occurred_at
    assert at is not None
    precision = evidence.precision
    spread = timedelta(seconds=evidence.spread_seconds) if evidence.spread_seconds else NO_TIME
    if precision is Precision.SECOND:
        spread += policy.skew
        return _shift(at, -spread), _shift(at, spread)
    if precision is Precision.DATE:
        return _shift(at, -spread), _shift(at, DAY + spread)
    if precision is Precision.NAIVE_DATE:
        return _shift(at, -EASTERNMOST - spread), _shift(at, DAY + WESTERNMOST + spread)
    return _shift(at, -EASTERNMOST - spread), _shift(at, WESTERNMOST + spread)


def _shift(at: datetime, by: timedelta) -> datetime:
    """`at` moved, stopping at the ends of the calendar: fillers like 9999-12-31 are common in files."""
    try:
        return at + by
    except OverflowError:
        return LATEST if by > NO_TIME else EARLIEST
