"""The text itself: is it there, whole, filled in and readable?"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from errors.preflight.findings import Code, Finding, joined
from errors.preflight.message import Message
from errors.preflight.rules import Kind, RuleBook

Place = tuple[int, int]

_INVISIBLE: Final = re.compile(
    "[\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    "\u3000\u3164\ufeff\uffa0\ufff9-\ufffb]"
)
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_JOINERS: Final = "\u200c\u200d"
_MARKS_OF_DIRECTION: Final = "\u200e\u200f\u061c"
_FOREIGN_RUN: Final = re.compile(r"[^\x00-\x7f]+")
_LINK_OR_FIELD: Final = re.compile(r"\S+[./]\S+|\{.*?\}")
_BRAND_IN_FRONT: Final = re.compile(r"^[^:]{1,20}: ")
# Capitals that texts hold anyway.
_LOUD_BY_CUSTOM: Final = re.compile(r"\b(?:STOP\w*|HELP|YES|NO|START|SMS|MMS|USA|UK|UNSUBSCRIBE|END|QUIT)\b")
_FEWEST_LETTERS: Final = 12
_MOSTLY: Final = 0.7


def check_body(message: Message, rules: RuleBook) -> Iterator[Finding]:
    text = message.body
    if not _visible(text) and not message.media:
        yield Finding(Code.BODY_EMPTY, "There is nothing to read in the text.", "Write the text.")
    yield from _odd_characters(text)
    yield from _unfilled(text, rules)
    yield from _filled_with_nothing(message)
    yield from _tone(text, rules)


def quoted(text: str, place: Place) -> str:
    """The words at a place and where they stand, for staff: "{name}" (character 4)."""
    begin, end = place
    words = text[begin:end]
    short = words if len(words) <= 40 else f"{words[:39]}…"
    return f"“{short}” (character {begin + 1})"


def _visible(text: str) -> str:
    return "".join(_CONTROL.sub("", _INVISIBLE.sub("", text)).split())


def _odd_characters(text: str) -> Iterator[Finding]:
    hidden = [found for found in _INVISIBLE.finditer(text) if not _belongs(text, found.start())]
    if hidden:
        named = ", ".join(f"{_name(found[0])} (character {found.start() + 1})" for found in hidden[:5])
        yield Finding(
            Code.BODY_INVISIBLE,
            f"The text holds characters that nobody sees: {named}.",
            "Delete them, or write ordinary spaces; they usually come with pasted text.",
            tuple(found.span() for found in hidden),
        )
    if controls := list(_CONTROL.finditer(text)):
        named = ", ".join(f"U+{ord(found[0]):04X} (character {found.start() + 1})" for found in controls[:5])
        yield Finding(
            Code.BODY_CONTROL,
            f"The text holds control characters: {named}.",
            "Delete them.",
            tuple(found.span() for found in controls),
        )
    if halves := list(_SURROGATE.finditer(text)):
        yield Finding(
            Code.BODY_ILL_FORMED,
            f"Character {halves[0].start() + 1} is half of an emoji or other sign; no network can carry it.",
            "Write the sign again; something cut the text in the middle of it.",
            tuple(found.span() for found in halves),
        )
    if garbled := list(_garbled(text)):
        yield Finding(
            Code.BODY_MOJIBAKE,
            f"{quoted(text, garbled[0])} looks like text read in the wrong character set.",
            "Take the text from its source again, read as UTF-8.",
            tuple(garbled),
        )


def _belongs(text: str, at: int) -> bool:
    """Joiners stand inside emoji and in the scripts that need them, marks of direction in Hebrew and Arabic."""
    char = text[at]
    if char in _JOINERS:
        return 0 < at < len(text) - 1 and not (_is_common(text[at - 1]) or _is_common(text[at + 1]))
    if char in _MARKS_OF_DIRECTION:
        return any(unicodedata.bidirectional(other) in ("R", "AL") and other != char for other in text)
    return False


def _is_common(char: str) -> bool:
    """Latin, digits, spaces and signs that no joiner goes with."""
    return char < "\u0300" or _INVISIBLE.match(char) is not None


def _name(char: str) -> str:
    return unicodedata.name(char, f"U+{ord(char):04X}").lower()


def _garbled(text: str) -> Iterator[Place]:
    """Runs of characters that are the octets of UTF-8 in Windows-1252 or Latin-1, and signs of lost ones."""
    for found in _FOREIGN_RUN.finditer(text):
        if "\ufffd" in found[0] or any(_is_utf8(found[0], charset) for charset in ("cp1252", "latin-1")):
            yield found.span()


def _is_utf8(run: str, charset: str) -> bool:
    """Capitals before a French space or quotation mark (É\u00a0!) can be octets of letters that nobody uses."""
    try:
        meant = run.encode(charset).decode("utf-8")
    except UnicodeError:
        return False
    if len(meant) == len(run) or re.search("[\u0180-\u02ff]", meant):
        return False
    return len(run) > 2 or run[0] in "ÂÃ" or run[1] not in "\u00a0«»°"


def _unfilled(text: str, rules: RuleBook) -> Iterator[Finding]:
    fields = [
        (rule, match)
        for kind in (Kind.PLACEHOLDER, Kind.PLACEHOLDER_FIELD)
        for rule, match in rules.search(kind, text)
    ]
    if fields:
        rule, match = fields[0]
        yield Finding(
            Code.BODY_PLACEHOLDER,
            f"{quoted(text, match.span())} is a field that was not filled in.",
            "Give the field a value, or a default for recipients without one.",
            joined(match.span() for _, match in fields),
            rule,
        )
    blanks = list(rules.search(Kind.BLANK_MERGE, text))
    if blanks:
        rule, match = blanks[0]
        yield Finding(
            Code.BODY_BLANK_MERGE,
            f"At {quoted(text, match.span())} a field seems to have been filled with nothing.",
            "Fill in the recipient's value, or write the sentence without it.",
            joined(match.span() for _, match in blanks),
            rule,
        )


def _filled_with_nothing(message: Message) -> Iterator[Finding]:
    empty = [name for name, value in (message.values or {}).items() if not _visible(value)]
    if empty:
        yield Finding(
            Code.BODY_BLANK_MERGE,
            f"Nothing was filled into {', '.join(empty)}.",
            "Fill in the recipient's value, or write the sentence without it.",
        )


def _tone(text: str, rules: RuleBook) -> Iterator[Finding]:
    words = _LOUD_BY_CUSTOM.sub("", _LINK_OR_FIELD.sub("", _BRAND_IN_FRONT.sub("", text)))
    letters = [char for char in words if char.isalpha() and char.lower() != char.upper()]
    if len(letters) >= _FEWEST_LETTERS and sum(map(str.isupper, letters)) >= _MOSTLY * len(letters):
        yield Finding(
            Code.BODY_CAPS,
            "Most of the text is in capitals, as spam is.",
            "Write it in ordinary letters.",
        )
    loud = list(rules.search(Kind.SPAMMY, text))
    if loud:
        rule, match = loud[0]
        yield Finding(
            Code.BODY_SPAMMY,
            f"{quoted(text, match.span())} reads like spam to filters.",
            "Say it in plainer words.",
            joined(match.span() for _, match in loud),
            rule,
        )
