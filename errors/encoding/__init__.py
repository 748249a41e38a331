"""What a text becomes on its way through the network: GSM-7 or UCS-2, how many units, how many parts.

    text → alphabets (who carries which character) → measure (encoding, units, parts)
         → forcing (what makes it UCS-2, where) → plainer (what to write instead, and what that saves)

Sources: 3GPP TS 23.038 (alphabets, national language tables), TS 23.040 9.2.3.24 (user data header).
"""

from errors.encoding.alphabets import Language
from errors.encoding.forcing import Forcing, forcing
from errors.encoding.header import MOST_PARTS, Encoding
from errors.encoding.measure import Measure, measure, money, parts
from errors.encoding.plainer import Change, Plainer, plainer

__all__ = [
    "MOST_PARTS",
    "Change",
    "Encoding",
    "Forcing",
    "Language",
    "Measure",
    "Plainer",
    "forcing",
    "measure",
    "money",
    "parts",
    "plainer",
]
