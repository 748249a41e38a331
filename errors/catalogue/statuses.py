"""The providers' words for how far a message came, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from errors.catalogue.channels import channel_of
from errors.catalogue.tables import rows
from errors.life import Status


@dataclass(frozen=True, slots=True)
class StatusWord:
    """What a provider's word says. `status` is None for a message that came in instead of going out."""

    status: Status | None
    is_final: bool

    @property
    def is_inbound(self) -> bool:
        return self.status is None


def read_status(provider: str, word: str) -> StatusWord | None:
    """What `word` means at a provider, in any case of its letters. None: nobody mapped it; keep the row and say so.

    A name with a product ("telnyx_mdr") is asked before the provider's other words. A log that says how a message
    ended may use our own words; those for what we did ourselves, only at a provider that has no list of its own."""
    key = _key(word)
    name = "_".join(provider.casefold().replace("-", " ").replace("_", " ").split())
    channel = channel_of(name)
    for known in (name, f"{channel.provider}_{channel.product}", channel.provider):
        if known in _words() and key in _words()[known]:
            return _words()[known][key]
    mine = [words for known, words in _words().items() if channel_of(known).provider == channel.provider]
    said = {words[key] for words in mine if key in words}
    if said:
        return said.pop() if len(said) == 1 else None
    own = _OWN.get(key)
    return None if mine and own is not None and own.status in _OUR_SIDE else own


def _key(word: str) -> str:
    return " ".join(word.split()).casefold()


_FINAL = frozenset(
    {
        *(Status.DELIVERED, Status.READ, Status.UNDELIVERED, Status.FAILED, Status.EXPIRED, Status.REJECTED),
        *(Status.CANCELED, Status.PARTIALLY_DELIVERED, Status.DELIVERY_UNKNOWN, Status.BLOCKED),
    }
)
# What only we can know of a message; a provider with such a word speaks of its own side (None: it came in).
_OUR_SIDE = frozenset({Status.QUEUED, Status.SUBMIT_UNKNOWN, Status.BLOCKED, None})
_OWN = {
    **{
        spelling: StatusWord(status, status in _FINAL)
        for status in Status
        if status is not Status.UNMAPPED
        for spelling in (status.value, status.value.replace("_", " "))
    },
    "cancelled": StatusWord(Status.CANCELED, True),
    "received": StatusWord(None, True),
    "inbound": StatusWord(None, True),
}


@cache
def _words() -> Mapping[str, Mapping[str, StatusWord]]:
    found: dict[str, dict[str, StatusWord]] = {}
    for row in rows("statuses"):
        status = None if row["status"] == "inbound" else Status(row["status"])
        found.setdefault(row["provider"], {})[_key(row["word"])] = StatusWord(status, row["final"] == "yes")
    return found
