"""One row → what it claims, what it reports, or why it cannot be taken. No database.

A Claim is a system's belief; an Event is something that happened. Policy in one line: nothing is lost to a
bad date, nothing is guessed from a word nobody explained, a blank says nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from backoffice.files.rows import Row, wrong_width
from backoffice.imports.importer import Outcome
from backoffice.models import Bucket, ImportBatch, System
from consent import replies
from consent.cells import Meaning
from consent.intake.countries import names_country, region_of
from consent.intake.plan import Plan
from consent.intake.targets import folded
from consent.ledger import Act, Kind
from consent.moments import Moment
from consent.numbers import NumberCell, Reason, explain

K = System.Kind
# Most restrictive first: with several status columns, or the same key twice, the first of these stands.
RESTRICTIVE = (Meaning.OUT, Meaning.REDACTED, Meaning.NEVER, Meaning.UNKNOWN, Meaning.PENDING, Meaning.IN)
# Twilio and others prefix the address with the channel it came through; the STOP is for the person all the
# same.
CHANNEL_PREFIXES = ("whatsapp:", "rcs:", "sms:", "tel:", "messenger:")
LONGEST_ID = 90  # characters; what tells several records of one event apart still fits behind it


@dataclass(slots=True)
class Claim:
    """What a system says about one number."""

    line: int
    number: NumberCell
    ref: str
    person: tuple[str, str, str]
    program: str | None
    meaning: Meaning
    text: str
    moment: Moment
    warnings: tuple[str, ...]
    sender: str = ""


@dataclass(slots=True)
class Event:
    """What somebody did."""

    line: int
    number: NumberCell
    act: Act
    kind: Kind
    moment: Moment
    event_id: str
    warnings: tuple[str, ...]
    person: tuple[str, str, str] = ("", "", "")
    program: str | None = None
    for_all_programs: bool = False
    sender: str = ""
    words: str = ""
    wording: str = ""
    reference: str = ""
    clock: str = ""
    answers_prompt: bool = False
    known_at: datetime | None = None  # when it was known at the latest; the file's own time if not given
    provider_acted: bool | None = None  # whether the provider took it for an opt-out as well; None: not told


def read_row(plan: Plan, row: Row) -> Claim | Event | Outcome:
    """Read one data row; every row comes back as exactly one of the three."""
    problem = row.problem
    if problem is None and row.found < plan.needed:
        problem = wrong_width(plan.width, row.found)
    if problem is not None:
        return rejected(row, problem.code, f"{problem.what}. {problem.mend}")
    return _READERS[plan.kind](plan, row)


def rejected(row: Row, reason: str, detail: str, number: str = "") -> Outcome:
    return Outcome(row.line, Bucket.REJECTED, reason, detail, tuple(row.warnings), number, cells=row.cells)


def held_for_word(
    row: Row, word: str, detail: str, number: NumberCell, moment: Moment | None = None
) -> Outcome:
    """A status word nobody explained: the row waits until somebody does. `detail` says what the word does not."""
    return Outcome(
        row.line,
        Bucket.HELD,
        "status_unrecognised",
        f"“{word[:80]}” {detail}. Say what it means in the mapping’s vocabulary and take the held rows in again, or "
        "mend the file.",
        tuple(row.warnings),
        number.e164 or "",
        at=moment.at if moment else None,
        cells=row.cells,
        unread=word.strip()[:80],
    )


def silent(row: Row, reason: str, detail: str, number: str = "") -> Outcome:
    """A row that is in order and says nothing about consent: it changes nothing."""
    return Outcome(row.line, Bucket.UNCHANGED, reason, detail, tuple(row.warnings), number)


def block_event(claim: Claim, batch: ImportBatch) -> Event:
    """The revocation that a provider's block proves. When it was made nobody knows unless the list says
    so."""
    read_at = f"{batch.as_of:%Y%m%dT%H%M%S}"
    return Event(
        line=claim.line,
        number=claim.number,
        act=Act.REVOKE,
        kind=Kind.CARRIER,
        moment=claim.moment,
        event_id=kept_id(f"block:{claim.number.e164}:{claim.sender}:{claim.program or ''}:{read_at}"),
        warnings=(),
        program=None if claim.sender else claim.program,
        sender=claim.sender,
    )


# --- Parts every kind of row has ----------------------------------------------------------------------------


def _number(plan: Plan, row: Row) -> tuple[NumberCell, str, tuple[str, ...]]:
    """The number cell that counts, as read and as written, with warnings about the choice."""
    columns = plan.positions["number"]
    country = _country(plan, row)
    region = region_of(country) if country else None
    for place, position in enumerate(columns):
        raw = row.cells[position]
        if raw.strip() or place == len(columns) - 1:
            break
    cell = plan.numbers.read(raw, region or plan.default_region)
    if not (cell.warnings or place or country):
        return cell, raw, ()
    # Another country than the file's usual one is news only where the row itself names a country.
    warnings = [warning for warning in cell.warnings if region or warning != "country_mismatch"]
    if place and cell.e164:
        warnings.append("fallback_phone_column")
    if country and region is None:
        warnings.append("country_unknown")
    elif region and cell.region and cell.region != region and "country_mismatch" not in warnings:
        warnings.append("country_mismatch")
    return cell, raw, tuple(warnings)


def _country(plan: Plan, row: Row) -> str:
    """The country a row names, as written."""
    named = plan.cell(row.cells, "country")
    return named if names_country(named) else ""


def _person(plan: Plan, row: Row) -> tuple[str, str, str]:
    return (
        plan.text(row.cells, "first_name", 120),
        plan.text(row.cells, "last_name", 120),
        plan.text(row.cells, "email", 254),
    )


def _moment(plan: Plan, row: Row) -> Moment:
    return plan.moments.read(plan.cell(row.cells, "at"))


def _status(plan: Plan, row: Row) -> tuple[Meaning | None, str, str | None]:
    """The most restrictive of the status columns: its meaning (None: a word nobody explained), text,
    warning."""
    if not plan.statuses:
        return plan.constant_status, "", None
    cells = [column.read.read(row.cells[column.position].replace("\x00", "")) for column in plan.statuses]
    if len(cells) == 1:
        return cells[0].meaning, cells[0].text, cells[0].warning
    for cell in cells:
        if not cell.recognised:
            return None, cell.text, cell.warning
    filled = [cell for cell in cells if cell.meaning is not Meaning.UNKNOWN] or cells
    first = min(filled, key=lambda cell: RESTRICTIVE.index(cell.meaning or Meaning.UNKNOWN))
    return first.meaning, first.text, first.warning


def _program(plan: Plan, row: Row) -> str | None:
    return plan.cell(row.cells, "program") or plan.constant_program


def _event_id(plan: Plan, row: Row, *parts: object) -> str:
    """The source's id, else one made of what happened: the same report always gives the same id."""
    given = plan.cell(row.cells, "event_id")
    return kept_id(given) if given else "h:" + _digest("\x1f".join(map(str, parts)))


