"""One row → a send and what became of it, a reply, or why it cannot be taken. No database.

A row whose recipient cannot be read is still a send that failed, and often the reason why; a row whose reference or
time is lost cannot be told from others and goes back.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

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
from errors.intake.plan import Plan, Texts
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
    texts = plan.texts(row.cells)
    provider = (texts.provider or plan.provider).casefold()[:24]
    known = plan.word(provider, texts.status) if texts.status else None
    inbound = _is_inbound(plan, texts, known)
    if inbound is None:
        return consent_read.direction_unknown(row, texts.direction)
    if inbound:
        return consent_read.message_event(plan.consent, row, inbound=True)
    return _send(plan, row, texts, batch, provider, known)


def _is_inbound(plan: Plan, texts: Texts, status: StatusWord | None) -> bool | None:
    """None: nothing says whether we sent the message or received it."""
    if texts.direction:
        return consent_read.is_inbound(texts.direction)
    if status is not None:
        return status.is_inbound
    return None if plan.positions.get("direction") else False


def _send(
    plan: Plan, row: Row, texts: Texts, batch: ImportBatch, provider: str, known: StatusWord | None
) -> Send | Outcome:
    if not provider:
        return rejected(row, "no_provider", "Nothing says which provider sent it. Fill in the provider.")
    ref = texts.event_id
    if refused := _unusable(ref):
        return rejected(row, *refused)
    warnings: list[str] = [*row.warnings]
    sent_at = plan.sent_at(texts.at)
    if sent_at is None:
        moment = plan.moments.read(texts.at)
        sent_at = moment.at or moment.claimed_at
        if sent_at is None:
            return rejected(row, *_no_time(moment))
        warnings += [warning for warning in moment.warnings if warning == "future_timestamp"]
    region = region_of(texts.country) if texts.country else None
    recipient = _bare(texts.to)
    number = plan.numbers.read(recipient, region or plan.default_region) if recipient else NO_NUMBER
    if number.reason is Reason.SCIENTIFIC_NOTATION:
        return rejected(row, f"phone_{number.reason}", explain(number, recipient))
    if recipient and number.e164 is None:
        warnings.append("recipient_unread")
    given, doubt = _code(plan, provider, texts, row.cells)
    if doubt:
        warnings.append(doubt)
    status, given = _status(plan, provider, texts.status, known, given)
    if status is Status.UNMAPPED:
        warnings.append("status_unmapped")
    code = "" if _says_nothing(plan, provider, status, given) else given
    if plan.is_per_recipient:
        ref = f"{ref}/{(number.e164 or recipient).lstrip('+')}"[:LONGEST_REF]
    request = Request(
        submitted_at=sent_at,
        recipient="" if number.e164 else recipient[:40],
        sender=_bare(texts.from_)[:40],
        country=(region or number.region or "")[:3],
        carrier=texts.carrier[:80],
        campaign=next(iter(_listed(texts.campaign, "name")), "")[:120],
        template=texts.template[:120],
        template_version=texts.template_version[:40],
        journey=texts.journey[:120],
        route=texts.route[:80],
        other=plan.other_cells(row.cells),
        system_id=batch.system_id,
        by_report=plan.has_times_of_reports and texts.at == texts.status_at,
    )
    if given != code:
        request.other["error code"] = given
    said = texts.error_text[:200]
    if said and not code and status not in life.FAILED:
        request.other["error in words"], said = said, ""  # many providers have words for success, too
    _measure(texts, request)
    report = Report(
        provider,
        (texts.account or plan.account)[:80],
        ref,
        _event(plan, texts, status, code, said, batch) if status is not None else None,
        client_ref=texts.client_ref[:LONGEST_REF],
        request=request,
        word=texts.status,
        batch_id=batch.pk,
        line=row.line,
    )
    send = Send(row.line, number, report, tuple(warnings))
    if status is Status.UNMAPPED:
        send.unread = texts.status[:80]
    if given:
        send.code = plan.code(provider, given, texts.error_text)
        if send.code.category is Category.OPTED_OUT or given in plan.blocked_codes:
            send.refusal = _refusal(plan, row, send.code)
    return send


def _bare(address: str) -> str:
    """An address without the channel it is written with."""
    if ":" in address:
        for prefix in consent_read.CHANNEL_PREFIXES:
            address = address.removeprefix(prefix)
    return address


def _event(plan: Plan, texts: Texts, status: Status, code: str, said: str, batch: ImportBatch) -> life.Event:
    at = plan.moments.read(texts.status_at).at if texts.status_at else None
    return life.Event(status, code[:80], at, batch.as_of, *_part(texts), said)


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


def _code(plan: Plan, provider: str, texts: Texts, cells: Sequence[str]) -> tuple[str, str]:
    """The error code as text, and what is doubtful about it; of several columns the first that names an error.
    Leading zeros stay: “000” is not “0”."""
    if not texts.error_code:
        return "", ""
    filled = plan.filled(cells, "error_code")
    codes = [code for cell in filled for code in _listed(cell, "code") if normal_code(code)]
    if not codes:
        return "", ""
    telling = (code for code in codes if plan.code(provider, code).category is not Category.OK)
    code = next(telling, codes[0])
    if _SHORTENED.fullmatch(code):
        return code, "code_shortened"
    if found := _FLOAT.fullmatch(code):
        return found[1], "float_suffix"
    return code, ""


def _listed(cell: str, name: str) -> list[str]:
    """What a cell holds: itself, or the entries of a list that the export wrote as JSON; of an object its `name`."""
    if not cell.startswith("[") or "\\" in cell:  # what an escape stands for may be nothing that can be kept
        return [cell]
    try:
        entries = json.loads(cell)
    except (ValueError, RecursionError):
        return [cell]
    return [str(entry.get(name, "") if isinstance(entry, dict) else entry) for entry in entries]


def _says_nothing(plan: Plan, provider: str, status: Status | None, code: str) -> bool:
    """Whether a code is no error: many providers have one for success, too, and give it with failures that they know
    no reason for."""
    if not code:
        return False
    facts = plan.code(provider, code)
    if status in life.FAILED:
        return facts.category is Category.OK and not facts.is_notice
    return status in life.SUCCEEDED or not code.strip("0") or facts.category is Category.OK


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


def _part(texts: Texts) -> tuple[int, int]:
    """Which part of how many a row is about; 0 for the message as a whole."""
    if not texts.part:
        return 0, 0
    part, parts = _whole(texts.part), _whole(texts.parts)
    if part is None or parts is None or parts < 2:
        return 0, 0
    # Where parts are counted from 0, the first one takes the last number: all that counts is that they differ.
    return part or parts, parts


def _whole(cell: str) -> int | None:
    text = cell.removesuffix(".0")
    return int(text) if text.isdecimal() and len(text) < 5 else None


def _measure(texts: Texts, request: Request) -> None:
    """Encoding and segments as the export says; where it does not, as the text measures."""
    said = texts.encoding
    encoding = _ENCODINGS.get("".join(filter(str.isalnum, said.casefold()))) if said else None
    # A messaging service reports 0 until it has chosen a sender.
    segments = _whole(texts.segments) or _whole(texts.parts) or None
    if texts.text:
        request.body, request.body_hash = texts.text, text_number(texts.text)
        found = measure(texts.text)
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
