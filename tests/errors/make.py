"""Rows for tests of the send log: plain functions, each makes one thing with sensible defaults."""

import itertools
from datetime import UTC, datetime
from typing import Any

from errors import life, rollup
from errors.models import SendAttempt

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