def kept_id(given: str) -> str:
    """A source's id as the ledger keeps it. Of one that is too long the end stands as a digest: no two become one."""
    return given if len(given) <= LONGEST_ID else f"{given[:48]}~{_digest(given)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]


_BY_COUNTRY = {Reason.NO_COUNTRY, Reason.TOO_SHORT, Reason.TOO_LONG, Reason.NOT_VALID}


def _unread_number(plan: Plan, row: Row, cell: NumberCell, raw: str) -> Outcome:
    detail, country = explain(cell, raw), _country(plan, row)
    if cell.reason in _BY_COUNTRY and country and region_of(country) is None:
        detail += f" Its country “{country[:40]}” is not understood: write two letters, such as US or GB."
    return rejected(row, f"phone_{cell.reason}", detail)


def _doubts(moment: Moment, meaning: Meaning, warning: str | None) -> tuple[str, ...]:
    """What is doubtful about status and time; a cell that says nothing needs no time."""
    if meaning is Meaning.UNKNOWN:
        return (warning,) if warning else ()
    return (*moment.warnings, warning) if warning else moment.warnings


def _formulas(texts: tuple[str, ...]) -> tuple[str, ...]:
    """A name that a spreadsheet would run is kept as text, and said."""
    for text in texts:
        if text[:1] == "=":
            return ("formula_cell",)
    return ()


# --- The kinds of file --------------------------------------------------------------------------------------


def _status_row(plan: Plan, row: Row) -> Claim | Outcome:
    cell, raw, warnings = _number(plan, row)
    if cell.e164 is None:
        return _unread_number(plan, row, cell, raw)
    moment = _moment(plan, row)
    meaning, text, warning = _status(plan, row)
    if meaning is None:
        return held_for_word(
            row,
            text,
            "is no status word this system is known to use",
            cell,
            moment,
        )
    person = _person(plan, row)
    return Claim(
        line=row.line,
        number=cell,
        ref=plan.text(row.cells, "ref", 80),
        person=person,
        program=_program(plan, row),
        meaning=meaning,
        text=text.replace("\x00", "")[:80],
        moment=moment,
        warnings=(*row.warnings, *warnings, *_doubts(moment, meaning, warning), *_formulas(person)),
        sender=plan.text(row.cells, "sender", 20),
    )


