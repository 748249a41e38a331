"""The rows of a campaign's list: whom each is for, and which words they get."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from backoffice.files.rows import read_rows
from backoffice.files.sniff import Dialect, Kind, Unreadable, sniff
from errors.audience import MISSING, Reason, Row, columns_of
from errors.encoding import Measure, measure
from errors.fields import Template, plain
from errors.fields import columns_of as fields_of
from errors.preflight import Message, RuleBook, Severity, Verdict, check_words, verdict

_WHOLE: Final = "the whole file"
_TEXT: Final = re.compile(r"(?:sms|message)?(?:text|body|content)|message|sms")
_STATE: Final = re.compile(r"state|statecode|province")
_MOST_REMEMBERED: Final = 20_000  # texts
_NO_VALUE: Final = Reason(
    MISSING, Severity.WARN, "Give the recipient a value, or the field a default: {{first_name|there}}."
)


def columns(dialect: Dialect, template: str) -> dict[str, Any]:
    """Where number, country, state, text and the template's fields stand. Raises Unreadable."""
    if dialect.kind is not Kind.CSV:
        raise Unreadable("This is an Excel workbook", _WHOLE, "Save its sheet as CSV and choose that file.")
    number, country = columns_of(dialect)
    header = dialect.columns if dialect.header_line else ()
    found: dict[str, Any] = {
        "number": number,
        "country": country,
        "state": next((at for at, name in enumerate(header) if _STATE.fullmatch(plain(name))), None),
    }
    named = ", ".join(f"“{name[:30]}”" for name in header[:8]) or "no names of columns"
    if not template:
        text = next((at for at, name in enumerate(header) if _TEXT.fullmatch(plain(name))), None)
        if text is None:
            raise Unreadable(
                f"There is no text: none was written, and no column is called “text” or “message”; there are {named}",
                f"line {dialect.header_line or 1}",
                "Write the text into the form, or name the column that holds each recipient's text “text”.",
            )
        return found | {"text": text, "fields": {}}
    fields = fields_of(Template.of(template).names, header)
    if lost := [name for name, place in fields.items() if place is None]:
        raise Unreadable(
            f"The text has a field {{{{{lost[0][:40]}}}}}, and no column is called so; there are {named}",
            f"line {dialect.header_line or 1}",
            "Name the column as the field is named, or take the field out of the text.",
        )
    return found | {"text": None, "fields": fields}


def sniffed(path: Path, most_bytes: int) -> Dialect:
    """Raises Unreadable."""
    return sniff(path, max_bytes=most_bytes)


class Addressed(NamedTuple):
    """One row with the words that it gets, and the fields there was nothing for."""

    row: Row
    text: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class List:
    """A campaign's list, as its file is to be read."""

    path: Path
    dialect: Dialect
    template: Template | None  # None: each row has its own text
    columns: Mapping[str, Any]

    def rows(self, after_line: int = 0) -> Iterator[Addressed]:
        """Those below a line, in order. Raises Unreadable."""
        at = self.columns
        number, country, state, text = at["number"], at["country"], at["state"], at["text"]
        fields = dict(at["fields"])
        start = after_line + 1 if after_line else 0
        for row in read_rows(self.path, self.dialect, start_line=start):
            if row.skip:
                continue
            if row.problem:
                yield Addressed(Row(row.line, "", "", row.problem.what[:200]), "", ())
                continue
            cells = row.cells
            person = Row(
                row.line,
                _cell(cells[number]),
                "" if country is None else _cell(cells[country]),
                "",
                "" if state is None else _cell(cells[state])[:2],
            )
            if self.template is None:
                yield Addressed(person, cells[text], ())
            else:
                filled = self.template.filled({name: cells[place] for name, place in fields.items()})
                yield Addressed(person, filled.text, filled.missing)


def _cell(written: str) -> str:
    return " ".join(written.split())[:48]


class Words:
    """What is wrong with words, each text looked at once for each country it goes to."""

    def __init__(self, message: Message, rules: RuleBook) -> None:
        self.message, self.rules = message, rules
        self.known: dict[tuple[str, str | None], tuple[tuple[Reason, ...], Verdict]] = {}
        self.sizes: dict[str, Measure] = {}

    def judged(self, text: str, place: str | None, *, is_missing: bool) -> tuple[tuple[Reason, ...], Verdict]:
        found = self.known.get((text, place))
        if found is None:
            if len(self.known) >= _MOST_REMEMBERED:
                self.known.clear()
            findings = check_words(replace(self.message, body=text, country=place), self.rules, place=place)
            reasons = tuple(Reason(one.code, one.severity, one.remedy) for one in findings)
            found = self.known[text, place] = (reasons, verdict(findings))
        if not is_missing:
            return found
        return (*found[0], _NO_VALUE), max(found[1], Verdict.WARN, key=list(Verdict).index)

    def size(self, text: str) -> Measure:
        found = self.sizes.get(text)
        if found is None:
            if len(self.sizes) >= _MOST_REMEMBERED:
                self.sizes.clear()
            found = self.sizes[text] = measure(text)
        return found
