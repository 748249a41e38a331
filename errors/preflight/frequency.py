"""How often one number is texted."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from errors.preflight.findings import Code, Finding
from errors.preflight.message import Message, Purpose, Sent
from errors.preflight.rules import Kind, RuleBook
from errors.preflight.whereabouts import Area, comparable, places

_A_DAY: Final = timedelta(hours=24)


def check_frequency(
    message: Message,
    e164: str | None,
    areas: list[Area],
    rules: RuleBook,
    at: datetime | None,
    recent: Sequence[Sent],
) -> Iterator[Finding]:
    """How many marketing texts the number got in the day before this one."""
    if at is None or e164 is None or message.purpose is not Purpose.MARKETING:
        return
    earlier = [
        sent
        for sent in recent
        if sent.to == e164
        and sent.purpose is Purpose.MARKETING
        and comparable(sent.at, at)
        and timedelta(0) <= at - sent.at < _A_DAY
    ]
    caps = [rules.one(Kind.DAILY_CAP, place=where) for where in places(areas)]
    rule = next(filter(None, caps), None) or rules.one(Kind.DAILY_CAP)
    if rule and len(earlier) >= int(rule.value):
        yield Finding(
            Code.TIME_FREQUENCY,
            f"The number got {len(earlier)} marketing texts within 24 hours; the limit is {rule.value}.",
            "Wait, or leave the recipient out of this campaign.",
            rule=rule,
        )
