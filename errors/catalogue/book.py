"""The catalogues as one book: looked up by provider, product, phase and code, never by the code alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from errors.catalogue.categories import Category, Retry
from errors.catalogue.channels import Channel, channel_of
from errors.catalogue.facts import CodeFacts, Confidence, Phase, Scope
from errors.catalogue.normal import normal_code
from errors.catalogue.tables import BrokenTable, read, rows
from errors.catalogue.titles import categories_in

FILES = Path(__file__).parent.parent / "codes"
# Reports and exports carry what happened after acceptance; among readings of one code that one is likelier.
_LIKELIER = (Phase.DELIVERY, Phase.SUBMIT, Phase.ACCOUNT, Phase.WEBHOOK)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code of a provider means. `others`: further readings of the same code at this provider, and codes that
    differ only by leading zeros. `is_known`: the catalogue or somebody here has the code."""

    facts: CodeFacts
    others: tuple[CodeFacts, ...] = ()
    is_known: bool = True

    @property
    def category(self) -> Category:
        return self.facts.category

    @property
    def is_contested(self) -> bool:
        """Another reading of the code would lead to another category."""
        return any(other.category is not self.category for other in self.others)


class Catalogue:
    """All facts about codes, immutable. `shipped()` is what comes with the product; `with_changes` puts over it what
    was met and classified here."""

    def __init__(self, facts: Iterable[CodeFacts]) -> None:
        self._by_key: Mapping[tuple[str, str, str, str], CodeFacts] = {
            (f.provider, f.product, f.phase.value, normal_code(f.code, f.provider, f.product)): f
            for f in facts
        }
        self._by_code: dict[tuple[str, str, str], list[CodeFacts]] = {}
        self._by_name: dict[tuple[str, str], list[CodeFacts]] = {}
        self._by_digits: dict[tuple[str, str], list[CodeFacts]] = {}
        self._products: dict[str, list[str]] = {}
        for (provider, product, _, code), fact in self._by_key.items():
            self._by_code.setdefault((provider, product, code), []).append(fact)
            if fact.is_named:
                self._by_name.setdefault((provider, fact.name), []).append(fact)
            if code.isdecimal():
                self._by_digits.setdefault((provider, code.lstrip("0")), []).append(fact)
            products = self._products.setdefault(provider, [])
            # A code that only a log knows makes no list of its own beside those of the provider's products.
            if fact.catalogue and product not in products:
                products.append(product)

    def __len__(self) -> int:
        return len(self._by_key)

    def __iter__(self) -> Iterator[CodeFacts]:
        return iter(self._by_key.values())

    def with_changes(self, facts: Iterable[CodeFacts]) -> Catalogue:
        """The same book with these facts added, or put in place of those with the same key."""
        changes = list(facts)
        return Catalogue([*self, *changes]) if changes else self

    def get(self, provider: str, product: str, phase: str, code: str) -> CodeFacts | None:
        """The fact with exactly this key, in any form of the code."""
        return self._by_key.get((provider, product, phase, normal_code(code, provider, product)))

    def look_up(
        self,
        provider: str,
        code: str,
        *,
        phase: Phase | None = None,
        product: str = "",
        title: str = "",
    ) -> Meaning:
        """What a code means at a provider; UNKNOWN for an empty one and for one nobody knows, never another's.

        Prefers the phase asked for, but a code that the provider lists under another phase is still that code.
        `title`: the provider's words that came with it. Where the catalogue's own sources contradict each other, the
        title decides."""
        channel = channel_of(provider, product)
        phase = phase or (Phase(channel.phase) if channel.phase else None)
        readings = self._readings(channel, code, phase)
        if not readings:
            return Meaning(
                _unknown(channel, code, phase, title), tuple(self._alike(channel, code)), is_known=False
            )
        best, others = readings[0], tuple(readings[1:])
        if title and best.confidence is Confidence.CONTRADICTED:
            said = categories_in(title)
            if said and best.category not in said:
                category = next(iter(said)) if len(said) == 1 else Category.UNKNOWN
                own = replace(best, category=category, retry=category.facts.retry, name=title)
                return Meaning(own, (best, *others))
        return Meaning(best, others)

    def elsewhere(self, facts: CodeFacts) -> list[CodeFacts]:
        """The same code text at other providers, where it means something of their own."""
        code = normal_code(facts.code)
        found = [f for f in self if f.provider != facts.provider and normal_code(f.code) == code]
        return sorted(found, key=lambda f: f.key)

    def family(self, provider: str, code: str) -> frozenset[str]:
        """The code with those it was split into, or out of: what a rule for one of them has to match as well."""
        channel = channel_of(provider)
        wanted = normal_code(code, channel.provider, channel.product)
        found = {wanted}
        for fact in self._readings(channel, code, None):
            found |= {*fact.split_from, *fact.split_into}
        return frozenset(found)

    def _readings(self, channel: Channel, code: str, phase: Phase | None) -> list[CodeFacts]:
        """Every reading of the code at this provider, the likeliest first."""
        products = self._products.get(channel.provider, [])
        ordered = [channel.product] if channel.product in products else [*products, channel.product]
        found: list[CodeFacts] = []
        for product in ordered:
            wanted = normal_code(code, channel.provider, product)
            found += self._by_code.get((channel.provider, product, wanted), []) if wanted else []
        # Some answers carry a code's name where others carry its number.
        found = found or self._by_name.get((channel.provider, normal_code(code)), [])
        # Stable: among equal phases the provider's first product stands first.
        return sorted(found, key=lambda f: (f.phase is not phase, _LIKELIER.index(f.phase)))

    def _alike(self, channel: Channel, code: str) -> list[CodeFacts]:
        """Codes of this provider that differ only by leading zeros, which a spreadsheet drops."""
        wanted = normal_code(code)
        return self._by_digits.get((channel.provider, wanted.lstrip("0")), []) if wanted.isdecimal() else []


