"""Who must not be texted: for systems that keep a list of their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from backoffice.api import Call, Problem, Scope, Strict, endpoint
from consent.api.send_checks import ProgramCode
from consent.models import Program
from consent.send_check import Answer, Why
from consent.suppressions import Listed, NotACursor, page

EARLY = timedelta(minutes=1)  # so that clocks may differ; to hear of a change twice does no harm


def _of_our_time(moment: datetime) -> datetime:
    """At either end of the calendar another zone's year has no number."""
    if not 1970 <= moment.year < 2200:
        raise ValueError("Input should be between the years 1970 and 2200")
    return moment


class SuppressionQuery(Strict):
    """Which part of which list."""

    program: ProgramCode
    cursor: str = Field("", max_length=80, description="From the last answer: on from there.")
    since: Annotated[AwareDatetime, AfterValidator(_of_our_time)] | None = Field(
        None, description="Only changes since this moment, with zone. For clients that kept no cursor."
    )
    limit: int = Field(5_000, ge=1, le=10_000)


class Suppression(BaseModel):
    """One number, as it stands when it is read."""

    number: str
    suppressed: bool = Field(description="False: it was on the list, and no longer is.")
    answer: Answer
    reasons: list[Why]
    status: str | None
    flag: str | None


class Suppressions(BaseModel):
    """A part of the list."""

    program: str
    program_active: bool = Field(description="False: nobody is to be texted under it at all.")
    as_of: AwareDatetime = Field(description="A moment that can be given as `since`.")
    items: list[Suppression]
    cursor: str = Field(description="Give it with the next call; keep it.")
    more: bool = Field(description="Call again at once. False: you are up to date; call again when you like.")


@endpoint(
    "GET",
    scope=Scope.SUPPRESSIONS,
    query=SuppressionQuery,
    answer=Suppressions,
    summary="Numbers that must not be texted, and what changed",
)
def suppressions(call: Call[None]) -> dict[str, Any]:
    """First call without cursor: the whole list, page by page while `more` is true. The cursor of the last page gives,
    from then on, what changed: numbers that came on the list and numbers that left it. No change is left out, whatever
    is written meanwhile; some may come twice. The list holds what was weighed: the last seconds are known to
    send-checks only, and a number that is not on it is no permission."""
    query: SuppressionQuery = call.query
    program = Program.objects.filter(code=query.program).first()
    if program is None:
        what = f"There is no program “{query.program}”."
        raise Problem(422, "program_unknown", what, "Give a program's code.", [("/program", what)])
    try:
        found = page(program, size=query.limit, now=call.now, cursor=query.cursor, since=query.since)
    except NotACursor as refusal:
        what = "This cursor is damaged, or of another program's list."
        raise Problem(
            422, "cursor_unknown", what, "Begin again without cursor.", [("/cursor", what)]
        ) from refusal
    return {
        "program": program.code,
        "program_active": program.is_active,
        # Without a plus sign: in an address that would be a space.
        "as_of": (call.now - EARLY).isoformat().replace("+00:00", "Z"),
        "items": [_item(listed) for listed in found.items],
        "cursor": found.cursor,
        "more": found.more,
    }


def _item(listed: Listed) -> dict[str, Any]:
    return {
        "number": listed.number,
        "suppressed": listed.is_suppressed,
        "answer": listed.verdict.answer,
        "reasons": listed.verdict.why,
        "status": listed.verdict.status,
        "flag": listed.verdict.flag,
    }
