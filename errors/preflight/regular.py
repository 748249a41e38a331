"""Regular expressions that people write: which are refused because they could take for ever, and texts to try the
others on.

Python's matcher goes back and tries every way of dividing a text. A repetition inside a repetition has exponentially
many of them; such expressions are refused by their form. What is left grows with a power of the text's length at
most, which a trial on the worst texts shows.
"""

import re
from collections.abc import Iterator, Sequence
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

from errors.preflight.rules import BadRule

_LONG: Final = 20  # times: what may repeat more often counts as a loop
_LOOPS: Final = (codes.MAX_REPEAT, codes.MIN_REPEAT)
_LONGEST_TEXT: Final = 5_000
_MOST_TRIED: Final = 100  # repetitions of one expression
_OF_CLASS: Final = {
    codes.CATEGORY_DIGIT: "7",
    codes.CATEGORY_NOT_DIGIT: "a",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_SPACE: "a",
    codes.CATEGORY_WORD: "a",
    codes.CATEGORY_NOT_WORD: " ",
}


def refuse_endless(expression: str) -> None:
    """Raises BadRule for what is no regular expression, or for one that can take longer than anybody waits."""
    try:
        _walk(parser.parse(expression), in_loop=False)
        re.compile(expression)
    except re.error as problem:
        raise BadRule(f"This is no regular expression of Python's: {problem}.") from None
    except (RecursionError, OverflowError):
        raise BadRule("The expression is nested too deeply; make two rules of it.") from None


def _walk(nodes: Any, *, in_loop: bool) -> None:
    for what, about in nodes:
        if what in (*_LOOPS, codes.POSSESSIVE_REPEAT):
            least, most, inside = about
            if in_loop and least != most and what in _LOOPS:
                raise BadRule(
                    "A repetition stands inside a repetition, as in (a+)+: on some texts it would never end. Write "
                    "the inner one without +, * or ?, or limit the outer one to 20 times: {1,20}."
                )
            _walk(inside, in_loop=in_loop or most > _LONG)
        elif what is codes.BRANCH:
            if in_loop:
                raise BadRule(
                    "Alternatives stand inside a repetition, as in (a|ab)+: on some texts it would never end. Limit "
                    "the repetition to 20 times: {1,20}."
                )
            for branch in about[1]:
                _walk(branch, in_loop=in_loop)
        elif what in (codes.GROUPREF, codes.GROUPREF_EXISTS):
            raise BadRule(
                "It refers back to what it found before, which takes too long; write it without \\1."
            )
        elif what is codes.SUBPATTERN:
            _walk(about[3], in_loop=in_loop)
        elif what in (codes.ASSERT, codes.ASSERT_NOT):
            _walk(about[1], in_loop=in_loop)
        elif what is codes.ATOMIC_GROUP:
            _walk(about, in_loop=in_loop)


def hard_texts(expression: str) -> list[str]:
    """Texts on which the expression has most to do: each of its repetitions drawn out, and in the end no match."""
    parsed = list(parser.parse(expression))
    found = {sign * _LONGEST_TEXT for sign in {*_signs(parsed)} or {"a"}}
    for loop in range(min(_loops(parsed), _MOST_TRIED)):
        drawn = _drawn(parsed, [loop])
        found |= {drawn[: _LONGEST_TEXT - 1] + "\x00", (drawn[:200] * _LONGEST_TEXT)[:_LONGEST_TEXT]}
    return sorted(found)


def _signs(nodes: Sequence[Any]) -> Iterator[str]:
    """One character for each place of the expression that takes some."""
    for what, about in nodes:
        if what in (codes.LITERAL, codes.IN, codes.ANY, codes.NOT_LITERAL):
            yield _sign(what, about)
        else:
            for inside in _inside(what, about):
                yield from _signs(inside)


def _sign(what: Any, about: Any) -> str:
    if what is codes.LITERAL:
        return chr(about)
    if what is codes.IN:
        for kind, value in about:
            if kind is codes.LITERAL:
                return chr(value)
            if kind is codes.RANGE:
                return chr(value[0])
            if kind is codes.CATEGORY:
                return _OF_CLASS.get(value, "a")
    return "a"


def _inside(what: Any, about: Any) -> list[Any]:
    if what in (*_LOOPS, codes.POSSESSIVE_REPEAT):
        return [about[2]]
    if what is codes.BRANCH:
        return list(about[1])
    if what is codes.SUBPATTERN:
        return [about[3]]
    if what in (codes.ASSERT, codes.ASSERT_NOT):
        return [about[1]]
    return [about] if what is codes.ATOMIC_GROUP else []


def _loops(nodes: Sequence[Any]) -> int:
    """How many long repetitions there are."""
    count = 0
    for what, about in nodes:
        count += what in _LOOPS and about[1] > _LONG
        count += sum(_loops(inside) for inside in _inside(what, about))
    return count


def _drawn(nodes: Sequence[Any], wanted: list[int]) -> str:
    """A text that fits, with the wanted one of its repetitions drawn out; counted down in place."""
    text = ""
    for what, about in nodes:
        if what in (codes.LITERAL, codes.IN, codes.ANY, codes.NOT_LITERAL):
            text += _sign(what, about)
        elif what in _LOOPS:
            is_wanted = about[1] > _LONG and wanted[0] == 0
            wanted[0] -= about[1] > _LONG
            once = _drawn(about[2], wanted)
            text += once * (_LONGEST_TEXT // max(len(once), 1) if is_wanted else min(max(about[0], 1), _LONG))
        elif what is codes.BRANCH:
            text += _drawn(about[1][0], wanted)
        elif what not in (codes.ASSERT, codes.ASSERT_NOT):
            text += "".join(_drawn(inside, wanted) for inside in _inside(what, about))
        text = text[:_LONGEST_TEXT]  # of repetitions inside repetitions there is no end
    return text
