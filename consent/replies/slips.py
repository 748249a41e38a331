"""Slips of the finger in short replies: STPO, STIP, st0p, stopppp, cancle.

Plain edit distance is no measure here: it makes an opt-out of "shop". Counted as slips are two neighbours swapped,
one key hit beside the right one, letters held too long, digits for letters, and in long words any two small errors.
"""

import re

from consent.replies.words import REAL_WORDS

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# Each row stands half a key to the right of the one above it.
_BESIDE = {
    letter: frozenset(
        row[max(0, i - 1) : i]
        + row[i + 1 : i + 2]
        + "".join(above[i : i + 2] for above in _ROWS[r - 1 : r])
        + "".join(below[max(0, i - 1) : i + 1] for below in _ROWS[r + 1 : r + 2])
    )
    for r, row in enumerate(_ROWS)
    for i, letter in enumerate(row)
}
_LOOK_ALIKE = str.maketrans("013457@$", "oieast" + "as")
KEYWORDS = (
    "stop",
    "quit",
    "cancel",
    "revoke",
    "unsubscribe",
    "optout",
    "stopall",
    "unsub",
    "arret",
    "arretez",
    "end",
)
"""The words a whole reply may have meant."""
PHRASE_WORDS = (
    "stop",
    "sending",
    "remove",
    "unsubscribe",
    "texting",
    "messages",
    "messaging",
    "number",
    "wrong",
    "delete",
    "opting",
)
"""The words that carry a request in a longer reply."""
# Words no other word is like, and words of a phrase that the rest of the phrase makes sure of.
_FORGIVING = frozenset(
    ("number", "texting", "messages", "remove", "delete", "cancel", "revoke", "optout", "arretez")
)
_SHORTEST, _LONG, _LONGEST = 4, 8, 40
_MISSED_LETTER = {"sop": "stop", "sto": "stop", "stpp": "stop", "cncel": "cancel", "stob": "stop", "stap": "stop",
                  "stopt": "stop", "sotop": "stop", "stopp": "stop", "stope": "stop", "stopo": "stop", "stpop": "stop",
                  "qit": "quit", "stp": "stop", "stahp": "stop", "stawp": "stop", "unsu": "unsub"}  # fmt: skip


def meant(word: str, targets: tuple[str, ...]) -> str | None:
    """The target a mistyped word stands for, or None. A word that is spelled right stands for itself: None."""
    if word in REAL_WORDS or word in targets or len(word) > _LONGEST or word.isdigit():
        return None
    word = word.translate(_LOOK_ALIKE)
    if _MISSED_LETTER.get(word) in targets:
        return _MISSED_LETTER[word]
    if word in REAL_WORDS:
        return None
    return next((target for target in targets if _slipped(word, target)), None)


def _slipped(word: str, target: str) -> bool:
    squeezed = _squeezed(word)
    if squeezed == _squeezed(target):
        return True
    if len(target) < _SHORTEST:
        return False
    if any(_swapped(form, target) or _beside(form, target) for form in {word, squeezed}):
        return True
    if _pressed_too(word, target):
        return True
    allowed = 2 if len(target) >= _LONG else target in _FORGIVING
    alike = word[0] == target[0] or (
        len(target) >= _LONG and target[1:] in (word, word[1:])
    )  # rmove, nsubscribe, on subscribe
    return alike and _distance(word, target) <= allowed


def _squeezed(word: str) -> str:
    return "".join(letter for i, letter in enumerate(word) if word[i - 1 : i] != letter)


def _swapped(word: str, target: str) -> bool:
    if len(word) != len(target):
        return False
    wrong = [i for i, (a, b) in enumerate(zip(word, target, strict=True)) if a != b]
    return (
        len(wrong) == 2
        and wrong[1] == wrong[0] + 1
        and (word[wrong[0]], word[wrong[1]])
        == (
            target[wrong[1]],
            target[wrong[0]],
        )
    )


def _beside(word: str, target: str) -> bool:
    if len(word) != len(target):
        return False
    wrong = [(a, b) for a, b in zip(word, target, strict=True) if a != b]
    return len(wrong) == 1 and wrong[0][0] in _BESIDE.get(wrong[0][1], ())


def _pressed_too(word: str, target: str) -> bool:
    """Whether a key was hit together with the right one beside it: stoip."""
    return any(
        word[:i] + word[i + 1 :] == target
        and extra in _BESIDE
        and not _BESIDE[extra].isdisjoint(word[i - 1 : i + 2])
        for i, extra in enumerate(word)
        if i
    )


def _distance(word: str, target: str) -> int:
    """Levenshtein's distance of two short words."""
    row = list(range(len(target) + 1))
    for i, letter in enumerate(word, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(target, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (letter != other))
    return row[-1]


_RUN_TOGETHER = re.compile(
    "please|pls|plz|unsubscribe|unsub|stop|quit|end|remove|opt|out|dont|leave|alone|take|off|texting|txting|texts|text|txt|sms"
    "|messaging|messages|msgs|contacting|sending|spamming|spam|these|this|it|me|my|number|from|your|list|now|forever|ever|thanks|[124]"
)


def run_together(squeezed: str) -> str | None:
    """A request written without spaces, taken apart: stoptextingme, stop2end, stopppit. None if it has other words."""
    for letters in (squeezed[:_LONGEST], _squeezed(squeezed[:_LONGEST])):
        words = _RUN_TOGETHER.findall(letters)
        if len(words) > 1 and "".join(words) == letters and len(squeezed) <= _LONGEST:
            return " ".join(word for word in words if word.isalpha())
    return None
