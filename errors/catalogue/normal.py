"""A code in the form in which codes are compared. What is stored is the text as it came."""

from __future__ import annotations

import re

# Providers whose codes are numbers of the SMPP kind, written in hexadecimal by some and in decimal by others.
_COMMAND_STATUS = ("smpp", "command_status")
_SINCH_REST = ("sinch", "rest")
_HEX = re.compile(r"0x([0-9a-f]{1,8})", re.IGNORECASE)
_NULLS = frozenset({"", "-", "none", "null", "nan", "n/a", "nil"})


def normal_code(code: str, provider: str = "", product: str = "") -> str:
    """The comparable form: "30007.0" as 30007, " opt-out " as OPT-OUT, SMPP statuses as 0x0000000B.

    Leading zeros stay ("000" is not "0"). "" for an empty cell, however it is written."""
    text = " ".join(code.strip().strip("'\"`").split())
    if text.casefold() in _NULLS:
        return ""
    # A spreadsheet makes numbers of codes; no known code ends in a point and zeros.
    text = re.sub(r"^(\d+)\.0+$", r"\1", text)
    if (provider, product) == _COMMAND_STATUS:
        return _command_status(text)
    if _HEX.fullmatch(text):
        text = _decimal(text)
    if (provider, product) == _SINCH_REST:
        return _sinch_rest(text)
    return text.upper().rstrip(".")


def _command_status(text: str) -> str:
    """Eight hexadecimal digits. Without a letter or a mark that says so, digits are read as decimal."""
    if found := _HEX.fullmatch(text):
        value = int(found[1], 16)
    elif re.fullmatch(r"[0-9a-f]{8}", text, re.IGNORECASE) or re.fullmatch(
        r"(?=.*[a-f])[0-9a-f]{1,8}", text, re.IGNORECASE
    ):
        value = int(text, 16)
    elif re.fullmatch(r"\d{1,7}|\d{9,10}", text):
        value = int(text)
    else:
        return text.upper()
    return f"0x{value:08X}"


def _decimal(text: str) -> str:
    return str(int(text, 16))


def _sinch_rest(text: str) -> str:
    """403, 0x193 (403 in hexadecimal), and 1027 or 0x403 (its guide calls the digits 403 hexadecimal) are one."""
    if text.isdecimal() and 0x400 <= int(text) <= 0x499:
        return f"{int(text):X}"
    return text.upper()


def place_of(normal: str) -> str:
    """What codes in their normal form are sorted by: 9 before 10, 2.9 before 2.10."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(8), normal)[:120]
