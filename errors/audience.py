"""A list of recipients against one text: who may get it, who is doubtful, who must not, and why.

Nothing of the list is kept. What is said of a row hangs on its number, what was agreed and what the number got
lately; the text is the same for all. So the check runs once for rows that are alike to it, and a list of ten
thousand takes about as long as its different area codes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from backoffice.files.rows import read_rows
from backoffice.files.sniff import Dialect, Kind, Unreadable, sniff
from consent.intake.countries import region_of
from consent.numbers import NumberCell
from errors.preflight import (
    Code,
    Finding,
    Message,
    RuleBook,
    Sent,
    Severity,
    Verdict,
    check,
    in_words,
    verdict,
)
from errors.preflight.duplicates import check_duplicates
from errors.preflight.frequency import check_frequency
from errors.preflight.recipient import is_itself, place_of, read_recipient
from errors.preflight.whereabouts import areas_of
from errors.recipients import Recipient

MOST_ROWS: Final = 10_000
MOST_BYTES: Final = 5_000_000
# Characters of a cell that are kept; no number and no country is longer.
_KEPT: Final = 48
_WHOLE: Final = "the whole file"
_NUMBER: Final = re.compile(
    r"(?:recipient|phone|mobile|cell|cellphone|telephone|tel|msisdn|e164|to)"
    r"(?:number|phone|no)?|number|(?:mobile|cell)phonenumber|contactnumber"
)
_COUNTRY: Final = re.compile(r"country(?:code|iso)?|iso2?|region")

# Findings that are the text's own, whoever gets it: they say nothing about a row.
_OF_TEXT: Final = ("body.", "link.", "brand.")

REPEATED: Final = "file.repeated"
UNREADABLE: Final = "file.unreadable"
MISSING: Final = "file.missing_value"


class Row(NamedTuple):
    """One row as it was read. `problem` is why it could not be; then the rest is empty."""

    line: int
    to: str
    country: str
    problem: str = ""
    state: str = ""


class Reason(NamedTuple):
    """Why a row may not or should perhaps not get the text: a code of the check or of this module."""

    code: str
    severity: Severity
    remedy: str

    @property
    def words(self) -> str:
        return in_words(self.code)


@dataclass(frozen=True, slots=True)
class Judged:
    """A row with what the check says about it."""

    row: Row
    e164: str | None
    verdict: Verdict
    reasons: tuple[Reason, ...]

    def is_in(self, listed: str) -> bool:
        """Whether the row is on the list of this verdict or reason."""
        return listed == self.verdict or any(listed == reason.code for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Audience:
    """A whole list, judged. Every row has one verdict; it may have several reasons."""

    judged: Sequence[Judged]

    @property
    def verdicts(self) -> dict[str, int]:
        counted = Counter(one.verdict for one in self.judged)
        return {kind.value: counted[kind] for kind in Verdict}

    @property
    def reasons(self) -> list[tuple[Reason, int]]:
        """The worst first, then those with most rows."""
        counted = Counter(reason for one in self.judged for reason in one.reasons)
        order = list(Severity)
        return sorted(counted.items(), key=lambda one: (order.index(one[0].severity), -one[1], one[0].code))

    @property
    def may_go(self) -> int:
        return sum(1 for one in self.judged if one.verdict is not Verdict.BLOCK)


# --- the file ---------------------------------------------------------------------------------------------------


def read_audience(path: Path) -> list[Row]:
    """The rows of a delimited file with a column of numbers, and perhaps one of countries. Raises Unreadable."""
    dialect = sniff(path, max_bytes=MOST_BYTES)
    if dialect.kind is not Kind.CSV:
        raise Unreadable("This is an Excel workbook", _WHOLE, "Save its sheet as CSV and choose that file.")
    number, country = columns_of(dialect)
    found: list[Row] = []
    for row in read_rows(path, dialect):
        if row.skip:
            continue
        if len(found) == MOST_ROWS:
            raise Unreadable(
                f"The file has more than {MOST_ROWS:,} rows",
                f"line {row.line}",
                "Split it; larger audiences are checked as a campaign.",
            )
        if row.problem:
            found.append(Row(row.line, "", "", _cell(row.problem.what)))
        else:
            found.append(
                Row(row.line, _cell(row.cells[number]), "" if country is None else _cell(row.cells[country]))
            )
    if not found:
        raise Unreadable("The file has a header and no rows", _WHOLE, "Export it again with its rows.")
    return found


def columns_of(dialect: Dialect) -> tuple[int, int | None]:
    """Where the numbers and the countries stand. Without a header: first and second. Raises Unreadable."""
    if not dialect.header_line:
        return 0, 1 if dialect.width > 1 else None
    plain = [re.sub(r"[\W_]", "", name.casefold()) for name in dialect.columns]
    numbers = [at for at, name in enumerate(plain) if _NUMBER.fullmatch(name)]
    if not numbers and dialect.width > 1:
        named = ", ".join(f"“{name[:30]}”" for name in dialect.columns[:6])
        raise Unreadable(
            f"No column is called “number” or “phone”; there are {named}",
            f"line {dialect.header_line}",
            "Name the column that holds the numbers “number”.",
        )
    countries = (at for at, name in enumerate(plain) if _COUNTRY.fullmatch(name))
    return (numbers or [0])[0], next(countries, None)


def _cell(written: str) -> str:
    """A cell on one line; what is longer than any number says so."""
    plain = " ".join(written.split())
    return plain if len(plain) <= _KEPT else f"{plain[: _KEPT - 1]}…"


def to_text(rows: Iterable[Row]) -> str:
    """The rows as the page carries them, so that nothing is kept here."""
    return "\n".join("\t".join((str(row.line), row.to, row.country, row.problem)) for row in rows)


def from_text(text: str) -> list[Row]:
    """What to_text wrote. Raises Unreadable."""
    rows: list[Row] = []
    for written in text.splitlines():
        cells = written.split("\t")
        if len(cells) != 4 or not re.fullmatch(r"[0-9]{1,9}", cells[0]) or len(rows) == MOST_ROWS:
            raise Unreadable("The list in the page is damaged", _WHOLE, "Choose the file again.")
        rows.append(Row(int(cells[0]), *map(_cell, cells[1:])))
    return rows


# --- the check --------------------------------------------------------------------------------------------------


def draft_findings(
    message: Message, rules: RuleBook, now: datetime, recent: Sequence[Sent] = (), *, of_a_list: bool = False
) -> list[Finding]:
    """The check, without complaints about what nobody wrote yet: a text may be checked before its recipients are
    known, a list before its text. In a list a number that is missing is missing."""
    unwritten = {
        Code.TO_EMPTY: not message.to and not of_a_list,
        Code.SENDER_EMPTY: not message.sender,
        Code.BODY_EMPTY: not message.body,
    }
    found = check(message, rules, now=now, recent=recent)
    return [finding for finding in found if not unwritten.get(finding.code)]


def is_of_text(finding: Finding) -> bool:
    """Whether it holds for every recipient alike."""
    return finding.code.startswith(_OF_TEXT)


def numbers_in(rows: Iterable[Row], message: Message) -> dict[Row, NumberCell]:
    """Every row's number, read with its own country, else with the message's."""
    return {row: read_recipient(addressed(message, row)) for row in rows if not row.problem}


def judge(
    rows: Sequence[Row],
    numbers: Mapping[Row, NumberCell],
    message: Message,
    known: Mapping[str, Recipient],
    rules: RuleBook,
    now: datetime,
) -> Audience:
    """Every row against the message, apart from what is wrong with the text for everybody. `known` are the
    recipients of our records, by number in E.164 form."""

    def of_row(message: Message) -> list[Finding]:
        found = draft_findings(message, rules, now, of_a_list=True)
        return [finding for finding in found if not is_of_text(finding)]

    judge = Judge(message, rules, now, of_row)
    return Audience([judge.judged(row, numbers.get(row), known) for row in rows])


class Judge:
    """Judges rows one after the other. Rows that are alike are checked once; a number that was met is met again.

    `of_row` is the check, of a message to one row."""

    def __init__(
        self, message: Message, rules: RuleBook, now: datetime, of_row: Callable[[Message], list[Finding]]
    ) -> None:
        self.message, self.rules, self.now, self.of_row = message, rules, now, of_row
        self.alike: dict[Hashable, tuple[tuple[Reason, ...], Verdict]] = {}
        self.seen: set[int] = set()

    def judged(
        self, row: Row, cell: NumberCell | None, known: Mapping[str, Recipient], body: str | None = None
    ) -> Judged:
        """`cell` is the row's number, None where the row could not be read; `body` its own text, if it has one."""
        if row.problem or cell is None:
            reason = Reason(UNREADABLE, Severity.ERROR, "Mend the row in its file.")
            return Judged(row, None, Verdict.BLOCK, (reason,))
        one = addressed(self.message, row)
        recipient = known.get(cell.e164 or "")
        if recipient:
            one = replace(one, consent=recipient.consent, held=recipient.held)
        key = _likeness(one, cell)
        if key not in self.alike:
            self.alike[key] = _weighed(self.of_row(one))
        reasons, worst = self.alike[key]
        if recipient and recipient.recent:
            of_text = one if body is None else replace(one, body=body)
            again, how_bad = _weighed(_repeats(of_text, cell, self.rules, self.now, recipient.recent))
            reasons, worst = (*reasons, *again), max(worst, how_bad, key=list(Verdict).index)
        if cell.e164:
            number = int(cell.e164[1:])  # a third of the room that the text takes
            if number in self.seen:
                reasons, worst = (*reasons, _TWICE), Verdict.BLOCK
            self.seen.add(number)
        return Judged(row, cell.e164, worst, tuple(dict.fromkeys(reasons)))


