"""The country a file or row declares, as phonenumbers' two letters."""

from functools import cache

from phonenumbers import SUPPORTED_REGIONS

# What people write for a country whose two letters are others.
_MEANT = {"UK": "GB", "EN": "GB", "USA": "US", "EL": "GR", "KO": "KR", "JA": "JP"}


class UnknownRegion(ValueError):
    """The region is not one that phonenumbers has rules for; the message says so in words."""


@cache
def known_region(region: str | None) -> str | None:
    """The region in capitals; None when no country was declared. Raises UnknownRegion."""
    if region is None or not region.strip():
        return None
    code = region.strip().upper()
    if code in SUPPORTED_REGIONS:
        return code
    meant = _MEANT.get(code)
    advice = f"did you mean {meant}?" if meant else "use the two letters of ISO 3166, such as US, GB or DE."
    raise UnknownRegion(f'Unknown region "{region}": {advice}')
