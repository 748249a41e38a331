"""Country cells: a code of two or three letters, or a name in the usual languages → phonenumbers' two letters."""

from __future__ import annotations

import re
from functools import lru_cache

from babel import Locale
from babel.core import get_global

from consent.intake.targets import folded

LANGUAGES = ("en", "es", "fr", "de", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl")
# No country: "N/A" would otherwise be Namibia.
NONE_NAMED = frozenset(
    {"n/a", "#n/a", "n.a.", "null", "(null)", "none", "unknown", "undefined", "nan", "-", "--", "?"}
)
# Ways of writing that no list of official names has.
_ALSO = {
    "usa": "US",
    "unitedstatesofamerica": "US",
    "theunitedstates": "US",
    "uk": "GB",
    "greatbritain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northernireland": "GB",
    "holland": "NL",
    "thenetherlands": "NL",
    "eeuu": "US",
    "uae": "AE",
    "capeverde": "CV",
    "czechrepublic": "CZ",
    "hongkong": "HK",
    "hongkongsar": "HK",
    "irelandrepublicof": "IE",
    "republicofireland": "IE",
    "iranislamicrepublicof": "IR",
    "ivorycoast": "CI",
    "korearepublicof": "KR",
    "republicofkorea": "KR",
    "macao": "MO",
    "macau": "MO",
    "macedonia": "MK",
    "moldovarepublicof": "MD",
    "russianfederation": "RU",
    "swaziland": "SZ",
    "syrianarabrepublic": "SY",
    "taiwanprovinceofchina": "TW",
    "tanzaniaunitedrepublicof": "TZ",
    "turkey": "TR",
    "venezuelabolivarianrepublicof": "VE",
}


_ASIDE = re.compile(r"\(.*?\)")


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    # Codes of three letters, and of states that were renamed; one that fell apart has several heirs.
    heirs = get_global("territory_aliases").items()
    names = {folded(code): of[0] for code, of in heirs if code.isalpha() and len(of) == 1}
    for language in reversed(LANGUAGES):  # English last: it wins where two languages share a word
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                names[folded(name)] = code
                names[code.casefold()] = code
    return names | _ALSO


@lru_cache(maxsize=4096)
def region_of(cell: str) -> str | None:
    """The two-letter code for a country cell, None for a name nobody knows or where none is named."""
    if not names_country(cell):
        return None
    return _names().get(folded(cell)) or _names().get(folded(_ASIDE.sub("", cell)))


def names_country(cell: str) -> bool:
    """Whether a country cell names any, known or not."""
    return bool(cell.strip()) and cell.strip().casefold() not in NONE_NAMED
