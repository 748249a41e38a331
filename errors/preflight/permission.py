"""Whether the person agreed to this text. The rules of consent decided that; here it meets the purpose."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from consent.ledger import EASTERNMOST, WESTERNMOST
from errors.preflight.findings import Code, Finding
from errors.preflight.message import Consent, Message, Purpose
from errors.preflight.whereabouts import comparable

_FOR_MARKETING: Final = {
    Consent.NONE: Finding(
        Code.CONSENT_MISSING,
        "Marketing to a person whose consent is not recorded.",
        "Leave the recipient out, or record the consent with its proof.",
    ),
    Consent.PENDING: Finding(
        Code.CONSENT_PENDING,
        "The double opt-in of this person is not finished.",
        "Wait for the answer to the confirmation text.",
    ),
    Consent.TRANSACTIONAL: Finding(
        Code.CONSENT_TRANSACTIONAL_ONLY,
        "This person agreed to service texts, not to marketing.",
        "Leave the recipient out, or ask for consent to marketing.",
    ),
    Consent.OTHER_CHANNEL: Finding(
        Code.CONSENT_WRONG_CHANNEL,
        "This person agreed to another channel, such as e-mail, not to texts.",
        "Use that channel, or ask for consent to texts.",
    ),
}


def check_permission(message: Message) -> Iterator[Finding]:
    agreed, stopped = message.consent_at, message.opted_out_at
    if message.consent is Consent.OPTED_OUT or (stopped and not agreed):
        yield Finding(
            Code.CONSENT_OPTED_OUT,
            "This person said STOP" + (f" on {stopped:%Y-%m-%d}." if stopped else "."),
            "Do not text. Only the person can undo it, for example by texting START.",
        )
    elif message.consent is Consent.OLDER_THAN_OPTOUT or (
        agreed and stopped and not _is_certainly_later(agreed, stopped)
    ):
        yield Finding(
            Code.CONSENT_OLDER_THAN_OPTOUT,
            "The consent is older than the opt-out"
            + (f": {agreed:%Y-%m-%d}, {stopped:%Y-%m-%d}." if agreed and stopped else "."),
            "Do not text: the opt-out is the later word.",
        )
    if message.purpose is Purpose.MARKETING and message.consent in _FOR_MARKETING:
        yield _FOR_MARKETING[message.consent]
    if message.held:
        yield Finding(
            Code.CONSENT_HELD,
            "Journeys of this person are on hold until a flag about the consent is settled.",
            "Settle the flag first.",
        )


def _is_certainly_later(agreed: datetime, stopped: datetime) -> bool:
    """Whether a consent came after an opt-out wherever on earth the clock stood that tells no zone."""
    if comparable(agreed, stopped):
        return agreed > stopped
    if agreed.tzinfo is None:
        return agreed.replace(tzinfo=UTC) - EASTERNMOST > stopped
    return agreed > stopped.replace(tzinfo=UTC) + WESTERNMOST
