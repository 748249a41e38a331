"""A code in plain words: what happened, every cause it may stand for, what to do about it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from errors.catalogue.book import shipped
from errors.catalogue.categories import Adjust, Category
from errors.catalogue.channels import channel_of
from errors.catalogue.facts import CodeFacts, Confidence, Phase
from errors.catalogue.normal import normal_code
from errors.catalogue.tables import BrokenTable

WORDS = Path(__file__).parent / "words"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What staff read about a code. `candidates`: all causes it may stand for; one or none when there is no doubt.

    `own_words`: the code has a text of its own; otherwise its category speaks for it."""

    summary: str
    candidates: tuple[str, ...]
    remedy: str
    adjust: tuple[Adjust, ...]
    retry_words: str
    confidence_words: str
    own_words: bool


@dataclass(frozen=True, slots=True)
class _Text:
    summary: str
    candidates: tuple[str, ...] = ()
    remedy: str = ""


def explain(facts: CodeFacts, phase: Phase | None = None) -> Explanation:
    """The explanation of a code that came in `phase` (None: where it usually comes)."""
    text = texts().get((facts.catalogue, normal_code(facts.code, facts.provider, facts.product)))
    kind = facts.kind
    # What was written for the catalogue's reading does not fit another classification made here.
    if text is not None and facts.category is not _shipped_category(facts):
        text = None
    summary = text.summary if text else _by_category(facts)
    return Explanation(
        summary=summary,
        candidates=text.candidates if text else (),
        remedy=(text.remedy if text and text.remedy else kind.remedy),
        adjust=kind.adjust,
        retry_words=facts.advice(phase).words,
        confidence_words=confidence_words(facts),
        own_words=text is not None,
    )


def confidence_words(facts: CodeFacts) -> str:
    """How sure the meaning is, as a sentence."""
    if not facts.source:
        return "Not in any catalogue: met in a log, and known only from what staff wrote here."
    if facts.confidence is Confidence.CONTRADICTED:
        return (
            "The provider's own pages contradict each other about this code. Trust the title that comes with it, "
            "not the number alone."
        )
    if facts.confidence is Confidence.UNCONFIRMED:
        return (
            "Not confirmed: the source is incomplete, stands alone, or was not checked. Treat it as a hint."
        )
    return "Confirmed by a published source."


def _by_category(facts: CodeFacts) -> str:
    if facts.is_notice:
        return f"A notice, not a failure: {facts.mark or facts.name}."
    if facts.category is Category.UNKNOWN and not facts.code:
        return "The message failed and the provider gave no code."
    return facts.kind.meaning


def _shipped_category(facts: CodeFacts) -> Category:
    fact = shipped().get(*facts.key)
    return fact.category if fact else facts.category


@cache
def texts() -> Mapping[tuple[str, str], _Text]:
    """(catalogue, code) -> its own words. Raises BrokenTable for a damaged file."""
    found: dict[tuple[str, str], _Text] = {}
    for path in sorted(WORDS.glob("*.toml")):
        channel = channel_of(path.stem)
        try:
            for entry in tomllib.loads(path.read_text(encoding="utf-8"))["code"]:
                text = _Text(entry["says"], tuple(entry.get("causes", ())), entry.get("do", ""))
                for code in entry["codes"]:
                    found[path.stem, normal_code(code, channel.provider, channel.product)] = text
        except (tomllib.TOMLDecodeError, KeyError) as problem:
            raise BrokenTable(f"{path.name}: {problem}; restore the file from the release") from problem
    return MappingProxyType(found)
