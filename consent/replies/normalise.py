"""Folds what a person typed into plain lower-case words, so that one rule meets every way of writing the same thing."""

# ruff: noqa: E501 - tables of words and patterns are kept as they read

import re
from dataclasses import dataclass, replace

from consent.replies.letters import PIECE, lowered, unified
from consent.replies.pattern import CAPITAL, NAME, PHONE, Phrases
from consent.replies.words import COURTESY, FIRST_NAMES, RESPELLED, STOP_WORDS

LONGEST_READ = 4000
"""Characters read of one reply: its beginning and its end. A text message has at most 1,600."""

_HEAD = 3000

# Format characters, controls and letters that show nothing: zero-width marks, soft hyphen, direction marks, fillers.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffc\U000e0000-\U000e0fff]"
)
_APOSTROPHES = re.compile("(?<=\\w)[’‘ʼ´`′ʹ＇‛](?=\\w)")
_MASKED_OATH = re.compile(r"\b(?:mf|motherf|bulls|f|s|d|a|b)[*@#$%&]{2,}\w*", re.IGNORECASE)
_DOLLAR = re.compile(r"\$(?=[^\W\d_])")  # $top
_STOP_SIGN = {ord("🛑"): " stop "}

_CONTRACTION = re.compile(r"(?<=\w)'(?=(?:t|s|m|re|ve|ll|d|all)\b)|(?<=\bnon)[-‐](?=stop)")
_TITLE = re.compile(r"\b(mrs?|ms|dr|sra?|mme)\.", re.IGNORECASE)
_NUMBER_SIGN = re.compile(
    r"\b(wr?on?g|rong|this|that|my|our|the|your|ur|phone|cell|right|new|old|same)\s*#(?!\w)"
)
_TO_DO = re.compile(r"\b(want|wish|like) 2 (?=[a-z])")  # dont want 2 receive these
# A dash before a signature, as in STOP -Maria, ends the sentence; the one in opt-out or non -stop does not.
_BREAK = re.compile(r"(?<=\w)(?<!\bnon)\s+-(?=[^\W\d_])|\.{1,}|[!?;:؟؛۔।॥。።။\n\r…|—–•()\[\]{}¡¿]+")
# A phone number in groups of digits, and how many digits one has.
_PHONE = re.compile(r"(?<![\w.])\+?\(?\d[\d() .-]{8,18}\d(?!\w)")
_PHONE_DIGITS = range(10, 16)
# Latin letters run into those of a script without spaces, where a new word begins.
_SCRIPTS_MEET = re.compile(r"(?<=[a-z])(?=[\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u3040-\ud7ff])")
_HELD = re.compile(r"(.)\1{2,}")
_MARKS = (".", ",")
_CAPITALISED = re.compile(
    r"(?<=[\w,'] )(?!(?:Mrs|Miss|Sra|Mme|Mlle)\b)[^\W\d_a-z][a-zß-ÿ]{2,}(?:[-']?[A-Za-z]+)?"
)

_TWO_WORDS = {
    ("do", "not"): "dont", ("does", "not"): "doesnt", ("did", "not"): "didnt", ("can", "not"): "cant",
    ("will", "not"): "wont", ("is", "not"): "isnt", ("are", "not"): "arent", ("was", "not"): "wasnt",
    ("would", "not"): "wouldnt", ("could", "not"): "couldnt", ("should", "not"): "shouldnt",
    ("have", "not"): "havent", ("has", "not"): "hasnt", ("do", "nt"): "dont", ("don", "t"): "dont",
    ("i", "m"): "im", ("i", "am"): "im", ("e", "mail"): "email", ("no", "1"): "nobody", ("thank", "you"): "thanks",
    ("por", "favor"): "porfavor", ("x", "favor"): "porfavor", ("s", "il"): "sil", ("sil", "vous"): "sil", ("sil", "te"): "sil", ("sil", "plait"): "svp",
    ("stp", "svp"): "svp",
    ("no", "one"): "nobody", ("un", "subscribe"): "unsubscribe", ("un", "enroll"): "unenroll", ("un", "sub"): "unsub",
    ("re", "subscribe"): "resubscribe", ("cell", "phone"): "phone", ("text", "message"): "text", ("text", "messages"): "texts",
}  # fmt: skip
_OATHS = {"fucking", "fuckin", "fkn", "fking", "effing", "freaking", "freakin", "frickin", "damn", "damned", "goddamn",
          "bloody", "motherfucking", "dang", "tf"}  # fmt: skip
_OATHS_AFTER_THE = {"fuck", "hell", "heck", "f"}


@dataclass(frozen=True, slots=True)
class Folded:
    """A reply as folded words.

    `words` are the words alone. `strict` is the text the phrases are matched against, with ` . ` at both ends and
    between sentences and ` , ` for commas; `loose` leaves the commas out; `named` is `loose` with first names
    replaced by `NAME`, other capitalised words by `CAPITAL` and phone numbers by `PHONE`. `squeezed` is every letter
    and digit run together.
    """

    words: tuple[str, ...]
    strict: str
    loose: str
    named: str
    squeezed: str

    def find(self, phrases: Phrases) -> str | None:
        """The first of the phrases that the reply says, None if it says none."""
        views = dict.fromkeys((self.strict, self.loose, self.named))
        return next((found for view in views if (found := phrases.find(view))), None)

    def without(self, phrases: Phrases) -> "Folded":
        """The reply with such phrases blanked out."""
        strict, loose, named = (phrases.blank(view) for view in (self.strict, self.loose, self.named))
        return replace(
            self, words=tuple(loose.replace(".", " ").split()), strict=strict, loose=loose, named=named
        )


