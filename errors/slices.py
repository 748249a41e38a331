"""A slice of sends: some attributes and the values they have there, e.g. {"country": "PH", "campaign": "spring"}.

The values are texts, as in patterns and addresses; "" is a value that is not known. Hours are hours of the day in UTC,
"14", or several as "14,15"."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.db.models.functions import ExtractHour
from django.db.models.lookups import In

from errors.models import DIMENSIONS

ATTRIBUTES = (*DIMENSIONS, "hour")
Attributes = Mapping[str, str]
NOT_KNOWN = "(none)"  # stands for "" in addresses, where an empty filter is one that is not set


class UnknownAttribute(ValueError):
    """A slice names something that sends do not have."""


def inside(attributes: Attributes, *, at: str = "submitted_at") -> Q:
    """The condition of a slice: for attempts, and with at="hour" for their counts.

    Raises UnknownAttribute for a name or value that no send has."""
    wanted = Q()
    for name, value in attributes.items():
        if name == "hour":
            wanted &= Q(In(ExtractHour(at, tzinfo=UTC), _hours(value)))
        elif name == "segments":
            wanted &= Q(segments=_whole(value)) if value else Q(segments=None)
        elif name in DIMENSIONS:
            wanted &= Q(**{name: value})
        else:
            raise UnknownAttribute(f"Sends have no {name!r}; they have {', '.join(ATTRIBUTES)}.")
    return wanted


def _hours(value: str) -> list[int]:
    return [_whole(hour) for hour in value.split(",")]


def _whole(value: str) -> int:
    if not value.isascii() or not value.isdecimal() or len(value) > 4:
        raise UnknownAttribute(f"{value!r} is no whole number.")
    return int(value)


def key_of(attributes: Attributes) -> str:
    """What makes two slices the same: their attributes and values, in any order."""
    text = json.dumps(sorted(attributes.items()), ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()


def query(
    attributes: Attributes, *, since: datetime | None = None, until: datetime | None = None, **more: Any
) -> str:
    """The slice as the attempt log's own filters: a query string without its question mark."""
    moments = {"since": since, "until": until}
    times = {name: at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for name, at in moments.items() if at}
    wanted = {name: value or NOT_KNOWN for name, value in attributes.items()}
    return urlencode({**wanted, **times, **more})


def agree(one: Attributes, other: Attributes) -> bool:
    """Whether some send may be in both slices."""
    for name in one.keys() & other.keys():
        mine, theirs = set(one[name].split(",")), set(other[name].split(","))
        if mine.isdisjoint(theirs) if name == "hour" else one[name] != other[name]:
            return False
    return True
