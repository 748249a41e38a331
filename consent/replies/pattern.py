"""A small notation for phrases, compiled to regular expressions that cannot run away.

A phrase is a line of items separated by spaces and matched against folded text (see `normalise`), where words are
separated by one space and ` . ` stands at both ends and between sentences:

    word        that word                       a|b|c       one of these
    stem*       a word that begins so           do_not      two words as one alternative
    {name}      one of a named vocabulary       [item]      may be missing
    ~3          up to three words, any          !a|b        the next word is none of these
    <a|b        the word before is none of these
    ^  $        a sentence begins, ends (courtesy words may trail)

Every gap is bounded and nothing repeats inside a repetition, so the cost grows linearly with the text.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

TRAILING = (
    "please thanks thank sorry svp merci gracias porfavor sir maam man bro lol ok okay now asap immediately today already"
    " anymore again ever guys people folks yall bye desole disculpe perdon obrigado bitte danke"
).split()

_END = rf"(?: (?:{'|'.join(TRAILING)}|,)){{0,4}} \."


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases of one meaning, tried in order."""

    patterns: tuple[re.Pattern[str], ...]

    def find(self, text: str) -> str | None:
        """The first phrase that occurs in folded text, as it stands there; None if none does."""
        for pattern in self.patterns:
            if found := pattern.search(text):
                return found.group().strip(" .,")
        return None

    def blank(self, text: str) -> str:
        """Folded text with every such phrase replaced by one sentence mark."""
        for pattern in self.patterns:
            text = pattern.sub(" .", text)
        return text


def phrases(lines: str, vocabulary: Mapping[str, str] | None = None) -> Phrases:
    """Compiles one phrase per line; empty lines and what follows a ` # ` are for the reader."""
    written = (line.split(" # ")[0].strip() for line in lines.splitlines())
    return Phrases(tuple(re.compile(_regex(line, vocabulary or {})) for line in written if line))


def joined(*groups: Phrases) -> Phrases:
    """Several groups of one meaning as one."""
    return Phrases(tuple(pattern for group in groups for pattern in group.patterns))


def _regex(line: str, vocabulary: Mapping[str, str]) -> str:
    return "".join(_item(item, vocabulary) for item in line.split())


def _item(item: str, vocabulary: Mapping[str, str]) -> str:
    if item == "^":
        return r" \.(?: ,)?"
    if item == "$":
        return _END
    if item.strip("[]").startswith("~"):
        return rf"(?: \w+){{0,{int(item.strip('[]~'))}}}"
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
        re.escape(word).replace(r"\*", r"\w*").replace(r"\ ", " ") for word in _words(item, vocabulary)
    )
    return "|".join(dict.fromkeys(written))
