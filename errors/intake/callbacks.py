"""Status reports that providers hand us as they come → reports about attempts, through the one door for them.

Words and codes are read as those of a log's row are, and a send that was refused because the person had opted out is
evidence here as there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from backoffice.files.rows import Row
from backoffice.imports.importer import MappingProblem, Outcome
from backoffice.models import ImportBatch, System
from backoffice.webhooks.shapes import StatusReport, Taken
from consent.intake.inbound import mapping_of, rules_of, settle_after_commit, store_of
from consent.intake.read import Event
from errors.intake import plan as plans
from errors.intake.read import Send, read_row
from errors.intake.words import STATUSES
from errors.life import SUCCEEDED
from errors.meet import Met, meet
from errors.models import ErrorCode
from errors.record import Effect, Source, record

# One report as the row of a log. It does not tell when the message was submitted; when we heard stands in its place,
# and goes nowhere: no attempt is made of a report.
COLUMNS = (
    *(
        "event_id",
        "direction",
        "provider",
        "account",
        "client_ref",
        "from",
        "to",
        "at",
        "status_at",
        "status",
    ),
    *("error_code", "error_text", "part", "parts"),
)
EFFECTS = {
    Effect.REPORTED: "a new report about a message of the log",
    Effect.FILLED: "what the log was missing",
    Effect.KNOWN: "known already",
    Effect.PARKED: "kept until a log tells of the message it is about",
}


def take(system: System, reports: Sequence[StatusReport], *, now: datetime) -> list[Taken]:
    """Hand the reports over; what became of each, in order. In the caller's transaction; safe to run twice."""
    if not reports:
        return []
    try:
        plan = _plan(system, now)
    except MappingProblem as problem:
        return [Taken(f"{system.name}: {problem}", is_refused=True)] * len(reports)
    mapping = mapping_of(system)
    # A log whose rows name no provider has its own name for it; its messages are known by that.
    own = "" if mapping is None or mapping.columns.get("provider") else plan.provider
    read = [
        _read(plan, system, replace(report, provider=own or report.provider or plan.provider), line)
        for line, report in enumerate(reports, 1)
    ]
    sends = [one for one in read if isinstance(one, Send)]
    refusals = [send.refusal for send in sends if send.refusal is not None]
    # As the import of a log does: first the turn of the system, then that of the provider.
    store = store_of(system, rules_of(system), now) if refusals else None
    effects = record([send.report for send in sends], now=now)
    meet(
        Met(r.provider, r.event.code, r.event.received_at or now, r.attempt_key, r.event.text)
        for r in (send.report for send in sends)
        if r.event and r.event.code and r.event.status not in SUCCEEDED
    )
    if store is not None:
        store.take_events(refusals, write=True)
        settle_after_commit(refusal.number.e164 for refusal in refusals)
    words = iter(effects)
    return [_taken(one, next(words)) if isinstance(one, Send) else _not_taken(one) for one in read]


def _plan(system: System, now: datetime) -> plans.Plan:
    """What staff said about the system's logs: it holds for its reports as well. Raises MappingProblem."""
    rules = {name: value for name, value in rules_of(system).items() if name in plans.RULES}
    return plans.compile_plan(
        system,
        {name: [name] for name in COLUMNS},
        rules,
        COLUMNS,
        now=now,
        book=ErrorCode.objects.as_catalogue(),
    )


def _read(plan: plans.Plan, system: System, report: StatusReport, line: int) -> Send | Event | Outcome:
    heard = report.received_at.astimezone(UTC).replace(microsecond=0).isoformat()
    at = report.at.astimezone(UTC).isoformat() if report.at else ""
    told = (
        *(report.message_ref, "outbound", report.provider, report.account),
        *(report.client_ref, report.sender, report.to, heard, at, report.status, report.code, report.text),
        *(str(report.part or ""), str(report.parts or "")),
    )
    cells = tuple(cell.replace("\x00", "") for cell in told)
    batch = ImportBatch(system=system, as_of=report.received_at)  # never saved: no file brought it
    found = read_row(plan, Row(line, cells, len(cells), None, None, ()), batch)
    if isinstance(found, Send):
        found.report = replace(
            found.report, request=None, line=None, source=Source.CALLBACK, event_id=report.event_id
        )
    return found


def _taken(send: Send, effect: Effect) -> Taken:
    if send.report.event is None:
        return Taken("It does not say what became of the message.", is_refused=True)
    said = f"{STATUSES[send.report.event.status]}: {EFFECTS[effect]}."
    if send.refusal is not None:
        said += " The person had opted out: it stands in the ledger."
    return Taken(said)


def _not_taken(one: Event | Outcome) -> Taken:
    if isinstance(one, Outcome):
        return Taken(one.detail, is_refused=one.is_to_mend)
    return Taken("It is about a message that came in, which says nothing new.")
