"""Folds what a person typed into plain lower-case words, so that one rule meets every way of writing the same thing."""

import re
import unicodedata
from dataclasses import dataclass

from consent.replies.words import FIRST_NAMES, RESPELLED

LONGEST_READ = 4000
"""Characters read of one reply: its beginning and its end. A text message has at most 1,600."""

_HEAD = 3000

# Format characters, controls and letters that show nothing: zero-width marks, soft hyphen, direction marks, fillers.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffc\U000e0000-\U000e0fff]"
)
_APOSTROPHES = re.compile("(?<=\\w)[’‘ʼ´`′ʹ＇‛](?=\\w)")
# Letters drawn as white on black: U+1F150 to 1F169 (round) and U+1F170 to 1F189 (square); NFKC leaves them alone.
_ENCLOSED = {start + i: chr(ord("a") + i) for start in (0x1F150, 0x1F170) for i in range(26)}
_STOP_SIGN = {ord("🛑"): " stop "}

_CONTRACTION = re.compile(r"(?<=\w)'(?=(?:t|s|m|re|ve|ll|d|all)\b)")
_TITLE = re.compile(r"\b(mrs?|ms|dr|sra?|mme)\.", re.IGNORECASE)
_NUMBER_SIGN = re.compile(r"(?<=\w)\s*#(?!\w)")
_BREAK = re.compile(r"\.{1,}|[!?;:\n\r…|—–•()\[\]{}¡¿]+")
_MARKED = re.compile(r"[^\W_]+|[.,]")

_TWO_WORDS = {
    ("do", "not"): "dont", ("does", "not"): "doesnt", ("did", "not"): "didnt", ("can", "not"): "cant",
    ("will", "not"): "wont", ("is", "not"): "isnt", ("are", "not"): "arent", ("was", "not"): "wasnt",
    ("would", "not"): "wouldnt", ("could", "not"): "couldnt", ("should", "not"): "shouldnt",
    ("have", "not"): "havent", ("has", "not"): "hasnt", ("do", "nt"): "dont", ("don", "t"): "dont",
    ("i", "m"): "im", ("i", "am"): "im", ("e", "mail"): "email", ("no", "1"): "nobody", ("thank", "you"): "thanks",
    ("por", "favor"): "porfavor", ("s", "il"): "sil", ("sil", "vous"): "sil", ("sil", "te"): "sil", ("sil", "plait"): "svp",
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
    between sentences and ` , ` for commas; `loose` leaves the commas out; `named` is `loose` with each person's name
    replaced by `NAME`. `squeezed` is every letter and digit run together.
    """

    words: tuple[str, ...]
    strict: str
    loose: str
    named: str
    squeezed: str

    @property
    def views(self) -> tuple[str, ...]:
        """The texts a phrase may be found in."""
        return tuple(dict.fromkeys((self.strict, self.loose, self.named)))


def visible(text: str) -> tuple[str, bool]:
    """The text without invisible characters, cut to its beginning and end if too long, and whether it was cut."""
    text = _INVISIBLE.sub("", text).strip()
    if len(text) <= LONGEST_READ:
        return text, False
    return f"{text[:_HEAD]}\n{text[_HEAD - LONGEST_READ :]}", True


def plain(text: str) -> str:
    """Compatibility forms unified (NFKC), case folded, accents dropped, apostrophes straight."""
    text = unicodedata.normalize("NFKC", _APOSTROPHES.sub("'", text).translate(_ENCLOSED))[: 2 * LONGEST_READ]
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


def fold(text: str) -> Folded:
    """Folds visible text; see `Folded`."""
    text = _APOSTROPHES.sub("'", text.translate(_ENCLOSED).translate(_STOP_SIGN))
    text = unicodedata.normalize("NFKC", text)[: 2 * LONGEST_READ]
    text = _TITLE.sub(r"\1", text)
    names = _names(text)
    lowered = plain(text)
    lowered = _NUMBER_SIGN.sub(" number ", _CONTRACTION.sub("", lowered))
    tokens = _spelled_out(_MARKED.findall(_BREAK.sub(" . ", lowered)))
    squeezed = "".join(token for token in tokens if token not in ".,")
    tokens = _respelled(tokens)
    strict = _marked(tokens)
    loose = _marked([token for token in tokens if token != ","])
    named = " ".join("NAME" if _is_name(token, names) else token for token in loose.split(" "))
    return Folded(tuple(token for token in tokens if token not in ".,"), strict, loose, named, squeezed)


def _names(text: str) -> frozenset[str]:
    """Words written with one capital in the middle of a sentence: mostly people, some brands."""
    found = re.findall(r"(?<=[\w,'’] )[^\W\d_a-z][a-zß-ÿ]{2,}(?:[-'’]?[A-Za-z]+)?", text)
    return frozenset(plain(word.removesuffix("'s").removesuffix("’s")) for word in found)


def _is_name(token: str, names: frozenset[str]) -> bool:
    """Whether a folded word is a person's name, or one's possessive."""
    return token in names or token in FIRST_NAMES or (token.endswith("s") and token[:-1] in FIRST_NAMES)


def _spelled_out(tokens: list[str]) -> list[str]:
    """Three or more single letters in a row are one word: s . t . o . p"""
    out: list[str] = []
    run: list[str] = []
    for token in [*tokens, ""]:
        if (len(token) == 1 and token.isalpha()) or (run and token in (".", ",") and token):
            run.append(token)
            continue
        letters = [piece for piece in run if piece not in ".,"]
        out += ["".join(letters)] if len(letters) >= 3 else run
        run = []
        if token:
            out.append(token)
    return out


def _respelled(tokens: list[str]) -> list[str]:
    """Texting shorthand written out, negations as one word, oaths dropped."""
    words = [piece for token in [*tokens, "."] for piece in RESPELLED.get(token, token).split()]
    out: list[str] = []
    for word in words:
        if word in _OATHS:
            continue
        if out and (pair := _TWO_WORDS.get((out[-1], word))):
            out[-1] = pair
        elif word in ".," and out[-2:] == ["any", "more"]:
            out[-2:] = ["anymore", word]
        elif word in _OATHS_AFTER_THE and out[-1:] == ["the"] and out[-2:-1] != ["to"]:
            out.pop()
        else:
            out.append(word)
    return out


def _marked(tokens: list[str]) -> str:
    """The tokens between sentence marks, marks never doubled."""
    out = ["."]
    for token in [*tokens, "."]:
        if token in ".," and out[-1] in ".,":
            out[-1] = min(out[-1], token, key=",.".find) if token == "," else "."
        else:
            out.append(token)
    return " " + " ".join(out)
