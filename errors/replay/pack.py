"""Keys of sends as few bytes: they rise, so what is kept is by how much."""

from __future__ import annotations

import zlib
from hashlib import blake2b

import numpy as np

from errors.replay.sends import Column


def packed(keys: Column) -> bytes:
    steps = np.diff(np.sort(keys), prepend=0).astype("<i8")
    return zlib.compress(steps.tobytes(), level=1)


def unpacked(kept: bytes) -> Column:
    """The keys, rising."""
    steps: Column = np.frombuffer(zlib.decompress(kept), "<i8")
    return np.cumsum(steps)


def short(key: str) -> str:
    """A long key in thirty-two characters."""
    return blake2b(key.encode(), digest_size=16).hexdigest()
