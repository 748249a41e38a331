"""JSON records to a CSV file, so that there is one way of reading rows.

One object per line (JSON lines): a line of the original is a line of the CSV file, a damaged one too, so that problems
are told by the original's line. A whole document (a list of objects, or an object that holds one): a row's line is its
place in the list.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from backoffice.files.container import MIB, WHOLE, Kind
from backoffice.files.lines import MARKED, Lines
from backoffice.files.rows import BROKEN, CELL_BREAK
from backoffice.files.sniff import MAX_COLUMNS, Dialect, address
from backoffice.files.unreadable import Unreadable

MAX_DOCUMENT = 64 * MIB  # a document is held in memory as a whole; lines are not
DEPTH = 8  # objects inside objects; deeper ones stay JSON text
LISTED = 20  # objects of a list that get columns of their own
LOOKED_AT = 6  # lines to tell lines from a document by
_MARKS = re.compile(f"[{BROKEN}{CELL_BREAK}]")
_BREAKS = re.compile(r"\r\n|\r|\n")


def convert_records(path: Path, out: Path, *, max_columns: int = MAX_COLUMNS) -> Dialect:
    """Write the records to `out` as CSV without a header, and say how to read that file.

    The columns are the names met, in the order met; what stands inside an object has a dotted name
    (`error.code`), the objects of a list are numbered (`errors.0.code`). Values are the text of the file: no digit of
    a long number is lost. `out` appears whole or not at all. Raises Unreadable."""
    columns: dict[str, int] = {}
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="", errors="surrogatepass") as file:
            writer = csv.writer(file, lineterminator="\n")
            for record in _records(path):
                writer.writerow(_row(record, columns))
                if len(columns) > max_columns:
                    raise Unreadable(
                        f"The records have more than {max_columns:,} fields of different names",
                        WHOLE,
                        "Export only the fields that are needed.",
                    )
        if not columns:
            raise Unreadable(
                "No line of the file is a record",
                WHOLE,
                "Export it again: one JSON object per line, or a list.",
            )
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    header = tuple(columns)
    addresses, duplicates, blanks = address(header)
    return Dialect(Kind.JSON, header=header, columns=addresses, duplicates=duplicates, blanks=blanks)


class _Broken(str):
    """A line that is no record: the reason and the line, as they go into the CSV file."""

    __slots__ = ()


def _records(path: Path) -> Iterator[dict[str, Any] | _Broken | None]:
    """Objects; None for an empty line."""
    return _lines(path) if _has_lines(path) else iter(_document(path))


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        return json.detect_encoding(file.read(4))


def _has_lines(path: Path) -> bool:
    """Whether each line is a record of its own, even if the first one is damaged."""
    with Lines(path, _encoding(path)) as lines:
        filled = [line for line in islice(lines, LOOKED_AT * 10) if line.strip()][:LOOKED_AT]
    first = filled[0].strip()
    if first.startswith("["):
        return False
    alone = [isinstance(_parsed(line), dict) for line in filled]
    if len(filled) == 1:
        return alone[0] and _listed(_parsed(first)) is None
    # A record may break off anywhere; a document that goes on in the next line breaks off here.
    return alone[0] or (first[-1] not in "{[,:" and any(alone[1:]))


def _lines(path: Path) -> Iterator[dict[str, Any] | _Broken | None]:
    with Lines(path, _encoding(path)) as lines:
        for line in lines:
            text = line.strip()
            if not text:
                yield None
                continue
            if MARKED.search(text):
                yield _broken("the line has bytes that are not Unicode text", text)
                continue
            record = _parsed(text)
            yield record if isinstance(record, dict) else _broken(_why(text), text)


def _parsed(text: str) -> Any:
    """None for text that is not JSON."""
    try:
        # As text: a long id read as a number would lose digits, and 000 is not 0.
        return json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None


def _why(text: str) -> str:
    try:
        json.loads(text)
    except RecursionError:
        return "the record is nested too deeply"
    except json.JSONDecodeError as error:
        return f"the line is no JSON: {error.msg} at character {error.pos + 1}"
    return "the line is JSON, but no object with names and values"


def _broken(why: str, text: str) -> _Broken:
    return _Broken(f"{BROKEN}{why}{BROKEN}{_BREAKS.sub(CELL_BREAK, _MARKS.sub('', text))}")


def _document(path: Path) -> list[dict[str, Any] | _Broken | None]:
    if path.stat().st_size > MAX_DOCUMENT:
        raise Unreadable(
            f"The JSON is one document of more than {MAX_DOCUMENT / MIB:,.0f} MB",
            WHOLE,
            "Export it as JSON lines (one object per line), or in several files.",
        )
    try:
        content = json.loads(path.read_bytes(), parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"The JSON cannot be read: {error.msg}", f"line {error.lineno}", "Export it again, whole."
        ) from error
    except UnicodeDecodeError as error:
        raise Unreadable("The JSON is not Unicode text", WHOLE, "Save it as UTF-8.") from error
    except RecursionError as error:
        raise Unreadable("The JSON is nested too deeply", WHOLE, "Export plain records.") from error
    found = content if isinstance(content, list) else _listed(content)
    if found is None:
        found = [content]
    return [
        one if isinstance(one, dict) else _broken("it is no object with names and values", json.dumps(one))
        for one in found
    ]


def _listed(content: Any) -> list[Any] | None:
    """The list of records that an object holds, e.g. under “results”; None if it holds none and is one itself."""
    lists = {
        name: value
        for name, value in content.items()
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value)
    }
    # A record may hold a list too; an envelope has little else.
    if len(lists) == 1 and _AROUND.issuperset(content.keys() - lists):
        return next(iter(lists.values()))
    return None


_AROUND = frozenset(
    {
        *(
            "page",
            "page_size",
            "pageSize",
            "next",
            "next_page_uri",
            "previous_page_uri",
            "first_page_uri",
            "uri",
        ),
        *(
            "total",
            "count",
            "totalCount",
            "limit",
            "offset",
            "start",
            "end",
            "pageToken",
            "nextToken",
            "has_more",
        ),
        *("meta", "links", "paging", "pageInfo", "api_id"),
    }
)


# --- A record as a row --------------------------------------------------------------------------------------


def _row(record: dict[str, Any] | _Broken | None, columns: dict[str, int]) -> list[str]:
    if record is None:
        return []
    if isinstance(record, _Broken):
        return [record]
    flat: dict[str, str] = {}
    _flatten(record, "", flat, 1)
    for name in flat:
        columns.setdefault(name, len(columns))
    cells = [""] * (1 + max((columns[name] for name in flat), default=0))
    for name, text in flat.items():
        cells[columns[name]] = text
    return cells


def _flatten(value: Any, name: str, into: dict[str, str], depth: int) -> None:
    if isinstance(value, dict) and depth <= DEPTH:
        for key, inner in value.items():
            _flatten(inner, f"{name}.{key}" if name else key, into, depth + 1)
    elif isinstance(value, list) and depth <= DEPTH and any(isinstance(one, dict) for one in value[:LISTED]):
        for place, inner in enumerate(value[:LISTED]):
            _flatten(inner, f"{name}.{place}", into, depth + 1)
    else:
        into[_plain(name)] = _plain(_text(value))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(_text, _scalars(value)))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _scalars(values: Iterable[Any]) -> list[Any]:
    return [
        value if not isinstance(value, list) else json.dumps(value, ensure_ascii=False) for value in values
    ]


def _plain(text: str) -> str:
    return _BREAKS.sub(CELL_BREAK, _MARKS.sub("", text)) if not text.isprintable() else text