def visible(text: str) -> tuple[str, bool]:
    """The text without invisible characters, cut to its beginning and end if too long, and whether it was cut."""
    text = _INVISIBLE.sub("", text).strip()
    if len(text) <= LONGEST_READ:
        return text, False
    return f"{text[:_HEAD]}\n{text[_HEAD - LONGEST_READ :]}", True


def fold(text: str) -> Folded:
    """Folds visible text; see `Folded`."""
    text = _PHONE.sub(_digits, _unified(text))
    capitalised = frozenset(lowered(word.removesuffix("'s")) for word in _CAPITALISED.findall(text))
    plain = _NUMBER_SIGN.sub(r"\1 number ", _TO_DO.sub(r"\1 to ", _CONTRACTION.sub("", lowered(text))))
    spelled = _spelled_out(PIECE.findall(_BREAK.sub(" . ", _SCRIPTS_MEET.sub(" ", plain))))
    pieces = _respelled(spelled)
    loose = _marked([piece for piece in pieces if piece != ","])
    return Folded(
        words=_words_of(pieces),
        strict=_marked(pieces),
        loose=loose,
        named=" ".join(_name_mark(piece, capitalised) for piece in loose.split(" ")),
        squeezed="".join(_words_of(spelled)),
    )


def _unified(text: str) -> str:
    """Apostrophes straight, stop signs and other letters drawn oddly as letters, oaths masked with signs left out."""
    text = _APOSTROPHES.sub("'", text.translate(_STOP_SIGN))
    text = _DOLLAR.sub("s", unified(_MASKED_OATH.sub(" ", text)))
    # One character may become eighteen; a folded text stays as short as a read one.
    return _TITLE.sub(r"\1", text[: 2 * LONGEST_READ])


def _digits(number: re.Match[str]) -> str:
    """The digits of a phone number in one piece; other rows of digits as they are."""
    digits = re.sub(r"\D", "", number.group())
    return digits if len(digits) in _PHONE_DIGITS else number.group()


def _name_mark(word: str, capitalised: frozenset[str]) -> str:
    """NAME for a first name or its possessive, CAPITAL for another word capitalised in the middle of a sentence, PHONE
    for a phone number."""
    if word.isdigit() and len(word) in _PHONE_DIGITS:
        return PHONE
    if word in FIRST_NAMES or (word.endswith("s") and word[:-1] in FIRST_NAMES):
        return NAME
    return CAPITAL if word in capitalised or word.removesuffix("s") in capitalised else word


def _words_of(pieces: list[str]) -> tuple[str, ...]:
    return tuple(piece for piece in pieces if piece not in _MARKS)


def _spelled_out(pieces: list[str]) -> list[str]:
    """Three or more single letters in a row become one word: s . t . o . p"""
    out: list[str] = []
    run: list[str] = []
    for piece in [*pieces, ""]:
        if (len(piece) == 1 and piece.isalpha()) or (run and piece in _MARKS):
            run.append(piece)
            continue
        out += _joined_letters(run)
        run = []
        if piece:
            out.append(piece)
    return out


def _joined_letters(run: list[str]) -> list[str]:
    letters = "".join(_words_of(run))
    if len(letters) < 3:
        return run
    if letters[:-1] in STOP_WORDS:  # S.T.O.P. I mean it
        return [letters[:-1], ".", letters[-1]]
    return [letters]


def _respelled(pieces: list[str]) -> list[str]:
    """Texting shorthand written out, negations as one word, oaths dropped."""
    out: list[str] = []
    for word in [part for piece in [*pieces, "."] for part in _written_out(piece).split()]:
        if word in _OATHS:
            continue
        if out and (pair := _TWO_WORDS.get((out[-1], word))):
            out[-1] = pair
        elif word in _MARKS and out[-2:] == ["any", "more"]:
            out[-2:] = ["anymore", word]
        elif word in _OATHS_AFTER_THE and out[-1:] == ["the"] and out[-2:-1] != ["to"]:
            out.pop()
        else:
            out.append(word)
    return out


def _written_out(word: str) -> str:
    """Shorthand as it is meant; a courtesy with a letter held too long (pleeeease) as it is spelled."""
    if word not in RESPELLED and (short := _HELD.sub(r"\1", word)) in COURTESY:
        return short
    return RESPELLED.get(word, word)


def _marked(pieces: list[str]) -> str:
    """The words between sentence marks; of marks in a row the strongest stays."""
    out = ["."]
    for piece in [*pieces, "."]:
        if piece in _MARKS and out[-1] in _MARKS:
            out[-1] = "." if "." in (piece, out[-1]) else ","
        else:
            out.append(piece)
    return " " + " ".join(out)
