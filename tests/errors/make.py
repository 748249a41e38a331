"""Rows for tests of the send log: plain functions, each makes one thing with sensible defaults."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from consent.models import Number
from errors import life, rollup
from errors.models import AttemptEvent, AttemptHour, Pattern, SendAttempt

NOW = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
_count = itertools.count(1)


def attempt(status: str = "delivered", **fields: Any) -> SendAttempt:
    """One attempt in this state, submitted at `submitted_at` (NOW); its hour is touched, as importers do."""
    ref = fields.pop("message_ref", f"SM{next(_count):032x}")
    values = {"provider": "twilio", "account": "", "submitted_at": NOW, **fields}
    made = SendAttempt.objects.create(
        key=life.attempt_key(values["provider"], values["account"], ref),
        message_ref=ref,
        ref_number=life.ref_number(ref),
        status=status,
        is_failed=life.Status(status) in life.FAILED,
        **values,
    )
    rollup.touch([made.submitted_at])
    return made


def number(e164: str | None = None, region: str = "US") -> Number:
    line, _ = Number.objects.get_or_create(
        e164=e164 or f"+1415{5_560_000 + next(_count)}", defaults={"region": region, "line_type": "MOBILE"}
    )
    return line


def sent(status: str = "delivered", code: str = "", **fields: Any) -> SendAttempt:
    """An attempt with the request that usually comes with it: a number, a sender, a text."""
    at = fields.setdefault("submitted_at", NOW)
    usual = {
        "number": None if "recipient" in fields or "number" in fields else number(),
        "sender": "+14155550100",
        "country": "US",
        "body": "Acme: 10% off. Reply STOP to opt out",
        "encoding": "GSM-7",
        "segments": 1,
        "status_at": at + timedelta(minutes=1),
        "error_code": code,
    }
    return attempt(status, **{**usual, **fields})


def event(of: SendAttempt, status: str, code: str = "", **fields: Any) -> AttemptEvent:
    """One report about the attempt; what it amounts to is not worked out here."""
    at = fields.pop("at", of.submitted_at + timedelta(minutes=1))
    report = life.Event(life.Status(status), code, at, part=fields.get("part", 0))
    return AttemptEvent.objects.create(
        key=life.event_key(of.key, report, fields.pop("event_id", "")),
        attempt_key=of.key,
        status=status,
        code=code,
        occurred_at=at,
        **{"received_at": at, **fields},
    )


def pattern(attributes: dict[str, str], **fields: Any) -> Pattern:
    usual = {
        "attempts": 500,
        "failures": 120,
        "recipients": 110,
        "expected": 15.0,
        "excess": 105.0,
        "lift": 8.0,
        "p_value": 1e-9,
        "first_seen_at": NOW - timedelta(hours=5),
        "last_seen_at": NOW - timedelta(hours=1),
    }
    key = "|".join(f"{name}={value}" for name, value in sorted(attributes.items()))
    return Pattern.objects.create(key=key[:64], attributes=attributes, **{**usual, **fields})


def sends(
    count: int, *, failed: int = 0, code: str = "30007", people: int | None = None, **fields: Any
) -> None:
    """Many settled attempts of one hour at once, the first `failed` of them failures, to as many different people or
    to `people` of them."""
    values = {"provider": "twilio", "submitted_at": NOW, "country": "US", **fields}
    rows = []
    for place in range(count):
        ref = f"SM{next(_count):032x}"
        lost = place < failed
        person = next(_count) if people is None else place % people
        rows.append(
            SendAttempt(
                key=life.attempt_key(values["provider"], "", ref),
                message_ref=ref,
                ref_number=life.ref_number(ref),
                status="undelivered" if lost else "delivered",
                is_failed=lost,
                error_code=code if lost else "",
                **{"recipient": f"+1999{person:07d}", **values},
            )
        )
    SendAttempt.objects.bulk_create(rows)
    rollup.touch([values["submitted_at"]])


def counted(count: int, *, failed: int, hour: datetime, **fields: Any) -> AttemptHour:
    """Settled sends of one hour as their counts alone, for pasts that nobody looks at more closely."""
    values = {"provider": "twilio", "country": "US", **fields}
    return AttemptHour.objects.create(
        hour=hour, attempts=count, delivered=count - failed, failed=failed, **values
    )
