"""Whether a text can be read by the people it is for."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Flesch's reading ease (1948), English alone: 60 and more is plain English, below 40 takes a lawyer.
EASY, HARD = 60.0, 40.0
LONGEST_MEAN = 25  # words a sentence on average; ES and FR, where syllables are counted otherwise, go by this
LONGEST = 45  # words of one sentence

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Tried where a word begins and nowhere in it: a long run without a space costs no more than its length.
_LINK = re.compile(r"(?<!\S)\S+?(?:://|\.(?:com|net|org|ca|mx|fr|es|us|io)\b)\S*")
_END = re.compile(r"[.!?;:]+(?=\s|$)|\n+")
_VOWELS = re.compile(r"[aeiouy]+")


@dataclass(frozen=True, slots=True)
class Plain:
    """`ease` is Flesch's reading ease of an English text, None for others. `sentence` is the longest one's words."""

    words: int
    ease: float | None
    sentence: int
    problem: str

    @property
    def is_plain(self) -> bool:
        return not self.problem


def plain(text: str, language: str) -> Plain:
    """How easily a text reads, and what stands in the way. Links and numbers are no words."""
    sentences = [words for piece in _END.split(_LINK.sub(" ", text)) if (words := _WORD.findall(piece))]
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return Plain(0, None, 0, "There is no text to read.")
    longest = max(len(sentence) for sentence in sentences)
    mean = len(words) / len(sentences)
    ease = _ease(words, mean) if language.startswith("en") else None
    return Plain(len(words), ease, longest, _problem(ease, mean, longest))


def _problem(ease: float | None, mean: float, longest: int) -> str:
    if longest > LONGEST:
        return f"One sentence has {longest} words; make several of it."
    if ease is not None and ease < HARD:
        return f"It is hard to read (reading ease {ease:.0f}, {HARD:.0f} is the least): use shorter words."
    if ease is None and mean > LONGEST_MEAN:
        return f"Its sentences have {mean:.0f} words on average; {LONGEST_MEAN} is the most that reads well."
    return ""


def _ease(words: list[str], mean: float) -> float:
    syllables = sum(_syllables(word.casefold()) for word in words)
    return round(206.835 - 1.015 * mean - 84.6 * syllables / len(words), 1)


def _syllables(word: str) -> int:
    """Groups of vowels, without a silent e at the end."""
    groups = len(_VOWELS.findall(word))
    if word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1:
        groups -= 1
    return max(1, groups)
