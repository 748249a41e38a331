"""Sends of a log as columns, for tests of the judgement without a database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from errors.preflight import Consent, Purpose
from errors.replay.claims import Failure
from errors.replay.judge import CONSENTS, PURPOSES, Words
from errors.replay.sends import NONE, Ended, Sends

NOW = datetime(2026, 3, 10, 17, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One send as a log has it; `text` None: not kept any more."""

    to: str = "+14155552671"
    text: str | None = "Acme: 10% off today. Reply STOP to opt out"
    sender: str = "+14155550100"
    country: str = "US"
    provider: str = "twilio"
    campaign: str = ""
    template: str = ""
    purpose: Purpose = Purpose.MARKETING
    consent: Consent | None = Consent.OPTED_IN
    held: bool = False
    automatic: bool = False
    at: datetime = NOW
    ended_at: datetime | None = None
    code: str | None = None  # None: it arrived
    ended: Ended | None = None
    is_unknown: bool = False
    handed_over: bool = True
    same: Any = ""  # "": as the text; None: never known


def sends_of(words: Words, rows: Sequence[Row], *, first: int = 1) -> Sends:
    """Keys count from `first`."""

    def column(values: Any, kind: Any = np.int64) -> Any:
        return np.array(list(values), kind)

    def ended(row: Row) -> Ended:
        return row.ended if row.ended is not None else Ended.DELIVERED if row.code is None else Ended.FAILED

    return Sends(
        pk=column(range(first, first + len(rows))),
        at=column(int(row.at.timestamp()) for row in rows),
        ended_at=column(int((row.ended_at or row.at).timestamp()) for row in rows),
        ended=column(ended(row) for row in rows),
        is_unknown=column((row.is_unknown for row in rows), bool),
        was_handed_over=column((row.handed_over for row in rows), bool),
        person=words.person.places(row.to for row in rows),
        sender=words.sender.places(row.sender for row in rows),
        country=words.country.places(row.country for row in rows),
        provider=words.provider.places(row.provider for row in rows),
        campaign=words.campaign.places(row.campaign for row in rows),
        template=words.template.places(row.template for row in rows),
        text=column(NONE if row.text is None else words.text.place(row.text) for row in rows),
        same_text=column(NONE if row.same is None else hash(row.same or row.text) for row in rows),
        purpose=column(PURPOSES.index(row.purpose) for row in rows),
        consent=column(NONE if row.consent is None else CONSENTS.index(row.consent) for row in rows),
        is_held=column((row.held for row in rows), bool),
        is_automatic=column((row.automatic for row in rows), bool),
        failure=column(
            NONE if row.code is None else words.failure.place(Failure(row.provider, row.code)) for row in rows
        ),
    )
