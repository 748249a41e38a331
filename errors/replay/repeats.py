"""What hangs on earlier sends to the same person: repetitions, loops, too many in a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from errors.preflight import Consent, Finding, Message, Outcome, Purpose, RuleBook, Sent
from errors.preflight.duplicates import check_duplicates
from errors.preflight.frequency import check_frequency
from errors.preflight.whereabouts import Area
from errors.replay.sends import NONE, Ended, Sends

if TYPE_CHECKING:
    from errors.replay.judge import Words

WINDOW: Final = timedelta(hours=48)  # longer than every window in which a repetition counts
MOST: Final = 100  # earlier sends that are looked at, the latest


class Repeats:
    """The sends of the last two days, and what each new one repeats of them."""

    def __init__(self, rules: RuleBook, words: Words, purposes: Sequence[Purpose]) -> None:
        self._rules = rules
        self._words = words
        self._purposes = purposes
        self._before: Sends | None = None

    def remember(self, sends: Sends) -> None:
        """Keep what later sends may repeat."""
        some = sends if self._before is None else Sends.joined(self._before, sends)
        if len(some):
            some = some.take(np.flatnonzero(some.at >= some.at.max() - int(WINDOW.total_seconds())))
        self._before = some

    def judge(self, sends: Sends, areas: Sequence[list[Area]]) -> Iterator[tuple[int, list[Finding]]]:
        """The rows that have findings, and these. The sends are remembered afterwards."""
        before = 0 if self._before is None else len(self._before)
        every = sends if self._before is None else Sends.joined(self._before, sends)
        order = np.lexsort((every.pk, every.at, every.person))
        # A send that was never handed over repeats nothing and is repeated by nothing.
        order = order[every.was_handed_over[order]]
        key = every.person[order] * (1 << 34) + every.at[order]
        begins = np.maximum(
            np.searchsorted(key, key - int(WINDOW.total_seconds())),
            np.searchsorted(every.person[order], every.person[order]),
        )
        later = np.flatnonzero((begins < np.arange(len(order))) & (order >= before))
        told = cache(lambda place: self._sent(every, int(place)))
        for place in later.tolist():
            row = int(order[place])
            earlier = order[max(begins[place], place - MOST) : place][::-1].tolist()
            findings = self._findings(every, row, [told(one) for one in earlier], areas[row - before])
            if findings:
                yield row - before, findings
        self.remember(sends)

    def _findings(
        self, sends: Sends, row: int, earlier: list[tuple[Sent, int]], areas: list[Area]
    ) -> list[Finding]:
        at = int(sends.at[row])
        recent = [_as_known(sent, ended_at, at) for sent, ended_at in earlier]
        now = datetime.fromtimestamp(at, UTC)
        to = recent[0].to
        message = Message(
            body=self._same(sends, row),
            to=to,
            sender=self._words.sender[sends.sender[row]],
            purpose=self._purposes[sends.purpose[row]],
            consent=Consent.OPTED_IN,
            at=now,
            campaign=self._words.campaign[sends.campaign[row]] or None,
            step=self._words.template[sends.template[row]] or None,
            automatic=bool(sends.is_automatic[row]),
        )
        return [
            *check_frequency(message, to, areas, self._rules, now, recent),
            *check_duplicates(message, to, self._rules, recent, now),
        ]

    def _sent(self, sends: Sends, row: int) -> tuple[Sent, int]:
        """An earlier send as it ended, and when that was known."""
        ended = int(sends.ended[row])
        outcome = Outcome.FAILED if ended == Ended.FAILED else Outcome.SENT
        return Sent(
            to=self._words.person[sends.person[row]],
            sender=self._words.sender[sends.sender[row]],
            body=self._same(sends, row) if sends.same_text[row] != NONE else "",
            at=datetime.fromtimestamp(int(sends.at[row]), UTC),
            purpose=self._purposes[sends.purpose[row]],
            outcome=Outcome.UNKNOWN if sends.is_unknown[row] else outcome,
            campaign=self._words.campaign[sends.campaign[row]] or None,
            step=self._words.template[sends.template[row]] or None,
        ), int(sends.ended_at[row])

    def _same(self, sends: Sends, row: int) -> str:
        """A word for the text that only the same text has; one that nobody knows is like no other."""
        same = int(sends.same_text[row])
        return f"text {same}" if same != NONE else f"send {sends.pk[row]}"


def _as_known(sent: Sent, ended_at: int, at: int) -> Sent:
    """A failure that was reported later was not known: then it looked sent."""
    if sent.outcome is not Outcome.FAILED or (0 < ended_at <= at):
        return sent
    return Sent(
        to=sent.to, sender=sent.sender, body=sent.body, at=sent.at, purpose=sent.purpose, outcome=Outcome.SENT,
        campaign=sent.campaign, step=sent.step,
    )  # fmt: skip