_TWICE: Final = Reason(REPEATED, Severity.ERROR, "The number stands in the file already: leave the row out.")


def _weighed(findings: Iterable[Finding]) -> tuple[tuple[Reason, ...], Verdict]:
    found = list(findings)
    return tuple(Reason(one.code, one.severity, one.remedy) for one in found), verdict(found)


def addressed(message: Message, row: Row) -> Message:
    """The message to one row. Its country may be a name, in the usual languages."""
    country = region_of(row.country) or row.country if row.country else message.country
    return replace(message, to=row.to, country=country, state=row.state or message.state)


def _likeness(message: Message, cell: NumberCell) -> Hashable:
    """What of a row the check looks at, apart from earlier texts: rows with the same get the same findings."""
    number = cell.e164 or ""
    return (
        message.country,
        message.state,
        message.consent,
        message.held,
        cell.reason,
        cell.warnings,
        cell.region,
        cell.line_type,
        number[:5],  # country and area code of North America
        is_itself(message, cell, place_of(message, cell)),
        bool(message.to),
        message.to.startswith(("+", "00")),
    )


def _repeats(
    message: Message, cell: NumberCell, rules: RuleBook, now: datetime, recent: Sequence[Sent]
) -> Iterator[Finding]:
    """What hangs on earlier texts alone."""
    at = message.at or now
    areas = areas_of(message, cell.e164, place_of(message, cell), rules)
    yield from check_frequency(message, cell.e164, areas, rules, at, recent)
    yield from check_duplicates(message, cell.e164, rules, recent, at)


HEADER: Final = ("line", "number", "country", "number in E.164 form", "verdict", "reasons", "what to do")


def exported(audience: Audience, listed: str) -> Iterator[list[Any]]:
    """The rows of one list, for a file."""
    for one in audience.judged:
        if one.is_in(listed):
            yield [
                one.row.line,
                one.row.to,
                one.row.country,
                one.e164 or "",
                one.verdict.value,
                "; ".join(reason.code for reason in one.reasons),
                one.row.problem or " ".join(dict.fromkeys(reason.remedy for reason in one.reasons)),
            ]
