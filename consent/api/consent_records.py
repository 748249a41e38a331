"""Other systems report what people told them: each report once, however often it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from django.db import IntegrityError, transaction
from pydantic import BaseModel, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from backoffice.api import Call, Problem, Scope, Strict, endpoint
from backoffice.api.body import pointer
from consent import reconcile
from consent.api.send_checks import ProgramCode, SenderAddress
from consent.intake.report import Channel, Kept, NotTaken, Report, SaidOtherwise, take
from consent.ledger import Act

MOST = 1_000
NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"


class ConsentReport(Strict):
    """One thing that a person did. An opt-out in any way it reached you, as soon as it did; an opt-in only from your
    own form, with time and wording."""

    id: Annotated[str, Field(min_length=1, max_length=90, pattern=NO_CONTROLS)] = Field(
        description="Yours, for ever the same for this event: with it a report may be sent again without harm."
    )
    number: Annotated[str, Field(max_length=64, pattern=NO_CONTROLS)]
    act: Literal["grant", "revoke"] = Field(
        description="A YES or START from the phone is neither: it counts as a message, by webhook or log."
    )
    channel: Channel = Channel.FORM
    program: ProgramCode | None = Field(
        None, description="Needed for an opt-in. An opt-out without program and sender is for all programs."
    )
    sender: SenderAddress | None = Field(
        None, description="Of an opt-out: the sender it was said to; its programs are stopped."
    )
    at: Annotated[str, Field(max_length=80, pattern=NO_CONTROLS)] = Field(
        "",
        description="When, with zone: 2026-03-01T14:05:00-05:00. An opt-out is kept whatever stands here.",
    )
    wording: Annotated[str, Field(max_length=60, pattern=NO_CONTROLS)] = Field(
        "", description="Of an opt-in: code of the wording that was shown."
    )
    reference: Annotated[str, Field(max_length=200, pattern=NO_CONTROLS)] = Field(
        "", description="Ticket, call id or page: where it can be looked up."
    )
    words: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")] = Field(
        "", description="What the person wrote or said."
    )

    def as_report(self) -> Report:
        given = {**self.model_dump(), "act": Act(self.act)}
        return Report(**{**given, "program": self.program or "", "sender": self.sender or ""})


@dataclass(frozen=True, slots=True)
class Misfit:
    """A report that does not fit its description. It must not take the others with it: one may be an opt-out."""

    id: str
    detail: str
    field: str  # where in the report, as a JSON pointer; "" for the whole of it


def _apart(given: Any, fit: ValidatorFunctionWrapHandler) -> ConsentReport | Misfit:
    try:
        found: ConsentReport = fit(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        named = given.get("id") if isinstance(given, dict) else None
        return Misfit(named[:90] if isinstance(named, str) else "", first["msg"], pointer(first["loc"]))
    return found


class ConsentReports(Strict):
    """One or many. Each is kept or refused for itself."""

    records: list[Annotated[ConsentReport, WrapValidator(_apart)]] = Field(min_length=1, max_length=MOST)


class Outcome(BaseModel):
    """What became of one report: 200 recorded, now or when it came first; 409 another report has that id; 422 not
    taken."""

    id: str
    status: Literal[200, 409, 422]
    record: str | None = Field(description="The record in the ledger.")
    warnings: list[str] = Field(description="What is doubtful about it; it was kept all the same.")
    detail: str = Field(description="Why it was not taken.")
    pointer: str = Field(description="Where, as a JSON pointer into the request.")


class Outcomes(BaseModel):
    """One outcome for each report, in their order."""

    records: list[Outcome]


@endpoint(
    "POST",
    scope=Scope.CONSENT_WRITE,
    body=ConsentReports,
    answer=Outcomes,
    summary="Report opt-outs and opt-ins",
    problems={"409": "The only report of the request has the id of another one, with other content."},
)
def consent_records(call: Call[ConsentReports]) -> dict[str, Any]:
    """Each report becomes a record of the ledger in a transaction of its own. From then on send checks hold its number,
    until it is weighed a moment later. The same id with the same content is answered as the first time; with other
    content it is refused (409) and the first stands. If the only report of a request is not taken, its status is the
    answer's; of several each has its own. No report sets a status."""
    outcomes = [_outcome(call, place, report) for place, report in enumerate(call.body.records)]
    if any(outcome["record"] for outcome in outcomes):
        transaction.on_commit(lambda: reconcile.ring(trigger="import"))
    if len(outcomes) == 1 and outcomes[0]["status"] != 200:
        raise _problem(outcomes[0])
    return {"records": outcomes}


def _outcome(call: Call[ConsentReports], place: int, report: ConsentReport | Misfit) -> dict[str, Any]:
    if isinstance(report, Misfit):
        return _said(report, 422, detail=report.detail, pointer=f"/records/{place}{report.field}")
    try:
        kept = _taken(call, report.as_report())
    except SaidOtherwise:
        what = f"Another report has the id “{report.id}”, with other content; that one stands."
        return _said(report, 409, detail=what, pointer=f"/records/{place}/id")
    except NotTaken as refusal:
        return _said(report, 422, detail=refusal.what, pointer=f"/records/{place}/{refusal.field}")
    return _said(report, 200, kept)


def _taken(call: Call[ConsentReports], report: Report) -> Kept:
    """Raises NotTaken, SaidOtherwise."""
    try:
        return take(call.token.system, report, now=call.now)
    except IntegrityError:  # another request reported under this id meanwhile: now it is known
        return take(call.token.system, report, now=call.now)


def _said(
    report: ConsentReport | Misfit,
    status: int,
    kept: Kept | None = None,
    *,
    detail: str = "",
    pointer: str = "",
) -> dict[str, Any]:
    return {
        "id": report.id,
        "status": status,
        "record": f"c{kept.record}" if kept else None,
        "warnings": list(kept.warnings) if kept else [],
        "detail": detail,
        "pointer": pointer,
    }


def _problem(outcome: dict[str, Any]) -> Problem:
    is_taken = outcome["status"] == 409
    return Problem(
        outcome["status"],
        "id_taken" if is_taken else "not_taken",
        outcome["detail"],
        "Give a new event an id of its own." if is_taken else "Mend that place and send it again.",
        [(outcome["pointer"], outcome["detail"])],
    )
