"""One message as scripts and other systems write it, in JSON: read for the check, and the findings written back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from backoffice.asked import Unreadable, text
from consent.cells import Meaning, Polarity, read_status
from errors.preflight import Consent, Finding, Media, Message, Outcome, Purpose, Sent
from errors.preflight.recipient import number_in

T = TypeVar("T")

# Other words for the same. What exports write besides is read as in their cells.
_CONSENTS = {
    "opted_out_presumed": Consent.OPTED_OUT,
    "double_opt_in_pending": Consent.PENDING,
    "transactional_only": Consent.TRANSACTIONAL,
    "informational": Consent.TRANSACTIONAL,
    "email": Consent.OTHER_CHANNEL,
    "e_mail": Consent.OTHER_CHANNEL,
    "email_only": Consent.OTHER_CHANNEL,
    "e_mail_only": Consent.OTHER_CHANNEL,
    "wrong_channel": Consent.OTHER_CHANNEL,
    "opted_in_before_optout": Consent.OLDER_THAN_OPTOUT,
}
_MEANINGS: dict[Meaning | None, Consent] = {
    Meaning.IN: Consent.OPTED_IN,
    Meaning.OUT: Consent.OPTED_OUT,
    Meaning.PENDING: Consent.PENDING,
}
_PURPOSES = {
    "promotional": Purpose.MARKETING,
    "promotion": Purpose.MARKETING,
    "informational": Purpose.TRANSACTIONAL,
    "service": Purpose.TRANSACTIONAL,
    "one_time_code": Purpose.OTP,
    "verification": Purpose.OTP,
    "2fa": Purpose.OTP,
}


def message_of(asked: dict[str, Any]) -> Message:
    """Raises Unreadable."""
    return Message(
        body=text(asked, "message") or "",
        to=_recipient(asked),
        sender=text(asked, "sender") or "",
        purpose=_purpose(asked),
        consent=_consent(asked),
        country=text(asked, "country"),
        state=text(asked, "state"),
        at=time_of(asked, "at"),
        provider=(text(asked, "provider") or "").strip().lower(),
        sender_registered=_yes_or_no(asked, "sender_registered"),
        consent_at=time_of(asked, "consent_at"),
        opted_out_at=time_of(asked, "opted_out_at"),
        held=bool(_yes_or_no(asked, "held")),
        brand=text(asked, "brand"),
        values=_values(asked),
        folded=bool(_yes_or_no(asked, "folded")),
        media=tuple(_media(item) for item in _items(asked, "media")),
        dlt_entity=text(asked, "dlt_entity"),
        dlt_template=text(asked, "dlt_template"),
        contact=text(asked, "contact"),
        campaign=text(asked, "campaign"),
        step=text(asked, "step"),
        command=text(asked, "command"),
        automatic=bool(_yes_or_no(asked, "automatic")),
    )


def _recipient(asked: dict[str, Any]) -> str:
    """A list of numbers is read as one cell that holds them. Raises Unreadable."""
    to = asked.get("to")
    if isinstance(to, list) and all(isinstance(one, str) for one in to):
        return ", ".join(to)
    return text(asked, "to") or ""


def _yes_or_no(asked: dict[str, Any], key: str) -> bool | None:
    """Raises Unreadable."""
    value = asked.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise Unreadable(f'"{key}" is {json.dumps(value)[:40]}; write true, false or null')


def time_of(asked: dict[str, Any], key: str) -> datetime | None:
    """Raises Unreadable."""
    written = text(asked, key)
    if not written:
        return None
    form = "2026-03-10T12:00 or 2026-03-10T12:00+01:00"
    moment: datetime = _tried(datetime.fromisoformat, written, key, form)
    if not 1970 <= moment.year < 2200:
        raise Unreadable(f'"{key}" is {written[:40]}; write a time between 1970 and 2200, like {form}')
    return moment


def _purpose(asked: dict[str, Any]) -> Purpose:
    """Raises Unreadable."""
    written = _plain(text(asked, "purpose") or "")
    return _PURPOSES.get(written) or _tried(Purpose, written, "purpose", "marketing, transactional or otp")


def _consent(asked: dict[str, Any]) -> Consent:
    """A word that nobody knows is no consent. Raises Unreadable."""
    written = text(asked, "consent") or ""
    try:
        return Consent(_plain(written))
    except ValueError:
        meant = _MEANINGS.get(read_status(written, Polarity.OPT_IN).meaning, Consent.NONE)
        return _CONSENTS.get(_plain(written), meant)


def _plain(written: str) -> str:
    return written.strip().lower().replace("-", "_").replace(" ", "_")


def _items(asked: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Raises Unreadable."""
    items = asked.get(key) or []
    if isinstance(items, list) and all(isinstance(item, dict) for item in items):
        return items
    raise Unreadable(f'"{key}" is {json.dumps(items)[:40]}; write a list of objects')


def _values(asked: dict[str, Any]) -> dict[str, str] | None:
    """Raises Unreadable."""
    values = asked.get("values")
    if values is None or (
        isinstance(values, dict) and all(isinstance(value, str) for value in values.values())
    ):
        return values
    raise Unreadable(f'"values" is {json.dumps(values)[:40]}; write an object of texts')


def _media(item: dict[str, Any]) -> Media:
    """Raises Unreadable."""
    size = item.get("bytes") or 0
    if isinstance(size, bool) or not isinstance(size, int | float):
        raise Unreadable(f'"bytes" of a media is {json.dumps(size)[:40]}; write a number')
    return Media(text(item, "type") or "", int(size))


def recent_of(asked: dict[str, Any]) -> list[Sent]:
    """The earlier texts; a number without its country code is one of the recipient's country. Raises Unreadable."""
    country = text(asked, "country")
    return [_sent(item, country) for item in _items(asked, "recent")]


def _sent(item: dict[str, Any], country: str | None) -> Sent:
    """Raises Unreadable."""
    to = text(item, "to") or ""
    at = time_of(item, "at")
    if at is None:
        raise Unreadable('"at" of a recent text is missing; write when it was sent')
    return Sent(
        to=number_in(to, country).e164 or to,
        sender=text(item, "sender") or "",
        body=text(item, "message") or "",
        at=at,
        purpose=_purpose(item) if item.get("purpose") else Purpose.TRANSACTIONAL,
        outcome=_outcome(item),
        contact=text(item, "contact"),
        campaign=text(item, "campaign"),
        step=text(item, "step"),
        command=text(item, "command"),
    )


def _outcome(item: dict[str, Any]) -> Outcome:
    """Raises Unreadable."""
    return _tried(Outcome, text(item, "outcome") or Outcome.SENT, "outcome", "sent, failed or unknown")


def _tried(read: Callable[[str], T], written: str, key: str, form: str) -> T:
    """Raises Unreadable."""
    try:
        return read(written)
    except ValueError:
        raise Unreadable(f'"{key}" is "{written[:40]}"; write {form}') from None


def finding_as_json(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "remedy": finding.remedy,
        "places": finding.places,
    }
