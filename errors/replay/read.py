"""From the rows of the log to columns: the only door from the database to the judgement of the rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.db.models import Q

from consent.ledger import bare_sender
from errors import life
from errors.models import ErrorCode, SendAttempt
from errors.preflight import Purpose
from errors.recipients import NOT_SENT, UNKNOWN, marketing_senders
from errors.replay.agreed import Asked, Ledger
from errors.replay.claims import CategoryOf, Failure
from errors.replay.judge import CONSENTS, PURPOSES, Words
from errors.replay.repeats import WINDOW
from errors.replay.sends import NONE, Column, Ended, Sends

CHUNK: Final = 20_000  # sends; at a thousand a second, the slowest there is, far less than a lease
_FIELDS: Final = (
    *("pk", "submitted_at", "number_id", "number__e164", "recipient", "sender", "country", "provider"),
    *(
        "campaign",
        "template",
        "body",
        "body_hash",
        "status",
        "is_failed",
        "error_code",
        "status_at",
        "journey",
    ),
)
_SUCCEEDED = frozenset(status.value for status in life.SUCCEEDED)
_UNKNOWN = frozenset(status.value for status in UNKNOWN)


@dataclass
class Log:
    """The log of a stretch of time, chunk by chunk. `with_consent`: what people had agreed to is looked up."""

    starts_at: datetime
    ends_at: datetime
    words: Words = field(default_factory=Words)
    with_consent: bool = True
    chunk: int = CHUNK

    def __post_init__(self) -> None:
        self._loud = marketing_senders()
        self._repeatable = set(settings.MAY_REPEAT_TEMPLATES)
        self._ledger = Ledger() if self.with_consent else None
        self._purposes: dict[tuple[str, str], int] = {}

    def chunks(self, after: tuple[datetime, int] | None = None) -> Iterator[tuple[Sends, datetime, int]]:
        """The sends in order, each chunk with the time and key of its last; from behind `after`."""
        while True:
            rows = list(self._rows(after)[: self.chunk])
            if not rows:
                return
            after = (rows[-1][1], rows[-1][0])
            yield self.sends(rows), *after
            if len(rows) < self.chunk:
                return

    def before(self, moment: datetime, pk: int = 0) -> Iterator[Sends]:
        """What had been sent in the two days before, without its texts: later sends may repeat it."""
        earlier = Q(submitted_at__lt=moment) | Q(submitted_at=moment, pk__lte=pk)
        found = SendAttempt.objects.filter(earlier, submitted_at__gte=moment - WINDOW)
        rows = found.order_by("submitted_at", "pk").values_list(*_FIELDS).iterator(self.chunk)
        while some := list(islice(rows, self.chunk)):
            yield self.sends(some, ask=False)

    def _rows(self, after: tuple[datetime, int] | None) -> Any:
        rows = SendAttempt.objects.between(self.starts_at, self.ends_at)
        if after is not None:
            at, pk = after
            # The first condition is the index's; the second leaves out what was counted of that very moment.
            rows = rows.filter(submitted_at__gte=at).filter(Q(submitted_at__gt=at) | Q(pk__gt=pk))
        return rows.order_by("submitted_at", "pk").values_list(*_FIELDS)

    def sends(self, rows: Sequence[tuple[Any, ...]], *, ask: bool = True) -> Sends:
        """Rows of _FIELDS as columns; not `ask`ed, without consent and texts."""
        columns = list(zip(*rows, strict=True)) or [()] * len(_FIELDS)
        # fmt: off
        (pk, submitted, number, e164, recipient, sender, country, provider, campaign, template, body, body_hash,
         status, is_failed, code, status_at, journey) = columns
        # fmt: on
        words = self.words
        consent, held = self._consent(number, sender, submitted) if ask else _not_asked(len(rows))
        ended = [
            Ended.FAILED if failed else Ended.DELIVERED if now in _SUCCEEDED else Ended.NEITHER
            for failed, now in zip(is_failed, status, strict=True)
        ]
        return Sends(
            pk=np.array(pk, np.int64),
            at=_seconds(submitted),
            ended_at=_seconds(status_at),
            ended=np.array(ended, np.int64),
            is_unknown=np.array([now in _UNKNOWN for now in status], bool),
            was_handed_over=np.array([now not in NOT_SENT for now in status], bool),
            person=words.person.places(known or raw for known, raw in zip(e164, recipient, strict=True)),
            sender=words.sender.places(sender),
            country=words.country.places(country),
            provider=words.provider.places(provider),
            campaign=words.campaign.places(campaign),
            template=words.template.places(template),
            text=np.array([words.text.place(text) if text and ask else NONE for text in body], np.int64),
            same_text=np.array([NONE if same is None else same for same in body_hash], np.int64),
            purpose=np.array(list(map(self._purpose, sender, template)), np.int64),
            consent=consent,
            is_held=held,
            is_automatic=np.array([bool(name) for name in journey], bool),
            failure=np.array(
                [
                    words.failure.place(Failure(who, what)) if failed else NONE
                    for who, what, failed in zip(provider, code, is_failed, strict=True)
                ],
                np.int64,
            ),
        )

    def _purpose(self, sender: str, template: str) -> int:
        """As errors.recipients tells it of earlier texts."""
        key = (sender, template if template in self._repeatable else "")
        if key not in self._purposes:
            purpose = Purpose.MARKETING if bare_sender(sender) in self._loud else Purpose.TRANSACTIONAL
            self._purposes[key] = PURPOSES.index(Purpose.OTP if key[1] else purpose)
        return self._purposes[key]

    def _consent(
        self, numbers: Sequence[int | None], senders: Sequence[str], at: Sequence[datetime]
    ) -> tuple[Column, Column]:
        consent, held = _not_asked(len(numbers))
        if self._ledger is None:
            return consent, held
        asked = [
            Asked(place, number, sender, when)
            for place, (number, sender, when) in enumerate(zip(numbers, senders, at, strict=True))
            if number is not None
        ]
        for answer in self._ledger.answer(asked):
            consent[answer.place] = CONSENTS.index(answer.consent)
            held[answer.place] = answer.is_held
        return consent, held


def _not_asked(count: int) -> tuple[Column, Column]:
    return np.full(count, NONE, np.int64), np.zeros(count, bool)


def _seconds(moments: Sequence[datetime | None]) -> Column:
    return np.array([int(moment.timestamp()) if moment else 0 for moment in moments], np.int64)


def category_of() -> CategoryOf:
    """What failures mean here and today, each looked up once."""
    book = ErrorCode.objects.as_catalogue()
    known: dict[Failure, Any] = {}

    def look_up(failure: Failure) -> Any:
        if failure not in known:
            known[failure] = book.look_up(failure.provider, failure.code).category
        return known[failure]

    return look_up
