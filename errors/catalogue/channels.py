"""Who speaks: one name per provider and product, whatever a log or a catalogue calls it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from errors.catalogue.tables import rows


@dataclass(frozen=True, slots=True)
class Channel:
    """A provider, and the product of it whose codes are meant; "" where it was not said or has only one list.

    `phase`: what the name itself says about when its codes arise, "" for nothing."""

    provider: str
    product: str = ""
    label: str = ""
    phase: str = ""


def channel_of(name: str, product: str = "") -> Channel:
    """The channel a name stands for, e.g. "Nexmo", "vonage_sms", "AWS SNS"; an unknown name is its own provider.

    A product that is given wins over the one that the name implies."""
    key = _key(name)
    known = _channels().get(key) or Channel(key, "", name.strip())
    return replace(known, product=product) if product else known


def provider_label(provider: str, product: str = "") -> str:
    """E.g. "Vonage", "Amazon SNS": how staff know the provider and product."""
    named = (row for row in _channels().values() if (row.provider, row.product) == (provider, product))
    return next((row.label for row in named), provider.replace("_", " ").capitalize())


def names_of(provider: str, product: str = "") -> frozenset[str]:
    """Every name under which logs may call this provider, or this product of it."""
    named = (
        name for name, row in _channels().items() if row.provider == provider and row.product in {"", product}
    )
    return frozenset({provider, *named})


def _key(name: str) -> str:
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


@cache
def _channels() -> Mapping[str, Channel]:
    return MappingProxyType(
        {
            row["name"]: Channel(row["provider"], row["product"], row["label"], row["phase"])
            for row in rows("channels")
        }
    )
