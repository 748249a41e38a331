"""Whether the same text went out before. Of the six kinds of repetition, the five that a send can be.

    same command   the very order to send came twice: a double click, a task delivered again
    same intent    the same contact, campaign and step within a window: for marketing whatever the words, else with
                   the same words, as other words are another occasion (the next parcel, the next appointment)
    same content   the same number, sender and words within the same window
    check first    an earlier text of which nobody knows whether it arrived
    same person    the same number under another contact

The sixth, one event reported twice, is met where events are recorded. Reminders with another step, the same
words to other people, and a corrected number are no repetitions; one-time codes may be asked for again. Nor is a
step that comes again on another day: a birthday, the offer of the week. A step or template is used again and again,
and nothing in a log names the occasion, so the day stands for it.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from errors.preflight.findings import Code, Finding
from errors.preflight.message import Message, Outcome, Purpose, Sent
from errors.preflight.rules import Kind, Rule, RuleBook, repeats
from errors.preflight.whereabouts import comparable


def check_duplicates(
    message: Message, e164: str | None, rules: RuleBook, recent: Sequence[Sent], at: datetime | None
) -> Iterator[Finding]:
    for sent in recent:
        if message.command and sent.command == message.command:
            yield Finding(
                Code.DUPLICATE_COMMAND,
                f"This very order to send was carried out on {sent.at:%Y-%m-%d %H:%M}.",
                "Nothing: the first one counts.",
            )
            return
    to_same = [sent for sent in recent if e164 and sent.to == e164]
    yield from _same_intent(message, recent, to_same, rules, at)
    yield from _same_content(message, to_same, rules, at)
    yield from _loop(to_same, message, rules, at)


def normal(body: str) -> str:
    """A text without what readers do not see the difference of: capitals, spaces, forms of characters."""
    return " ".join(
        re.sub(r"[\u200b-\u200f\ufeff]", "", unicodedata.normalize("NFKC", body)).casefold().split()
    )


def _same_intent(
    message: Message, recent: Sequence[Sent], to_same: list[Sent], rules: RuleBook, at: datetime | None
) -> Iterator[Finding]:
    rule = _same(rules)
    if rule is None or message.campaign is None or message.purpose is Purpose.OTP:
        return
    _, window = repeats(rule.value)
    words = normal(message.body)
    intended = [
        sent
        for sent in recent
        if sent.campaign == message.campaign
        and sent.outcome is not Outcome.FAILED
        and ((message.contact is not None and sent.contact == message.contact) or sent in to_same)
        and not _is_long_ago(sent, at, window)
        and _is_same_step(message, sent, words)
    ]
    for sent in intended:
        if sent.outcome is Outcome.UNKNOWN:
            continue  # told apart below, with its own remedy
        same_person = message.contact is None or sent.contact in (None, message.contact)
        yield Finding(
            Code.DUPLICATE_INTENT if same_person else Code.DUPLICATE_PERSON,
            f"This step of the campaign went to the same {'contact' if same_person else 'number'} on "
            f"{sent.at:%Y-%m-%d %H:%M}" + ("." if same_person else ", under another contact."),
            "Leave the recipient out; sending it again needs a reason.",
            rule=rule,
        )
        return
    if intended:
        yield _unsettled(intended[0])


def _is_same_step(message: Message, sent: Sent, words: str) -> bool:
    """Marketing comes once a day, however it is worded for the reader. Other texts, and those whose step nobody
    named, are the same only if their words are; an earlier text whose words are not known any more excuses nothing."""
    if None not in (message.step, sent.step):
        if sent.step != message.step:
            return False
        if message.purpose is Purpose.MARKETING:
            return True
    return normal(sent.body) in ("", words)


def _is_long_ago(sent: Sent, at: datetime | None, window: timedelta) -> bool:
    """Known to lie outside the window; a time that cannot be compared does not excuse a repetition."""
    return at is not None and comparable(sent.at, at) and abs(at - sent.at) > window


def _same(rules: RuleBook) -> Rule | None:
    return rules.one(Kind.REPEAT, subject="same content")


def _same_content(
    message: Message, to_same: list[Sent], rules: RuleBook, at: datetime | None
) -> Iterator[Finding]:
    code = message.purpose is Purpose.OTP
    rule = rules.one(Kind.REPEAT, subject="one-time codes") if code else _same(rules)
    if rule is None or at is None:
        return
    _, window = repeats(rule.value)
    words = normal(message.body)
    for sent in _within(to_same, at, window):
        is_same = sent.sender == message.sender and (code or normal(sent.body) == words)
        if not is_same or (code and sent.purpose is not Purpose.OTP) or sent.outcome is Outcome.FAILED:
            continue
        if sent.outcome is Outcome.UNKNOWN:
            yield _unsettled(sent)
        else:
            yield Finding(
                Code.DUPLICATE_AUTOMATIC if message.automatic else Code.DUPLICATE_CONTENT,
                f"The same text went to this number on {sent.at:%Y-%m-%d %H:%M}.",
                "Leave the recipient out, unless the repetition is meant.",
                rule=rule,
            )
        return


def _unsettled(sent: Sent) -> Finding:
    return Finding(
        Code.DUPLICATE_UNSETTLED,
        f"Nobody knows yet whether the text of {sent.at:%Y-%m-%d %H:%M} arrived.",
        "Ask the provider what became of it before sending again.",
    )


def _loop(to_same: list[Sent], message: Message, rules: RuleBook, at: datetime | None) -> Iterator[Finding]:
    rule = rules.one(Kind.REPEAT, subject="loop")
    if rule is None or at is None:
        return
    most, window = repeats(rule.value)
    between = [sent for sent in _within(to_same, at, window) if sent.sender == message.sender]
    if len(between) >= most:
        yield Finding(
            Code.LOOP,
            f"{len(between)} texts went to this number within {window.seconds} seconds: two programs may be answering "
            "each other.",
            "Stop the automatic answers before sending more.",
            rule=rule,
        )


def _within(sent: list[Sent], at: datetime, window: timedelta) -> list[Sent]:
    return [one for one in sent if comparable(one.at, at) and timedelta(0) <= at - one.at <= window]