def _unknown(channel: Channel, code: str, phase: Phase | None, title: str) -> CodeFacts:
    return CodeFacts(
        channel.provider,
        channel.product,
        phase or Phase.DELIVERY,
        code.strip(),
        title,
        Category.UNKNOWN,
        Retry.ONCE,
    )


# --- what ships with the product ----------------------------------------------------------------------------


@cache
def shipped() -> Catalogue:
    """The catalogues that come with the product. Raises BrokenTable if a file was damaged."""
    marks = {(row["catalogue"], row["code"]): row for row in rows("marks")}
    splits = rows("splits")
    files = {path.stem: path for path in FILES.glob("*.tsv")}
    # In the order of the channels: of a provider's products the usual one stands first.
    names = [row["name"] for row in rows("channels") if row["name"] in files]
    if strange := sorted(files.keys() - set(names)):
        raise BrokenTable(
            f"channels.tsv has no row for the catalogues {', '.join(strange)}; add one for each"
        )
    return Catalogue(fact for name in names for fact in _facts(files[name], marks, splits))


def _facts(
    path: Path, marks: Mapping[tuple[str, str], dict[str, str]], splits: list[dict[str, str]]
) -> Iterator[CodeFacts]:
    catalogue = path.stem
    channel = channel_of(catalogue)
    for number, row in enumerate(read(path), start=2):
        mark = marks.get((catalogue, row["code"]), {"mark": "", "why": ""})
        plain = channel.product == ""
        mine = [s for s in splits if plain and s["provider"] == channel.provider]
        older = [s for s in mine if s["new"] == row["code"]]
        try:
            yield CodeFacts(
                provider=channel.provider,
                product=channel.product,
                phase=Phase(row["phase"]),
                code=row["code"],
                name=row["name"],
                category=Category(row["category"]),
                retry=Retry(row["retry"]),
                source=row["source"],
                confidence=Confidence.of(row["source"]),
                catalogue=catalogue,
                is_permanent={"yes": True, "no": False}.get(row["permanent"]),
                is_ambiguous=mark["mark"] == "ambiguous",
                is_notice=mark["mark"] == "notice",
                mark=mark["why"],
                scope=Scope(mark["mark"]) if mark["mark"] in list(Scope) else Scope.SENDER,
                valid_from=date.fromisoformat(older[0]["valid_from"]) if older else None,
                split_from=tuple(s["old"] for s in older),
                split_into=tuple(s["new"] for s in mine if s["old"] == row["code"]),
            )
        except (ValueError, KeyError) as problem:
            raise BrokenTable(
                f"{path.name}, line {number}: {problem}; restore the file from the release"
            ) from problem
