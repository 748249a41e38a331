"""What an importer (consent's, errors') offers to the machinery of this package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from backoffice.files.rows import Row
from backoffice.files.sniff import Dialect
from backoffice.models import Bucket, ColumnMapping, ImportBatch, System


class MappingProblem(Exception):
    """The mapping cannot be used; the message says which column or target, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing a column can feed. `kinds` are the kinds of system it exists for."""

    name: str
    label: str
    help: str = ""
    required: bool = False
    several: bool = False  # the first filled column counts, or, for a status, the most restrictive
    has_polarity: bool = False
    is_time: bool = False


TO_MEND = (Bucket.REJECTED, Bucket.HELD)


@dataclass(slots=True)
class Outcome:
    """Where one row of the file ends, and why."""

    line: int
    bucket: str
    reason: str = ""
    detail: str = ""
    warnings: tuple[str, ...] = ()
    number: str = ""
    value: str = ""
    at: datetime | None = None
    cells: tuple[str, ...] = ()
    # What confirming would mean, for the preview: e.g. ("becomes_out",).
    consequences: tuple[str, ...] = ()
    # A word of the file that nobody explained yet; the row is held for it.
    unread: str = ""

    @property
    def is_notable(self) -> bool:
        """Whether a person may want to see this row."""
        return bool(self.warnings) or self.is_to_mend or bool(self.reason)

    @property
    def is_to_mend(self) -> bool:
        """Whether the row did not go in and goes back to a person."""
        return self.bucket in TO_MEND

    @property
    def codes(self) -> list[str]:
        """What the row is counted and found by: its reason and its warnings, each once."""
        reason = [f"{self.bucket}:{self.reason}"] if self.reason or self.is_to_mend else []
        return [*reason, *dict.fromkeys(f"warning:{warning}" for warning in self.warnings)]


@dataclass(frozen=True, slots=True)
class Proof:
    """Rows of the file that show what an answer means: a small table."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def labelled(self) -> list[list[tuple[str, str]]]:
        """Each cell with its column's name, for screens that show rows as cards."""
        return [list(zip(self.head, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Question:
    """One thing about the cells that a person decides; the answer is one text and goes into the mapping's
    rules.

    `rule` is its place there, e.g. ("polarity", "SMS Opt-In"). `choices` (value, label); without any,
    `answer` is typed, with `suggestions` to choose from. An empty answer leaves the rule out."""

    name: str  # a form field's name: no text of the file in it
    rule: tuple[str, ...]
    label: str
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    answer: str = ""
    required: bool = False
    several: bool = False  # the answer is a list, separated by commas
    suggestions: tuple[str, ...] = ()
    proof: Proof | None = None
    note: str = ""  # what stands beside the answer, e.g. how many rows say so


@dataclass(frozen=True, slots=True)
class Topic:
    """Questions that belong together. With `confirm`, a person ticks that sentence before the answers
    count."""

    title: str
    questions: tuple[Question, ...]
    help: str = ""
    confirm: str = ""
    # The saved mapping answers otherwise than this file shows: the step must not be skipped.
    contradicts: str = ""
    # What it answers is even possible for some cells, which would be read wrongly without a word.
    misreads: bool = False
    as_table: bool = False  # many short questions of one kind, shown as rows

    @property
    def answers(self) -> dict[str, str]:
        """What is proposed for each rule of a single word."""
        return {question.rule[0]: question.answer for question in self.questions if question.answer}


@dataclass(frozen=True, slots=True)
class Brought:
    """What a batch left behind, for its page and before voiding: a count, and the list that shows exactly
    it."""

    label: str
    count: int
    url: str = ""
    note: str = ""


@dataclass(slots=True)
class Guess:
    """What the importer would make of unknown columns; a person confirms it."""

    columns: dict[str, list[str]] = field(default_factory=dict)
    rules: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Importer(Protocol):
    """One object per batch and run; it may keep what it has seen of the file."""

    def __init__(self, batch: ImportBatch, dialect: Dialect, *, now: datetime) -> None:
        """Raises MappingProblem when the batch's mapping does not fit the file."""

    @classmethod
    def targets(cls, system: System) -> Sequence[Target]: ...

    @classmethod
    def guess(cls, system: System, headers: Sequence[str], samples: Sequence[Sequence[str]]) -> Guess:
        """What the columns may mean, from their names and some thousand rows."""

    @classmethod
    def check_mapping(
        cls, system: System, columns: dict[str, list[str]], rules: dict[str, Any], headers: Sequence[str]
    ) -> None:
        """Raises MappingProblem when the mapping cannot be used with these headers."""

    @classmethod
    def topics(
        cls,
        system: System,
        columns: dict[str, list[str]],
        rules: dict[str, Any],
        headers: Sequence[str],
        rows: Sequence[Row],
        unread: Sequence[str] = (),
        *,
        now: datetime,
    ) -> list[Topic]:
        """What a person decides about the cells of these columns, each question with its present answer and
        with rows of the file that show it. `unread`: words met beyond the rows given."""

    @classmethod
    def words(cls, code: str) -> str:
        """A reason, warning, value or consequence as staff read it."""

    @classmethod
    def permits(cls, consequences: dict[str, int]) -> int:
        """How many rows would permit sending to somebody: confirming those needs a supervisor."""

    def read(self, row: Row) -> Any:
        """What a row says, for the two below. No database: rows are read ahead, beside whatever waits for it."""

    def pass_by(self, rows: Sequence[tuple[Row, Any]]) -> None:
        """Rows that an earlier worker committed: remember what later rows of the file need to know of
        them."""

    def take(self, rows: Sequence[tuple[Row, Any]], *, write: bool) -> list[Outcome]:
        """The outcome of each row, in order. With `write`, its effects too, in the caller's transaction."""

    def finish(self, counts: dict[str, int]) -> None:
        """After the last chunk, in the transaction that ends the batch: findings about the file as a
        whole."""

    @classmethod
    def void(cls, batch: ImportBatch, *, now: datetime) -> dict[str, int]:
        """Make what the batch brought stop counting, in the caller's transaction."""

    @classmethod
    def learned_refusals(cls, batch: ImportBatch) -> int:
        """How many opt-outs were learned from the batch: voiding those needs a supervisor."""

    @classmethod
    def brought(cls, batch: ImportBatch) -> list[Brought]:
        """What the batch left behind."""


def importer_of(system: System) -> type[Importer]:
    """Raises MappingProblem for a system whose files nothing here reads."""
    if system.importer not in settings.IMPORTERS:
        raise MappingProblem(
            f"{system.name} is set to be read by “{system.importer}”, which is not installed."
        )
    importer: type[Importer] = import_string(settings.IMPORTERS[system.importer])
    return importer


def mapping_in_use(system: System, name: str = "standard") -> ColumnMapping | None:
    return system.mappings.in_use().filter(name=name).first()
