"""Country cells: a code or a name in the usual languages → the two letters phonenumbers wants."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale

from consent.intake.targets import folded

LANGUAGES = ("en", "es", "fr", "de", "it", "pt", "nl")
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
    "eeuu": "US",
}


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in reversed(LANGUAGES):  # English last: it wins where two languages share a word
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                names[folded(name)] = code
                names[code.casefold()] = code
    return names | _ALSO


@lru_cache(maxsize=4096)
def region_of(cell: str) -> str | None:
    """The two-letter code for a country cell, None for a blank or a name nobody knows."""
    return _names().get(folded(cell)) if cell.strip() else None
