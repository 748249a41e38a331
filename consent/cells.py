"""Status words as they stand in the cells of an export: six meanings, never a boolean, nothing guessed.

A word nobody has explained is not recognised: the importer holds its row for a person. What a cell says is
only a claim of the system that wrote it; consent to e-mail is never read as consent to texts.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from types import MappingProxyType


class Meaning(StrEnum):
    """What a system says about one number."""

    IN = "in"
    OUT = "out"
    NEVER = "never"  # not opted in, but nothing was withdrawn
    PENDING = "pending"
    REDACTED = "redacted"
    UNKNOWN = "unknown"  # says nothing either way


class Polarity(StrEnum):
    """Which question a column answers: may we text, or must we not?"""

    OPT_IN = "opt_in"
    OPT_OUT = "opt_out"


class StatusWarning(StrEnum):
    """What is doubtful about a status cell."""

    NO_STATUS = "no_status"
    STATUS_UNRECOGNISED = "status_unrecognised"


@dataclass(frozen=True, slots=True)
class StatusCell:
    """What one cell says.

    `meaning` is None exactly when the word is not recognised. `text` is the cell, untouched. `warning` is
    None, or a StatusWarning: no_status for a blank, status_unrecognised for a word that waits for a person.
    """

    meaning: Meaning | None
    recognised: bool
    text: str
    warning: str | None = None


NO_VOCABULARY: Mapping[str, Meaning] = MappingProxyType({})


def read_status(
    raw: str, polarity: Polarity, vocabulary: Mapping[str, Meaning] = NO_VOCABULARY
) -> StatusCell:
    """Read one cell of a column whose polarity a person has confirmed; never raises on its text.

    `vocabulary` is what a person said this system's own words mean; it goes before the built-in words, with
    two limits. No vocabulary makes an opt-out column say "in", because the same system's "Yes" may stand in
    an opt-in column too: the built-in reading counts there, or the row waits for a person. And no blank ever
    says "in". ValueError if the vocabulary explains one word in two ways.
    """
    return _read(raw, polarity, _keyed(vocabulary))


class StatusReader:
    """Reads one column, remembering the words it has seen."""

    read: Callable[[str], StatusCell]

    def __init__(
        self, polarity: Polarity, vocabulary: Mapping[str, Meaning] = NO_VOCABULARY, *, remembered: int = 4096
    ) -> None:
        reading = partial(_read, polarity=polarity, explained=_keyed(vocabulary))
        self.read = lru_cache(maxsize=remembered)(reading)


# --- Words --------------------------------------------------------------------------------------------------

_QUOTES_AND_SPACE = "\"'`\u2018\u2019\u201c\u201d \t\r\n"
_DASH = r"\-\u2010-\u2015"
_JOINT = re.compile(rf"(?<=[^\W_])[\s_{_DASH}]+(?=[^\W_])")
_NUMBER_TAIL = re.compile(r"(?<=^[01])\.0*$")
_PLACEHOLDER = re.compile(rf"[\s_.{_DASH}]*")


def word_key(raw: str) -> str:
    """The form in which two spellings of a status are one: case, width, accents and joints do not count.

    "Opted-Out", "opted_out" and " OPTED OUT " share a key; so do "1" and "1.0". A dash in front stays: -1 is
    not 1.
    """
    if raw.isascii() and raw.isprintable():
        text = raw.casefold()
    else:
        text = unicodedata.normalize("NFKD", raw).casefold()
        text = "".join(sign for sign in text if sign.isspace() or unicodedata.category(sign) not in _UNSEEN)
    text = text.strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    text = text.strip(_QUOTES_AND_SPACE).rstrip(".!").strip(_QUOTES_AND_SPACE)
    return _NUMBER_TAIL.sub("", _JOINT.sub("", text))


_UNSEEN = ("Mn", "Cf", "Cc")  # accents, direction and width marks, control characters


def _keys(*words: str) -> frozenset[str]:
    return frozenset(word_key(word) for word in words)


# Answers to the column's question, whatever it is. Localised spreadsheets write TRUE and FALSE as the last
# ones.
YES = _keys(
    *("yes", "y", "true", "t", "1", "on", "x", "✓", "✔", "☑", "✅", "oui", "sí", "ja"),
    *("vrai", "wahr", "verdadero"),
)
NO = _keys(
    *("no", "n", "false", "f", "0", "off", "✗", "✘", "☐", "❌", "non", "nein"),
    *("faux", "falsch", "falso"),
)
# The state itself, whatever the column asks.
SAYS_IN = _keys(
    *("subscribed", "opted in", "opt in", "opt in sms", "sms opt in", "opted in sms"),
    *("single opt in", "confirmed opt in", "double opt in"),
)
SAYS_OUT = _keys(
    *("unsubscribed", "unsubscribe", "opted out", "opt out", "opt out sms", "sms opt out", "opted out sms"),
    *("revoked", "withdrawn", "stop", "stopped", "stop all", "blacklisted", "blocklisted"),
    *("dnc", "do not text", "do not sms", "do not contact"),
)
SAYS_NEVER = _keys(
    *("not subscribed", "never subscribed", "non subscribed", "no consent", "not set", "never"),
    *("not opted in", "never opted in"),
)
# These only make sense where the column asks for consent: an "active" opt-out could be either.
SAYS_IN_OF_CONSENT = _keys("active", "confirmed", "granted")
SAYS_PENDING = _keys(
    *("pending", "p", "unconfirmed", "not confirmed", "never confirmed"),
    *("awaiting confirmation", "pending confirmation"),
)
SAYS_GONE = _keys("redacted", "erased", "deleted", "archived", "cleaned")
SAYS_NOTHING = _keys(
    *(
        "null",
        "(null)",
        r"\N",
        "n/a",
        "#n/a",
        "na",
        "n.a.",
        "none",
        "nil",
        "nan",
        "undefined",
        "blank",
        "(blank)",
    ),
    *("empty", "(empty)", "unknown", "unknown state", "u"),
)

_MEANINGS: Mapping[Polarity, Mapping[str, Meaning]] = {
    Polarity.OPT_IN: {
        **dict.fromkeys(YES | SAYS_IN | SAYS_IN_OF_CONSENT, Meaning.IN),
        **dict.fromkeys(SAYS_OUT, Meaning.OUT),
        **dict.fromkeys(NO | SAYS_NEVER, Meaning.NEVER),
        **dict.fromkeys(SAYS_PENDING, Meaning.PENDING),
        **dict.fromkeys(SAYS_GONE, Meaning.REDACTED),
    },
    Polarity.OPT_OUT: {
        **dict.fromkeys(YES | SAYS_OUT, Meaning.OUT),
        # Who did not opt out has not opted in either: such a cell says nothing.
        **dict.fromkeys(NO | SAYS_NEVER | SAYS_IN, Meaning.UNKNOWN),
        **dict.fromkeys(SAYS_GONE, Meaning.REDACTED),
    },
}

# Some platforms list the channels a person agreed to, as in ['email', 'sms'].
TEXT_CHANNELS = _keys("sms", "mobile")
OTHER_CHANNELS = _keys("email", "web", "directmail", "push", "mobile push", "whatsapp")
_BRACKETED = re.compile(r"\s*[\[({](.*)[\])}]\s*", re.DOTALL)
_LIST_MARK = re.compile(r"[,;|]")


def _keyed(vocabulary: Mapping[str, Meaning]) -> Mapping[str, Meaning]:
    """The vocabulary by word_key; ValueError if it explains one word in two ways."""
    explained: dict[str, Meaning] = {}
    for word, meaning in vocabulary.items():
        known = explained.setdefault(word_key(word), meaning)
        if known is not meaning:
            raise ValueError(f"The vocabulary explains {word!r} both as {known} and as {meaning}: keep one.")
    return explained


def _read(raw: str, polarity: Polarity, explained: Mapping[str, Meaning]) -> StatusCell:
    key = word_key(raw)
    says_nothing = key in SAYS_NOTHING or _PLACEHOLDER.fullmatch(key) is not None
    meaning = explained.get(key)
    if meaning is Meaning.IN and (says_nothing or polarity is Polarity.OPT_OUT):
        meaning = None
    if meaning is not None:
        return StatusCell(meaning, True, raw)
    if says_nothing:
        return StatusCell(Meaning.UNKNOWN, True, raw, StatusWarning.NO_STATUS)
    meaning = _MEANINGS[polarity].get(key) or _read_channels(raw, polarity)
    if meaning is None:
        return StatusCell(None, False, raw, StatusWarning.STATUS_UNRECOGNISED)
    return StatusCell(meaning, True, raw)


def _read_channels(raw: str, polarity: Polarity) -> Meaning | None:
    """What a list of channels says about texts; None if it is no such list."""
    bracketed = _BRACKETED.fullmatch(raw)
    channels = {word_key(word) for word in _LIST_MARK.split(bracketed[1] if bracketed else raw)} - {""}
    if not channels <= TEXT_CHANNELS | OTHER_CHANNELS or not (channels or bracketed):
        return None
    if channels & TEXT_CHANNELS:
        return Meaning.IN if polarity is Polarity.OPT_IN else Meaning.OUT
    return Meaning.NEVER if polarity is Polarity.OPT_IN else Meaning.UNKNOWN


# --- Which way round a column is ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PolarityGuess:
    """A proposal for a person to confirm; `polarity` is None if neither header nor cells settle it."""

    polarity: Polarity | None
    why: str


_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_A_WORD = re.compile(r"[\W_]+")
_ASKS_OUT = re.compile(
    r"opt(?:ed|ing)? ?outs?\b|opt(?:ed)? ?out ?of|\bdo ?not|\bdon ?t\b|\bdn[cdt]\b|\bunsub\w*"
    r"|(?:black|block)list\w*|\bblocked\b|\bsuppress\w*|\bexcluded?\b|\bstop(?:ped)?\b|\brevoked?\b"
    r"|\bwithdrawn?\b|\bno (?:sms|mms|texts?|texting|messages|marketing)\b"
)
_ASKS_IN = re.compile(
    r"opt(?:ed|ing)? ?ins?\b|\baccept(?:s|ed)?\b|\bagree(?:s|d)?\b|\ballow(?:s|ed)?\b|\bwants?\b"
    r"|\b(?:ok|okay|can|may) (?:to )?(?:text|sms|message|receive)\b"
)
_ASKS_BOTH = re.compile(r"\bin (?:or |and )?out\b|\bout (?:or |and )?in\b")
_NEGATES = re.compile(r"\b(?:not|never|no|non|without)\b")
_ABOUT_CONSENT = re.compile(r"\b(?:consent\w*|subscri\w*|permissions?|marketing)\b")
_ABOUT_TEXTS = re.compile(r"sms|mms|text|mobile")
# Marketing by itself is e-mail in the exports that have such a column.
_ABOUT_OTHERS = re.compile(r"\b(?:e ?mail|calls?|fax|whatsapp|push|marketing)\b")


def guess_polarity(header: str, samples: Sequence[str]) -> PolarityGuess:
    """Propose a column's polarity from its header and, failing that, from a few of its cells."""
    words = _words_of(header)
    asks_out = _ASKS_OUT.search(words)
    rest = _ASKS_OUT.sub(" ", words)
    asks_in = _ASKS_IN.search(rest) or (None if asks_out else _ABOUT_CONSENT.search(rest))
    aside = _about_something_else(words)
    if (asks_out and asks_in) or _ASKS_BOTH.search(words):
        return _guess_from_cells("The header names both directions.", samples, aside)
    if asks_out:
        return PolarityGuess(
            Polarity.OPT_OUT, f'The header says "{asks_out[0].strip()}": a yes means no texts.{aside}'
        )
    if asks_in and _NEGATES.search(words):
        return _guess_from_cells("The header negates what it asks.", samples, aside)
    if asks_in:
        return PolarityGuess(
            Polarity.OPT_IN,
            f'The header says "{asks_in[0].strip()}": a yes claims that texts are allowed.{aside}',
        )
    return _guess_from_cells("The header does not say what a yes means.", samples, aside)


