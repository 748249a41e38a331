"""The small tables beside the catalogues: channels, marks, splits, status words."""

from __future__ import annotations

import csv
from pathlib import Path

HERE = Path(__file__).parent


class BrokenTable(ValueError):
    """A file that ships with the product was damaged; says which one, where, and what is wrong."""


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one of these tables."""
    return read(HERE / f"{name}.tsv")


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a tab-separated file with a header; cells are text, exactly as they stand. Raises BrokenTable."""
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        header = next(reader, [])
        found = []
        for number, cells in enumerate(reader, start=2):
            if len(cells) != len(header):
                raise BrokenTable(
                    f"{path.name}, line {number}: {len(cells)} cells where the header has {len(header)}; "
                    "restore the file from the release"
                )
            found.append(dict(zip(header, cells, strict=True)))
    return found
