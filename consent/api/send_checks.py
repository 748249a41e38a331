"""May these be texted? The question that is asked before every send."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from backoffice.api import Call, Scope, Strict, endpoint
from consent.send_check import Answer, Why, check, country_of, refused

MOST = 10_000

ProgramCode = Annotated[
    str, Field(pattern=r"^[-a-zA-Z0-9_]{1,50}$", description="Code of the program, e.g. promo.")
]
SenderAddress = Annotated[
    str,
    Field(pattern=r"^[^\x00-\x1f]{1,20}$", description="One of the program's senders, as in its settings."),
]


class SendChecks(Strict):
    """Numbers of one program, and optionally the sender they would get the text from."""

    program: ProgramCode
    sender: SenderAddress | None = None
    numbers: list[Annotated[str, Field(max_length=64)]] = Field(
        min_length=1,
        max_length=MOST,
        description="Best in E.164, e.g. +14155550100. A number without its country is read as one of the country "
        "that the token's system has in its settings; without such a setting it is held.",
    )


class SendCheck(BaseModel):
    """The answer for one number."""

    number: str = Field(description="As it was sent.")
    answer: Answer = Field(description="Send only on “allow”.")
    reasons: list[Why]
    status: str | None = Field(description="The agreed status, where there is one.")
    status_reason: str | None
    record: str | None = Field(description="The record that decided: c… of the ledger, r… a reading.")
    flag: str | None = Field(description="The code of the flag that pauses it, where one does.")
    valid_until: datetime = Field(description="Ask again after this.")


class SendCheckAnswers(BaseModel):
    """One answer for each number, in the order they were sent."""

    checked_at: datetime
    program: str
    sender: str | None
    answers: list[SendCheck]


@endpoint(
    "POST",
    scope=Scope.SEND_CHECKS,
    body=SendChecks,
    answer=SendCheckAnswers,
    summary="May these numbers be texted?",
    proves_token=True,
)
def send_checks(call: Call[SendChecks]) -> dict[str, Any]:
    """Answers allow, hold or block for each number. Anything that is unknown, unreadable or in doubt is held. An
    opt-out changes the answer with the transaction that stores it. If no answer comes within your time limit, hold."""
    asked = call.body
    verdicts = check(
        asked.numbers,
        asked.program,
        asked.sender,
        token_id=call.token.pk,
        region=lambda: country_of(call.token.system),
        now=call.now,
    )
    if verdicts is None:
        call.prove()
        verdicts = [refused(Why.PROGRAM_UNKNOWN, call.now)] * len(asked.numbers)
    # Most answers hold until the same moment: it is written once.
    moments = {until: until.isoformat() for until in {verdict.valid_until for verdict in verdicts}}
    return {
        "checked_at": call.now.isoformat(),
        "program": asked.program,
        "sender": asked.sender,
        "answers": [
            {
                "number": number,
                "answer": verdict.answer,
                "reasons": verdict.why,
                "status": verdict.status,
                "status_reason": verdict.reason,
                "record": verdict.record,
                "flag": verdict.flag,
                "valid_until": moments[verdict.valid_until],
            }
            for number, verdict in zip(asked.numbers, verdicts, strict=True)
        ],
    }