def _words_of(header: str) -> str:
    """'HasOptedOutOfMobile' and 'HAS_OPTED_OUT_OF_MOBILE' as 'has opted out of mobile'."""
    plain = "".join(
        sign for sign in unicodedata.normalize("NFKD", header) if unicodedata.category(sign) not in _UNSEEN
    )
    return _NOT_A_WORD.sub(" ", _HUMP.sub(" ", plain)).casefold().strip()


def is_about_texts(header: str) -> bool:
    """Whether the header of a column names texts."""
    return _ABOUT_TEXTS.search(_words_of(header)) is not None


def is_about_other_channel(header: str) -> bool:
    """Whether the header of a column names e-mail, calls or another channel, and no texts."""
    return bool(_about_something_else(_words_of(header)))


def _about_something_else(words: str) -> str:
    other = _ABOUT_OTHERS.search(words)
    if other is None or _ABOUT_TEXTS.search(words):
        return ""
    return f' It is about "{other[0]}", which says nothing about texts.'


def _guess_from_cells(doubt: str, samples: Iterable[str], aside: str) -> PolarityGuess:
    """Cells that name the state themselves need no question: they read the same as an opt-in column."""
    telling = SAYS_IN | SAYS_OUT | SAYS_NEVER | SAYS_PENDING
    for cell in samples:
        key = word_key(cell)
        if key in telling and len(key) > 1:
            why = f'{doubt} Its cells name the state, as in "{cell.strip()}".{aside}'
            return PolarityGuess(Polarity.OPT_IN, why)
    return PolarityGuess(None, f"{doubt} Please look at the cells and choose.{aside}")
