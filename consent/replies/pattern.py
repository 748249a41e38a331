"""A small notation for phrases, compiled to regular expressions that cannot run away.

A phrase is a line of items separated by spaces and matched against folded text (see `normalise`), where words are
separated by one space and ` . ` stands at both ends and between sentences:

    word        that word                       a|b|c       one of these
    stem*       a word that begins so           do_not      two words as one alternative
    {name}      one of a named vocabulary       [item]      may be missing
    ~3          up to three words, any          !a|b        the next word is none of these
    <a|b        the word before is none of these
    ^  $        a sentence or clause begins, a sentence ends (courtesy may trail); `a|$` is the word or the end
    *           any one word
    NAME        a person's name         CAPITAL     a capitalised word that may be one        PHONE   a phone number

Every gap is bounded and nothing repeats inside a repetition, so the cost grows linearly with the text. A phrase is only
tried on a text that has one of the words it cannot do without.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

# Words after a request that leave it one.
_TRAILING = (
    "please", "thanks", "thank", "sorry", "svp", "merci", "gracias", "porfavor", "sir", "maam", "man", "bro", "lol",
    "ok", "okay", "now", "asap", "immediately", "today", "already", "anymore", "again", "ever", "guys", "people",
    "folks", "yall", "bye", "desole", "disculpe", "perdon", "obrigado", "bitte", "danke",
)  # fmt: skip
NAME, CAPITAL, PHONE = "NAME", "CAPITAL", "PHONE"
_END = rf"(?: (?:{'|'.join(_TRAILING)}|,)){{0,4}} \."


@dataclass(frozen=True)
class Phrase:
    """One phrase as a regular expression, the words of which a text must have one (stems end in `*`), and whether it
    speaks of names or phone numbers."""

    expression: str
    anchors: frozenset[str]
    names: bool

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when first tried: most phrases of most languages never are."""
        return re.compile(self.expression)


@dataclass(frozen=True)
class Phrases:
    """Phrases of one meaning, tried in order."""

    phrases: tuple[Phrase, ...]

    def find(self, text: str) -> str | None:
        """The first phrase that occurs in folded text, as it stands there; None if none does."""
        for phrase in self._possible(text):
            if found := phrase.pattern.search(text):
                return found.group().strip(" .,")
        return None

    def blank(self, text: str) -> str:
        """Folded text with every such phrase replaced by one sentence mark."""
        for phrase in self._possible(text):
            text = phrase.pattern.sub(" .", text)
        return text

    def _possible(self, text: str) -> list[Phrase]:
        """The phrases one of whose indispensable words the text has, in order."""
        words = set(text.split(" "))
        numbers = {number for word in words for number in self._by_word.get(word, ())}
        for word in words:
            if word.startswith(self._stems):
                numbers.update(
                    n for stem in self._stems if word.startswith(stem) for n in self._by_word[f"{stem}*"]
                )
        # A text with names in it is a second look: only the phrases about them can add to the first.
        named = not words.isdisjoint((NAME, CAPITAL, PHONE))
        return [self.phrases[n] for n in sorted(numbers) if self.phrases[n].names or not named]

    @cached_property
    def _by_word(self) -> dict[str, list[int]]:
        by_word: dict[str, list[int]] = {}
        for number, phrase in enumerate(self.phrases):
            for word in phrase.anchors:
                by_word.setdefault(word, []).append(number)
        return by_word

    @cached_property
    def _stems(self) -> tuple[str, ...]:
        return tuple(sorted(word.removesuffix("*") for word in self._by_word if word.endswith("*")))


def phrases(lines: str, vocabulary: Mapping[str, str] | None = None) -> Phrases:
    """Compiles one phrase per line. Raises ValueError for a phrase that could match any text, KeyError for an unknown
    vocabulary. `{name}` is NAME or CAPITAL."""
    written = (line.strip() for line in lines.splitlines())
    return Phrases(
        tuple(
            _phrase(line, {"name": f"{NAME} {CAPITAL}"} | dict(vocabulary or {})) for line in written if line
        )
    )


def joined(*groups: Phrases) -> Phrases:
    """Several groups of one meaning as one."""
    return Phrases(tuple(phrase for group in groups for phrase in group.phrases))


def _phrase(line: str, vocabulary: Mapping[str, str]) -> Phrase:
    items = line.split()
    # Of the items that must occur, the rarest: the one with the fewest alternatives, everyday stems last.
    needed = [
        list(_words(item, vocabulary))
        for item in items
        if item[0] not in "[~!<^$" and "$" not in item.split("|")
    ]
    if not needed:
        raise ValueError(f"a phrase needs one word that must occur: {line!r}")
    anchors = min(needed, key=lambda words: (any(word[0] == "*" for word in words), len(words)))
    expression = "".join(_item(item, vocabulary) for item in items)
    speaks_of_names = any(mark in line for mark in (NAME, CAPITAL, PHONE, "{name}"))
    return Phrase(expression, frozenset(_key(word.split(" ")[0]) for word in anchors), speaks_of_names)


def _key(word: str) -> str:
    """A word, or the beginning it must have with a star."""
    stem, star, _ = word.partition("*")
    return stem + star


def _item(item: str, vocabulary: Mapping[str, str]) -> str:
    if item == "^":
        return " [.,]"
    if item == "$":
        return _END
    if item.strip("[]").startswith("~"):
        return rf"(?: [^ .,]+){{0,{int(item.strip('[]~'))}}}"
    if item[0] == "!":
        return rf"(?! (?:{_alternatives(item[1:], vocabulary)})(?= ))"
    if item[0] == "<":
        return "".join(f"(?<! {word})" for word in _words(item[1:], vocabulary))
    if item[0] == "[":
        return rf"(?: (?:{_alternatives(item[1:-1], vocabulary)})(?= ))?"
    if "$" in item.split("|"):
        rest = "|".join(part for part in item.split("|") if part != "$")
        return rf"(?: (?:{_alternatives(rest, vocabulary)})(?= )|{_END})"
    return rf" (?:{_alternatives(item, vocabulary)})(?= )"


def _words(item: str, vocabulary: Mapping[str, str]) -> Iterator[str]:
    """The alternatives of an item, vocabularies opened."""
    for part in item.split("|"):
        if part.startswith("{"):
            yield from _words("|".join(vocabulary[part[1:-1]].split()), vocabulary)
        else:
            yield part.replace("_", " ")


def _alternatives(item: str, vocabulary: Mapping[str, str]) -> str:
    written = (
        re.escape(word).replace(r"\*", "[^ .,]*").replace(r"\ ", " ") for word in _words(item, vocabulary)
    )
    return "|".join(dict.fromkeys(written))
