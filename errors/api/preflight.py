"""The check before the send, for other systems: one message, or one text and the list that is to get it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, PlainValidator, StrictBool, WithJsonSchema, model_validator

from backoffice.api import Call, Problem, Scope, Strict, endpoint
from backoffice.asked import Unreadable
from backoffice.files.unreadable import Unreadable as UnreadableFile
from errors.asked import finding_as_json, message_of, recent_of
from errors.audience import MOST_ROWS, Audience, Row, is_of_text, judge, numbers_in, read_audience
from errors.encoding import Encoding, measure, money
from errors.preflight import Code, Consent, Finding, Message, Sent, Severity, Verdict, check, verdict
from errors.preflight.recipient import read_recipient
from errors.recipients import Recipient, branded, programs_of, recipients
from errors.rulebook import day_of, in_force

Short = Annotated[str, Field(max_length=120)]
MOST_CHARACTERS = 5_000


def _text(given: Any) -> str:
    """A text as it is, halves of emoji included: that one is cut is for the check to say."""
    if not isinstance(given, str):
        raise ValueError("Input should be a string")
    if len(given) > MOST_CHARACTERS:
        raise ValueError(f"String should have at most {MOST_CHARACTERS} characters")
    return given


Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string", "maxLength": MOST_CHARACTERS})]
Moment = Annotated[
    str,
    Field(
        max_length=40,
        description="2026-03-10T12:00+01:00 is a moment; without a zone it is the recipient's own time.",
    ),
]


class EarlierText(Strict):
    """A text that went to the same number or contact lately, by a system whose log is not in ours."""

    to: Short
    sender: Short = ""
    message: Text = ""
    at: Moment
    purpose: Short | None = None
    outcome: Short | None = Field(None, description="sent, failed or unknown.")
    contact: Short | None = None
    campaign: Short | None = None
    step: Short | None = None
    command: Short | None = None


class MediaFile(Strict):
    type: Short
    bytes: int = Field(ge=0)


class OfAudience(Strict):
    """One recipient of a list."""

    to: Annotated[str, Field(max_length=64)]
    country: Annotated[str, Field(max_length=8)] | None = None


class PreflightRequest(Strict):
    """A text with what is known about its sending. With `to` it is one message; with `audience` or `csv` a list that
    is to get the same text. Of numbers that are in our records, our records say what was agreed; `consent` is for the
    others."""

    id: str | int | None = Field(None, description="Comes back in the answer.")
    message: Text = Field(description="The text, its fields filled in.")
    to: str | list[Short] | None = Field(None, description="The recipient's number, best in E.164.")
    audience: list[OfAudience | Annotated[str, Field(max_length=64)]] | None = Field(
        None, min_length=1, max_length=MOST_ROWS, description="Numbers, with their countries where known."
    )
    csv: str | None = Field(
        None,
        description="The list as what stands in a CSV file: with a column “number” and perhaps one “country”, or "
        f"with numbers alone; {MOST_ROWS:,} rows at most.",
    )
    sender: Annotated[str, Field(max_length=40)] = ""
    purpose: Short = Field(description="marketing, transactional or otp.")
    consent: Short | None = Field(None, description="opted_in, opted_out, pending, transactional, none …")
    country: Annotated[str, Field(max_length=8)] | None = None
    state: Annotated[str, Field(max_length=8)] | None = None
    provider: Short | None = None
    sender_registered: StrictBool | None = None
    at: Moment | None = None
    consent_at: Moment | None = None
    opted_out_at: Moment | None = None
    held: StrictBool | None = None
    brand: Short | None = None
    values: dict[str, str] | None = Field(None, description="What was filled into the fields of the text.")
    folded: StrictBool | None = Field(None, description="The provider writes plain quotation marks itself.")
    media: list[MediaFile] | None = Field(None, max_length=50)
    dlt_entity: Short | None = None
    dlt_template: Short | None = None
    contact: Short | None = None
    campaign: Short | None = None
    step: Short | None = None
    command: Short | None = None
    automatic: StrictBool | None = None
    recent: list[EarlierText] | None = Field(None, max_length=200)
    price: Decimal | None = Field(None, ge=0, le=1000, description="Of one segment; the answer has the cost.")

    @model_validator(mode="after")
    def one_or_many(self) -> PreflightRequest:
        if sum(given is not None for given in (self.to, self.audience, self.csv)) > 1:
            raise ValueError("give one of them: “to” for one recipient, “audience” or “csv” for a list")
        return self


class FindingAnswer(BaseModel):
    code: Code
    severity: Severity
    message: str = Field(description="What is wrong, and where.")
    remedy: str
    places: list[tuple[int, int]] = Field(description="[begin, end) in the text; the first character is 0.")


class Measured(BaseModel):
    encoding: Encoding
    segments: int
    units: int


class RecipientAnswer(BaseModel):
    """What our records say of a number that they know."""

    consent: Consent
    held: bool


class RowAnswer(BaseModel):
    line: int = Field(description="Its place in the list from 1 on; its line in what was given as CSV.")
    to: str
    number: str | None = Field(description="In E.164 form; null where none could be read.")
    verdict: Verdict
    codes: list[str] = Field(
        description="Besides codes of findings: file.repeated, a number that was there before."
    )


class Count(BaseModel):
    code: str
    severity: Severity
    rows: int
    remedy: str


class AudienceAnswer(BaseModel):
    """The list. What is wrong with the text itself holds for every row and is in none of these counts."""

    rows: int
    known: int = Field(description="Rows whose number is in our records.")
    verdicts: dict[Verdict, int]
    counts: list[Count]
    segments: int = Field(description="Of those that may get it or are doubtful, together.")
    cost: str | None
    recipients: list[RowAnswer] = Field(description="One for each of the list, in its order.")


class PreflightAnswer(BaseModel):
    id: str | int | None
    verdict: Verdict = Field(description="Of the message; with an audience, of its text alone.")
    findings: list[FindingAnswer]
    text: Measured
    cost: str | None = Field(description="Of one message, where a price was given.")
    recipient: RecipientAnswer | None
    audience: AudienceAnswer | None


@endpoint(
    "POST",
    scope=Scope.PREFLIGHT,
    body=PreflightRequest,
    answer=PreflightAnswer,
    summary="What is wrong with this message before it is sent?",
)
def preflight(call: Call[PreflightRequest]) -> dict[str, Any]:
    """Answers as the page “Check a message” does: pass, warn or block, with each finding, its place and its remedy.
    Nothing of the request is stored."""
    asked = call.body
    message, recent = _read(asked)
    programs = programs_of(message.sender)
    message = branded(message, programs)
    found = measure(message.body)
    answer: dict[str, Any] = {
        "id": asked.id,
        "text": {"encoding": found.encoding, "segments": found.segments, "units": found.units},
        "cost": _cost(asked.price, found.segments),
        "recipient": None,
        "audience": None,
    }
    rules = in_force(day_of(message.at, call.now))
    rows = _rows(asked)
    if rows is not None:
        numbers = numbers_in(rows, message)
        known = recipients({cell.e164 for cell in numbers.values() if cell.e164}, programs, now=call.now)
        audience = judge(rows, numbers, message, known, rules, call.now)
        unheard = replace(message, consent=Consent.OPTED_IN, held=False)
        of_text = [one for one in check(unheard, rules, now=call.now) if is_of_text(one)]
        return (
            answer
            | _verdict(of_text)
            | {"audience": _audience(audience, len(known), found.segments, asked.price)}
        )
    recipient = _recipient(message, programs, call.now)
    if recipient is not None:
        message = replace(message, consent=recipient.consent, held=recipient.held or message.held)
        recent = [*recent, *recipient.recent]
        answer["recipient"] = {"consent": recipient.consent, "held": recipient.held}
    return answer | _verdict(check(message, rules, now=call.now, recent=recent))


def _read(asked: PreflightRequest) -> tuple[Message, list[Sent]]:
    """Raises Problem for words that nobody knows."""
    given = asked.model_dump(exclude_none=True, exclude={"id", "audience", "csv", "price"})
    inside = ""  # of the body: which object is being read
    try:
        message, recent = message_of(given), []
        for place, earlier in enumerate(given.get("recent", ())):
            inside = f"/recent/{place}"
            recent += recent_of({"recent": [earlier], "country": given.get("country")})
    except Unreadable as problem:
        named = str(problem).partition('"')[2].partition('"')[0]
        known = EarlierText.model_fields if inside else type(asked).model_fields
        where = [(f"{inside}/{named}" if named in known else inside, str(problem))]
        raise Problem(422, "does_not_fit", str(problem), "Write it as the description says.", where) from None
    return message, recent


def _rows(asked: PreflightRequest) -> list[Row] | None:
    """The list, None where there is a single recipient. Raises Problem for a CSV that is no list of numbers."""
    if asked.audience is not None:
        return [_row(place, one) for place, one in enumerate(asked.audience, 1)]
    if asked.csv is None:
        return None
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:  # gone when it was read
        file.write(asked.csv.encode(errors="replace"))
        file.flush()
        try:
            return read_audience(Path(file.name))
        except UnreadableFile as problem:
            where = [("/csv", f"{problem.what}, {problem.where}.")]
            raise Problem(422, "does_not_fit", f"{problem.what}.", problem.mend, where) from None


def _row(place: int, one: OfAudience | str) -> Row:
    return Row(place, one, "") if isinstance(one, str) else Row(place, one.to, one.country or "")


def _recipient(message: Message, programs: Sequence[Any], now: datetime) -> Recipient | None:
    e164 = read_recipient(message).e164
    return recipients([e164], programs, now=now).get(e164) if e164 else None


def _verdict(found: Sequence[Finding]) -> dict[str, Any]:
    return {"verdict": verdict(found), "findings": [finding_as_json(finding) for finding in found]}


def _audience(audience: Audience, known: int, segments: int, price: Decimal | None) -> dict[str, Any]:
    whole = audience.may_go * segments
    return {
        "rows": len(audience.judged),
        "known": known,
        "verdicts": audience.verdicts,
        "counts": [
            {"code": reason.code, "severity": reason.severity, "rows": count, "remedy": reason.remedy}
            for reason, count in audience.reasons
        ],
        "segments": whole,
        "cost": _cost(price, whole),
        "recipients": [
            {
                "line": one.row.line,
                "to": one.row.to,
                "number": one.e164,
                "verdict": one.verdict,
                "codes": [reason.code for reason in one.reasons],
            }
            for one in audience.judged
        ],
    }


def _cost(price: Decimal | None, segments: int) -> str | None:
    return None if price is None else money(price, segments)
