"""How much of a message is left for the text once its header is written.

A short message carries 140 octets. A header stands at their start: one octet with its length, then its
elements. The text goes on at the next septet (GSM-7) or octet pair (UCS-2). Source: 3GPP TS 23.040, 9.2.3.24.
"""

from enum import StrEnum
from functools import cache
from typing import Final

_OCTETS: Final = 140
# Kind, length, reference, number of parts, number of this part. A reference of two octets takes one more.
CONCATENATION: Final = 5
WIDE_CONCATENATION: Final = 6
# Kind, length, language: once for a locking and once for a single shift table.
SHIFT: Final = 3
# The number of parts is one octet.
MOST_PARTS: Final = 255


class Encoding(StrEnum):
    """How the text of a message is written: septets, or UTF-16 code units of two octets."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@cache
def room(encoding: Encoding, elements: int) -> int:
    """Units of text in one message whose header has `elements` octets of elements (0: no header)."""
    left = _OCTETS - (1 + elements if elements else 0)
    return left * 8 // 7 if encoding is Encoding.GSM_7 else left // 2