def _form_row(plan: Plan, row: Row) -> Event | Outcome:
    cell, raw, warnings = _number(plan, row)
    if cell.e164 is None:
        return _unread_number(plan, row, cell, raw)
    moment = _moment(plan, row)
    act = Act.GRANT
    if plan.statuses:
        meaning, text, _ = _status(plan, row)
        if meaning is None:
            return held_for_word(row, text, "does not say whether the box was ticked", cell, moment)
        if meaning is Meaning.OUT:
            act = Act.REVOKE
        elif meaning is not Meaning.IN:
            return silent(row, "box_not_ticked", "The form was sent without consent to texts.", cell.e164)
    wording = plan.text(row.cells, "wording", 60)
    return Event(
        line=row.line,
        number=cell,
        act=act,
        kind=Kind.FORM,
        moment=moment,
        event_id=_event_id(plan, row, "form", cell.e164, _program(plan, row), moment.text, wording, act),
        warnings=(*row.warnings, *warnings, *moment.warnings),
        person=_person(plan, row),
        program=_program(plan, row),
        wording=wording,
        reference=plan.text(row.cells, "reference", 200),
    )


_INBOUND = ("in", "mo", "received", "from contact", "from customer", "reply")
_OUTBOUND = ("out", "mt", "sent", "to contact", "to customer", "api", "broadcast")


def is_inbound(direction: str) -> bool | None:
    """Whether a log's word means that somebody wrote to us; None: it does not say."""
    word = direction.casefold()
    if word.startswith(_INBOUND):
        return True
    return False if word.startswith(_OUTBOUND) else None


def _reply_row(plan: Plan, row: Row) -> Event | Outcome:
    direction = plan.cell(row.cells, "direction")
    inbound = is_inbound(direction)
    if inbound is None:
        return direction_unknown(row, direction)
    if not inbound:
        code = plan.cell(row.cells, "error_code").removesuffix(".0")
        if code not in plan.blocked_codes or not code:
            outside, _ = addresses(plan, row, inbound=False)
            return silent(row, "outbound", "A message we sent; it says nothing about consent.", outside[:16])
    return message_event(plan, row, inbound=inbound)


def direction_unknown(row: Row, direction: str) -> Outcome:
    # Taking it for one of ours could lose a STOP; taking it for a reply could make one up.
    return Outcome(
        row.line,
        Bucket.HELD,
        "direction_unknown",
        f"“{direction[:40]}” does not say whether we sent this message or received it. Write inbound or "
        "outbound.",
        tuple(row.warnings),
        cells=row.cells,
    )


def addresses(plan: Plan, row: Row, *, inbound: bool) -> tuple[str, str]:
    """The person's address and ours, as written but without the channel's prefix."""
    outside = plan.cell(row.cells, "from" if inbound else "to")
    ours = plan.cell(row.cells, "to" if inbound else "from")
    for prefix in CHANNEL_PREFIXES:
        outside = outside.removeprefix(prefix)
        ours = ours.removeprefix(prefix)
    return outside, ours


def message_event(plan: Plan, row: Row, *, inbound: bool) -> Event | Outcome:
    """What a message says about consent: a reply, or a send that was refused because the person opted out."""
    outside, ours = addresses(plan, row, inbound=inbound)
    cell = plan.numbers.read(outside, plan.default_region)
    if cell.e164 is None:
        if inbound and cell.reason == "short_code":
            return silent(row, "from_short_code", "A short code wrote to us: no person, no consent.")
        return _unread_number(plan, row, cell, outside)
    # The provider's stamp is evidence of its clock: two of its messages compare to the second.
    moment = _moment(plan, row)
    text = plan.cell(row.cells, "text")
    common = Event(
        line=row.line,
        number=cell,
        act=Act.REVOKE,
        kind=Kind.KEYWORD,
        moment=moment,
        event_id=_event_id(plan, row, "reply", cell.e164, ours, moment.text, text),
        warnings=(*row.warnings, *cell.warnings, *moment.warnings),
        sender=ours[:20],
        words=text[:2000],
        clock=plan.kind,
    )
    if not inbound:
        # A refused send proves that an opt-out was on file by then, not when it was made.
        unknown = replace(moment, at=None, claimed_at=None)
        return replace(common, kind=Kind.CARRIER, moment=unknown, words="", known_at=moment.at)
    return _reply_event(common, text, row)


