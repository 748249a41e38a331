"""What another system reports of itself, one thing at a time → records, by the code that reads rows of its files and
under the same ids: what it reports and a file of it tells again counts once.

A system may say that somebody opted out, however it learned of it. That somebody opted in it may say only of its own
form, with the time and the wording that was shown; what that is worth the rules decide. It never sets a status.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction

from backoffice.models import Bucket, System
from consent.intake.inbound import store_of
from consent.intake.read import Event
from consent.ledger import Act, Kind, Precision
from consent.models import ConsentRecord, Program, Wording
from consent.moments import Moment, read_moment
from consent.numbers import explain, read_number
from consent.send_check import country_of


class Channel(StrEnum):
    """Through what the person said it."""

    FORM = "form"
    EMAIL = "email"
    CALL = "call"
    COMPLAINT = "complaint"
    WRONG_NUMBER = "wrong_number"
    OTHER = "other"


_KINDS = {
    Channel.FORM: Kind.FORM,
    Channel.COMPLAINT: Kind.COMPLAINT,
    Channel.WRONG_NUMBER: Kind.WRONG_NUMBER,
}


class NotTaken(Exception):
    """A report that cannot be a record: `field` is what is wrong with it; nothing was written."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(what)
        self.field = field
        self.what = what


class SaidOtherwise(Exception):
    """This system reported something else under the same id; that stands."""


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that a system reports. Texts as it wrote them; "" where it says nothing."""

    id: str
    number: str
    act: Act  # grant or revoke
    channel: Channel
    program: str = ""
    sender: str = ""
    at: str = ""
    wording: str = ""
    reference: str = ""
    words: str = ""


class Kept(NamedTuple):
    """The record of a report, and what is doubtful about it."""

    record: int
    warnings: tuple[str, ...]


@transaction.atomic
def take(system: System, report: Report, *, now: datetime) -> Kept:
    """Make a record of the report, in one transaction with the note that its number has news. Told twice, the second
    time finds the first. Raises NotTaken, SaidOtherwise."""
    found = Program.objects.filter(code=report.program)
    # Nobody opts in to what is over; out of it they still may.
    programs = {program.code: program for program in found if program.is_active or report.act is Act.REVOKE}
    event = _event(system, report, programs, now)
    wordings = {wording.code: wording for wording in Wording.objects.filter(code=report.wording)}
    store = replace(store_of(system, {}, now, programs), wordings=wordings, zone=system.time_zone)
    [outcome] = store.take_events([event], write=True)
    if outcome.bucket == Bucket.HELD:
        raise NotTaken("program", f"There is no program “{report.program}”, or it is no longer in use.")
    if outcome.reason == "not_ours":
        raise NotTaken("number", outcome.detail)
    record = _standing(system, report.id)
    if outcome.bucket == Bucket.UNCHANGED and _content(record) != _content_of(event):
        raise SaidOtherwise(report.id)
    warnings = (*event.warnings, *(["wording_unknown"] if record.wording_note else []))
    return Kept(record.pk, tuple(dict.fromkeys(warnings)))


def _event(system: System, report: Report, programs: Mapping[str, Program], now: datetime) -> Event:
    cell = read_number(report.number, country_of(system))
    if cell.e164 is None:
        what = explain(cell, report.number) if report.number.strip() else "There is no number in it."
        raise NotTaken("number", what)
    moment = _moment(system, report.at, now)
    if report.act is Act.GRANT:
        _check_grant(report, moment)
    # An opt-out of a program that nobody knows is one all the same; what it names cannot narrow it.
    is_lost = report.act is Act.REVOKE and bool(report.program) and report.program not in programs
    program = None if is_lost else report.program or None
    return Event(
        line=1,
        number=cell,
        act=report.act,
        kind=_kind(report),
        moment=moment,
        event_id=report.id,
        warnings=(
            *cell.warnings,
            *(moment.warnings if report.at else ()),
            *(("program_unknown",) if is_lost else ()),
        ),
        program=program,
        for_all_programs=report.act is Act.REVOKE and not (program or report.sender),
        sender=report.sender,
        words=report.words,
        wording=report.wording,
        reference=report.reference,
    )


def _moment(system: System, text: str, now: datetime) -> Moment:
    zone = ZoneInfo(system.time_zone) if system.time_zone else None
    return read_moment(text, zone=zone, order=None, now=now)


def _check_grant(report: Report, moment: Moment) -> None:
    if report.channel is not Channel.FORM:
        raise NotTaken(
            "channel",
            "An opt-in can be reported of a form only. What comes from the phone itself counts as a message: send it "
            "as a webhook or with the log of messages.",
        )
    if moment.at is None or moment.precision is not Precision.SECOND:
        raise NotTaken(
            "at",
            f"“{report.at[:40]}” is no moment that has passed. An opt-in needs its time with zone, like "
            "2026-03-01T14:05:00-05:00.",
        )
    if not report.wording:
        raise NotTaken("wording", "An opt-in needs the code of the wording that was shown.")
    if not report.program:
        raise NotTaken("program", "An opt-in is for one program: name it.")


def _kind(report: Report) -> Kind:
    if kind := _KINDS.get(report.channel):
        return kind
    # A call or a letter that can be looked up counts more than one that cannot.
    return Kind.CHANNEL_LOGGED if report.reference else Kind.CHANNEL


def _standing(system: System, report_id: str) -> ConsentRecord:
    """The record that counts under this id. Of one that a voided file brought, the one that came after it."""
    ids = [report_id, *(f"{report_id[:90]}~{turn}" for turn in range(1, 10))]
    rows = ConsentRecord.objects.effective().filter(system=system, source_event_id__in=ids)
    found: ConsentRecord = rows.select_related("number", "program", "wording").order_by("-pk")[0]
    return found


def _content(record: ConsentRecord) -> tuple[Any, ...]:
    """What a report says, as its record keeps it."""
    assert record.number is not None
    return (
        *(record.number.e164, record.act, record.kind, record.program.code if record.program else ""),
        *(
            record.sender,
            record.occurred_text,
            record.wording.code if record.wording else record.wording_note,
        ),
        *(record.reference, record.words),
    )


def _content_of(event: Event) -> tuple[Any, ...]:
    return (
        *(event.number.e164, event.act.value, event.kind.value, event.program or ""),
        *(event.sender, event.moment.text[:80], event.wording),
        *(event.reference, event.words),
    )
