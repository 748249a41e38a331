"""One row → a send and what became of it, a reply, or why it cannot be taken. No database.

A row whose recipient cannot be read is still a send that failed, and often the reason why; a row whose reference or
time is lost cannot be told from others and goes back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from backoffice.files.rows import Row, wrong_width
from backoffice.imports.importer import Outcome
from backoffice.models import ImportBatch
from consent.intake import read as consent_read
from consent.intake.countries import region_of
from consent.intake.read import Event, rejected
from consent.ledger import Kind
from consent.moments import Moment
from consent.numbers import NumberCell, Reason, explain
from errors import life
from errors.catalogue import Category, CodeFacts, Scope, StatusWord, normal_code
from errors.encoding import Encoding, measure
from errors.intake.plan import Plan
from errors.life import Status
from errors.record import Report, Request

LONGEST_REF = 120
NO_NUMBER = NumberCell(None, Reason.EMPTY)
_SHORTENED = re.compile(r"[+-]?\d(?:[.,]\d+)?E[+-]?\d+", re.IGNORECASE)
_FLOAT = re.compile(r"(\d+)\.0+")
_ENCODINGS = {
    **dict.fromkeys(("gsm7", "gsm", "gsm0338", "7bit", "gsm7bit", "text"), Encoding.GSM_7),
    **dict.fromkeys(("ucs2", "unicode", "utf16", "16bit"), Encoding.UCS_2),
}


@dataclass(slots=True)
class Send:
    """A message we sent, as one row tells it."""

    line: int
    number: NumberCell
    report: Report
    warnings: tuple[str, ...]
    code: CodeFacts | None = None  # what its error code means
    refusal: Event | None = None  # it was refused because the person had opted out
    unread: str = ""  # a status word nobody explained

    @property
    def status(self) -> Status:
        return self.report.event.status if self.report.event else Status.QUEUED


def read_row(plan: Plan, row: Row, batch: ImportBatch) -> Send | Event | Outcome:
    """Read one data row; every row comes back as exactly one of the three."""
    problem = row.problem
    if problem is None and row.found < plan.needed:
        problem = wrong_width(plan.width, row.found)
    if problem is not None:
        return rejected(row, problem.code, f"{problem.what}. {problem.mend}")
    cells = row.cells
    provider = (plan.cell(cells, "provider") or plan.provider).casefold()[:24]
    word = plan.cell(cells, "status")
    known = plan.word(provider, word) if word else None
    inbound = _is_inbound(plan, cells, known)
    if inbound is None:
        return consent_read.direction_unknown(row, plan.cell(cells, "direction"))
    if inbound:
        return consent_read.message_event(plan.consent, row, inbound=True)
    return _send(plan, row, batch, provider, word, known)


def _is_inbound(plan: Plan, cells: Sequence[str], status: StatusWord | None) -> bool | None:
    """None: nothing says whether we sent the message or received it."""
    if direction := plan.cell(cells, "direction"):
        return consent_read.is_inbound(direction)
    if status is not None:
        return status.is_inbound
    return None if plan.positions.get("direction") else False


def _send(
    plan: Plan, row: Row, batch: ImportBatch, provider: str, word: str, known: StatusWord | None
) -> Send | Outcome:
    cells = row.cells
    if not provider:
        return rejected(row, "no_provider", "Nothing says which provider sent it. Fill in the provider.")
    ref = plan.cell(cells, "event_id")
    if refused := _unusable(ref):
        return rejected(row, *refused)
    moment = plan.moments.read(plan.cell(cells, "at"))
    sent_at = moment.at or moment.claimed_at
    if sent_at is None:
        return rejected(row, *_no_time(moment))
    country = plan.cell(cells, "country")
    region = region_of(country) if country else None
    recipient, sender = consent_read.addresses(plan.consent, row, inbound=False)
    number = plan.numbers.read(recipient, region or plan.default_region) if recipient else NO_NUMBER
    if number.reason == "scientific_notation":
        return rejected(row, f"phone_{number.reason}", explain(number, recipient))
    warnings: list[str] = [*row.warnings]
    if recipient and number.e164 is None:
        warnings.append("recipient_unread")
    if "future_timestamp" in moment.warnings:
        warnings.append("future_timestamp")
    given, doubt = _code(plan, provider, cells)
    if doubt:
        warnings.append(doubt)
    status, given = _status(plan, provider, word, known, given)
    if status is Status.UNMAPPED:
        warnings.append("status_unmapped")
    code = "" if _says_nothing(plan, provider, status, given) else given
    part, parts = _part(plan, cells)
    if plan.is_per_recipient:
        ref = f"{ref}/{(number.e164 or recipient).lstrip('+')}"[:LONGEST_REF]
    body = plan.cell(cells, "text")
    text = plan.cell(cells, "error_text")[:200]
    event = (
        life.Event(status, code[:80], _status_time(plan, cells), batch.as_of, part, parts, text)
        if status is not None
        else None
    )
    request = Request(
        submitted_at=sent_at,
        recipient="" if number.e164 else recipient[:40],
        sender=sender[:40],
        country=(region or number.region or "")[:3],
        body=body,
        body_hash=text_number(body) if body else None,
        other=plan.other_cells(cells),
        system_id=batch.system_id,
        **plan.texts(cells),  # type: ignore[arg-type]
    )
    if given != code:
        request.other["error code"] = given
    _measure(plan, cells, request)
    report = Report(
        provider,
        (plan.cell(cells, "account") or plan.account)[:80],
        ref,
        event,
        client_ref=plan.cell(cells, "client_ref")[:LONGEST_REF],
        request=request,
        word=word,
        batch_id=batch.pk,
        line=row.line,
    )
    send = Send(row.line, number, report, tuple(warnings))
    if status is Status.UNMAPPED:
        send.unread = word[:80]
    if given:
        send.code = plan.code(provider, given, text)
        if send.code.category is Category.OPTED_OUT or given in plan.blocked_codes:
            send.refusal = _refusal(plan, row, send.code)
    return send


def _unusable(ref: str) -> tuple[str, str] | None:
    """Why a reference cannot tell a message from others: reason and detail; None if it can."""
    if not ref:
        return "no_reference", "The message has no reference, so it cannot be told from others. Fill it in."
    if _SHORTENED.fullmatch(ref):
        return (
            "reference_shortened",
            f"A spreadsheet has shortened the reference to “{ref[:40]}”; its digits are lost. Export the log again "
            "and do not save it from a spreadsheet.",
        )
    if len(ref) > LONGEST_REF:
        return "reference_too_long", f"The reference has {len(ref)} characters; at most {LONGEST_REF} fit."
    return None


def _no_time(moment: Moment) -> tuple[str, str]:
    shown = moment.text.strip()[:60]
    if "order_needed" in moment.warnings:
        return (
            "order_needed",
            f"“{shown}” may be two days. Say in the mapping whether the day or the month comes first.",
        )
    if not shown:
        return "no_timestamp", "Nothing says when the message was sent. Fill in its time."
    return "bad_timestamp", f"“{shown}” is not a time. Write it like 2026-03-14T09:30:00Z."


def _code(plan: Plan, provider: str, cells: Sequence[str]) -> tuple[str, str]:
    """The error code as text, and what is doubtful about it; of several columns the first that names an error.
    Leading zeros stay: “000” is not “0”."""
    codes = [code for code in plan.filled(cells, "error_code") if normal_code(code)]
    if not codes:
        return "", ""
    telling = (code for code in codes if plan.code(provider, code).category is not Category.OK)
    code = next(telling, codes[0])
    if _SHORTENED.fullmatch(code):
        return code, "code_shortened"
    if found := _FLOAT.fullmatch(code):
        return found[1], "float_suffix"
    return code, ""


def _says_nothing(plan: Plan, provider: str, status: Status | None, code: str) -> bool:
    """Whether a code is no error: many providers have one for success, too."""
    if not code or status in life.FAILED:
        return False
    return (
        status in life.SUCCEEDED or not code.strip("0") or plan.code(provider, code).category is Category.OK
    )


def _status(
    plan: Plan, provider: str, word: str, known: StatusWord | None, code: str
) -> tuple[Status | None, str]:
    """How far the message came, and its error code. None: the row does not say."""
    if known is not None and known.status is not None:
        if known.status in life.FAILED and not code and plan.code(provider, word).catalogue:
            return known.status, word  # some words for a status are the reason, too
        return known.status, code
    if word:
        # Some reports have the error in words where others have the status.
        meaning = plan.code(provider, word)
        if meaning.catalogue and meaning.category is not Category.OK:
            return Status.UNDELIVERED, code or word
        return Status.UNMAPPED, code
    if code and plan.code(provider, code).category is not Category.OK:
        return Status.FAILED, code  # an error without a status
    return None, code


def _status_time(plan: Plan, cells: Sequence[str]) -> datetime | None:
    cell = plan.cell(cells, "status_at")
    return plan.moments.read(cell).at if cell else None


def _part(plan: Plan, cells: Sequence[str]) -> tuple[int, int]:
    """Which part of how many a row is about; 0 for the message as a whole."""
    part, parts = _whole(plan.cell(cells, "part")), _whole(plan.cell(cells, "parts"))
    if part is None or (parts or 0) < 2:
        return 0, 0
    # Where parts are counted from 0, the first one takes the last number: all that counts is that they differ.
    return part or parts or 0, parts or 0


def _whole(cell: str) -> int | None:
    text = cell.removesuffix(".0")
    return int(text) if text.isdecimal() and len(text) < 5 else None


def _measure(plan: Plan, cells: Sequence[str], request: Request) -> None:
    """Encoding and segments as the export says; where it does not, as the text measures."""
    said = plan.cell(cells, "encoding")
    encoding = _ENCODINGS.get("".join(filter(str.isalnum, said.casefold()))) if said else None
    # A messaging service reports 0 until it has chosen a sender.
    segments = _whole(plan.cell(cells, "segments")) or _whole(plan.cell(cells, "parts")) or None
    if request.body:
        found = measure(request.body)
        encoding = encoding or found.encoding
        segments = segments or found.segments
        request.units = found.units if encoding is found.encoding else None
    request.encoding = encoding.value if encoding else ""
    request.segments = segments


def text_number(body: str) -> int:
    """A number that finds the same text again, whatever its case and spacing."""
    plain = " ".join(body.split()).casefold()
    return int.from_bytes(hashlib.blake2b(plain.encode(), digest_size=8).digest(), "big", signed=True)


def _refusal(plan: Plan, row: Row, code: CodeFacts) -> Event | None:
    """The evidence that a refused send is: an opt-out was on file by then."""
    event = consent_read.message_event(plan.consent, row, inbound=False)
    if not isinstance(event, Event):
        return None  # nobody to know it of
    assert event.kind is Kind.CARRIER
    wide = code.scope in {Scope.ACCOUNT, Scope.REGISTRY}
    words = f"On a national register: {code.name or code.code}" if code.scope is Scope.REGISTRY else ""
    return replace(event, for_all_programs=wide, words=words, warnings=())
