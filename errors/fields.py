"""Fields of a template, {{first_name}}, filled in for one recipient."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# A name between double braces; after a stroke what stands there for those without one, bare or as default: "…".
_FIELD: Final = re.compile(
    r"\{\{\s*([^{}|]{1,60}?)\s*(?:\|\s*(?:default\s*:\s*)?[\"']?([^{}|\"']{0,60}?)[\"']?\s*)?\}\}"
)


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its fields filled in. `missing`: those for which there was nothing."""

    text: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A text cut at its fields: `texts` has one piece more than there are fields. A default of None is none."""

    texts: tuple[str, ...]
    names: tuple[str, ...]
    defaults: tuple[str | None, ...]

    @classmethod
    def of(cls, written: str) -> Template:
        texts, names, defaults, end = [], [], [], 0
        for found in _FIELD.finditer(written):
            texts.append(written[end : found.start()])
            names.append(found[1])
            defaults.append(found[2] or None)
            end = found.end()
        return cls((*texts, written[end:]), tuple(names), tuple(defaults))

    def filled(self, values: Mapping[str, str]) -> Filled:
        """With one value for each name; an empty one is missing unless the field has a default."""
        if not self.names:
            return Filled(self.texts[0], ())
        pieces, missing = [self.texts[0]], []
        for name, default, text in zip(self.names, self.defaults, self.texts[1:], strict=True):
            value = values.get(name, "").strip() or default
            if value is None:
                missing.append(name)
            pieces += [value or "", text]
        return Filled("".join(pieces), tuple(dict.fromkeys(missing)))


def columns_of(names: Sequence[str], header: Sequence[str]) -> dict[str, int | None]:
    """The column of each field, by its name: capitals, spaces and underscores make no difference."""
    places: dict[str, int] = {}
    for place, column in enumerate(header):
        places.setdefault(plain(column), place)
    return {name: places.get(plain(name)) for name in names}


def plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())
