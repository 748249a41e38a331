"""Messages that went out while a revocation asked for silence; one plain confirmation of it is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from consent.ledger import EARLIEST, Belief, Kind, bare_sender
from consent.rules.agreed import Agreed, Silence
from consent.rules.codes import Code
from consent.rules.doubts import about
from consent.rules.findings import Finding, found

CONFIRMATION_LIMIT = timedelta(minutes=5)  # 47 CFR 64.1200(a)(12)
BREACHES = ("second", "marketing", "late")  # of a confirmation, the worst first


class Broken(NamedTuple):
    """A message that fell into a silence."""

    send: Belief
    silence: Silence


def after_stop(agreed: Agreed, sends: Sequence[Belief]) -> Iterator[Finding]:
    """What is wrong with these messages, each kind once: new ones change the finding instead of hiding behind it."""
    confirmed: set[str] = set()
    broken: list[Broken] = []
    confirmations: list[tuple[Broken, str]] = []
    for send in sorted(sends, key=lambda b: (b.read_at is None, b.read_at or EARLIEST, b.record)):
        silences = [s for s in agreed.background.silences if _falls_into(send, s)]
        if not silences:
            continue
        asked = silences[-1]  # what a confirmation answers is the last request before it
        breaches = _breaches(send, asked, is_first=asked.revocation.id not in confirmed)
        if breaches is not None:
            confirmed.add(asked.revocation.id)
            confirmations += [(Broken(send, asked), breach) for breach in breaches]
        if breaches is None or "second" in breaches:
            broken.append(Broken(send, silences[0]))
    if broken:
        yield _post_stop(broken)
    if confirmations:
        yield _rule_broken(confirmations)
    yield from _keyword_missed(broken)


def _falls_into(send: Belief, silence: Silence) -> bool:
    """A message without a time counts against whatever revocation is in force today."""
    if send.read_at is None:
        return silence.until is None
    return silence.since < send.read_at and (silence.until is None or send.read_at < silence.until)


def _breaches(send: Belief, asked: Silence, *, is_first: bool) -> list[str] | None:
    """What is wrong with a confirmation; None: it is none. Of a message whose text nobody knows, the first within
    the time allowed is taken for it: nearly every provider sends one by itself."""
    in_time = send.read_at is None or send.read_at - asked.since <= CONFIRMATION_LIMIT
    if send.is_confirmation is None:
        return [] if is_first and in_time and send.read_at is not None else None
    if not send.is_confirmation:
        return None
    wrong = {"second": not is_first, "marketing": send.has_marketing, "late": not in_time}
    return [breach for breach in BREACHES if wrong[breach]]


def _post_stop(broken: Sequence[Broken]) -> Finding:
    first, last = broken[0], broken[-1]
    return found(
        Code.POST_STOP_SEND,
        about(first.silence.revocation)
        | {
            "count": len(broken),
            "sent_at": _time(first.send),
            "last_at": _time(last.send),
            "ref": last.send.record,
        },
        evidence=_ids(broken),
    )


def _rule_broken(confirmations: Sequence[tuple[Broken, str]]) -> Finding:
    breaches = {breach for _, breach in confirmations}
    return found(
        Code.CONFIRMATION_RULE,
        {
            "breach": ", ".join(breach for breach in BREACHES if breach in breaches),
            "count": len(confirmations),
            "last_at": _time(confirmations[-1][0].send),
        },
        evidence=_ids(one for one, _ in confirmations),
    )


def _keyword_missed(broken: Sequence[Broken]) -> Iterator[Finding]:
    """The provider handed a message on to somebody who had told this very sender to stop: it did not act on the word.
    What was under way already when the word came is no proof."""
    for send, silence in broken:
        word = silence.revocation
        if (
            silence.until is None
            and word.kind is Kind.KEYWORD
            and word.provider_acted is not False  # else the record itself says so
            and word.sender
            and bare_sender(word.sender) == bare_sender(send.sender)
            and send.went_through
            and send.read_at is not None
            and send.read_at - silence.since > CONFIRMATION_LIMIT
        ):
            yield found(
                Code.PER_SE_KEYWORD_MISSED, about(word) | {"passed_at": _time(send)}, evidence=(word.id,)
            )
            return


def _time(send: Belief) -> str | None:
    return send.read_at.isoformat() if send.read_at else None


def _ids(broken: Iterable[Broken]) -> tuple[str, ...]:
    return tuple({one.silence.revocation.id for one in broken})
