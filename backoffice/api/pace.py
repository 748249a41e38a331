"""How fast one token may ask. Counted in the memory of each server process: exact sharing would cost every request a
second question, and what must hold for all processes together a proxy counts before it reaches any of them."""

from __future__ import annotations

import math
import time

from django.conf import settings

from backoffice.api.problem import Problem

_left: dict[int, tuple[float, float]] = {}  # by token: requests it may send at once, as of when


def keep_pace(token_id: int) -> None:
    """Count one request against a bucket that holds a second's worth and fills evenly. Raises Problem 429."""
    rate = settings.API_REQUESTS_PER_SECOND
    if not rate:
        return
    now = time.monotonic()
    left, at = _left.get(token_id, (float(rate), now))
    left = min(rate, left + (now - at) * rate)
    if left < 1:
        raise Problem(
            429,
            "too_many_requests",
            f"This token asks more often than {rate} times a second.",
            "Hold what you were about to send, wait, and ask for many numbers in one request.",
            headers={"Retry-After": str(math.ceil((1 - left) / rate))},
        )
    _left[token_id] = (left - 1, now)