def _reply_event(event: Event, text: str, row: Row) -> Event | Outcome:
    reply = replies.read(text)
    scope_all = reply.scope == "*"
    match reply.klass:
        case replies.ReplyClass.REVOKE_EXPLICIT:
            return replace(event, for_all_programs=scope_all)
        case replies.ReplyClass.REVOKE_LIKELY:
            return replace(event, kind=Kind.FREETEXT, for_all_programs=scope_all)
        case replies.ReplyClass.WRONG_NUMBER:
            return replace(event, kind=Kind.WRONG_NUMBER, for_all_programs=True)
        case replies.ReplyClass.REVIEW:
            return replace(event, act=Act.ASSERT_NONE, kind=Kind.FREETEXT)
        case replies.ReplyClass.START:
            return replace(event, act=Act.GRANT, kind=Kind.HANDSET)
        case replies.ReplyClass.YES:
            return replace(event, act=Act.CONFIRM, kind=Kind.HANDSET)
    return silent(
        row, "ordinary_reply", "A reply that neither gives nor takes back consent.", event.number.e164 or ""
    )


_CHANNELS = {"complaint": Kind.COMPLAINT, "wrong number": Kind.WRONG_NUMBER}


def _staff_row(plan: Plan, row: Row) -> Event | Outcome:
    cell, raw, warnings = _number(plan, row)
    if cell.e164 is None:
        return _unread_number(plan, row, cell, raw)
    moment = _moment(plan, row)
    meaning, text, _ = _status(plan, row)
    if meaning is None:
        return held_for_word(row, text, "does not say what was changed", cell, moment)
    reference = plan.text(row.cells, "reference", 200)
    channel = plan.text(row.cells, "channel", 40).casefold()
    if meaning is Meaning.OUT:
        act = Act.REVOKE
        kind = _CHANNELS.get(channel, Kind.CHANNEL_LOGGED if reference else Kind.CHANNEL)
    elif meaning is Meaning.IN:
        act, kind = Act.ASSERT_IN, Kind.STAFF  # a person's toggle proves nothing
    else:
        return silent(
            row, "no_consent_content", "A change that neither gives nor takes back consent.", cell.e164
        )
    return Event(
        line=row.line,
        number=cell,
        act=act,
        kind=kind,
        moment=moment,
        event_id=_event_id(plan, row, "staff", cell.e164, _program(plan, row), moment.text, act, reference),
        warnings=(*row.warnings, *warnings, *moment.warnings),
        program=_program(plan, row),
        # A person who calls or writes means every text, unless the log names the program.
        for_all_programs=act is Act.REVOKE and not _program(plan, row),
        words=plan.text(row.cells, "words", 2000),
        reference=reference,
    )


# What a list of reassigned numbers says of one. "No data": the database has not heard of it, which proves nothing.
_ANSWERS = {
    **dict.fromkeys(("yes", "y", "true", "1", "reassigned", "disconnected", "deactivated"), True),
    **dict.fromkeys(("no", "n", "false", "0", "active", "notreassigned", "notdisconnected"), False),
    **dict.fromkeys(("", "nodata", "unknown", "na", "null"), False),
}


def _reassigned_row(plan: Plan, row: Row) -> Event | Outcome:
    """The Reassigned Numbers Database answers for a day: a yes means that the number was given up on that day or any
    day since, so what was agreed until the answer came may have been agreed by somebody else. The carriers' lists say
    on which day it was."""
    cell, raw, warnings = _number(plan, row)
    if cell.e164 is None:
        return _unread_number(plan, row, cell, raw)
    is_answered = bool(plan.positions.get("answer"))
    answer = plan.cell(row.cells, "answer")
    if is_answered:
        is_gone = _ANSWERS.get(folded(answer))
        if is_gone is None:
            return rejected(
                row,
                "answer_unread",
                f"“{answer[:40]}” is no answer that is known: write yes, no or no data.",
                cell.e164,
            )
        if not is_gone:
            return silent(row, "not_reassigned", "Nothing shows that the number changed hands.", cell.e164)
    asked = plan.text(row.cells, "asked", 40)
    moment = _moment(plan, row)
    is_database = bool(is_answered or plan.positions.get("asked"))
    day = moment.text.strip() or asked or (f"{plan.as_of:%Y-%m-%d}" if plan.as_of else "")
    return Event(
        line=row.line,
        number=cell,
        act=Act.BOUNDARY,
        kind=Kind.RND if is_database else Kind.DEACTIVATED,
        moment=moment,
        event_id=_event_id(plan, row, "boundary", is_database, cell.e164, day),
        warnings=(*row.warnings, *warnings, *(w for w in moment.warnings if w != "no_timestamp")),
        words=f"Disconnected on {asked} or later" if asked and moment.at is None else "",
    )


_READERS: dict[str, Callable[[Plan, Row], Claim | Event | Outcome]] = {
    K.CRM: _status_row,
    K.PLATFORM: _status_row,
    K.PROVIDER: _status_row,
    K.FORM: _form_row,
    K.REPLIES: _reply_row,
    K.STAFF: _staff_row,
    K.REASSIGNED: _reassigned_row,
}
