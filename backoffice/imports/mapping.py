"""Which column feeds what, saved per system and never edited once a batch has used it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from backoffice import audit
from backoffice.files.rows import Row
from backoffice.files.sniff import Dialect
from backoffice.imports.importer import Guess, MappingProblem, Topic, importer_of, mapping_in_use
from backoffice.imports.receive import dialect_of, sample
from backoffice.models import ColumnMapping, ImportBatch

S = ImportBatch.Status
STANDARD = "standard"
GUESS_ROWS = 5_000  # enough to meet a day above 12 and the usual words; cheap enough for a page


def suggest(batch: ImportBatch, name: str = STANDARD) -> tuple[Guess, ColumnMapping | None]:
    """The saved mapping that reads this file rightly, else what the mapping page would start from.

    Only the mapping of another name is looked at when one is asked for. The second value is the saved mapping
    when nothing has to be asked: the step can be skipped. Raises Unreadable."""
    rows = sample(batch, GUESS_ROWS)
    disproved: Guess | None = None
    for saved in _with_its_columns(batch, name):
        misread = [topic for topic in _topics(batch, saved, rows) if topic.misreads]
        if not misread:
            return Guess(columns=saved.columns, rules=saved.rules), saved
        proved = {rule: answer for topic in misread for rule, answer in topic.answers.items()}
        notes = [f"{topic.contradicts} {topic.questions[0].help}" for topic in misread]
        disproved = disproved or Guess(saved.columns, {**saved.rules, **proved}, notes)
    guess = disproved or proposal(batch, rows)[0]
    if mapping_in_use(batch.system, name) is None:
        guess.notes.insert(0, f"No mapping named “{name}” is saved for {batch.system.name}.")
    return guess, None


def fitting(batch: ImportBatch, *, now: datetime) -> ColumnMapping | None:
    """The saved mapping that reads this file without a question: its columns are there and nothing in the
    cells speaks against its rules. None: a person has to look. Raises Unreadable."""
    rows = sample(batch, GUESS_ROWS)
    for mapping in _with_its_columns(batch):
        if not any(topic.contradicts for topic in _topics(batch, mapping, rows, now=now)):
            return mapping
    return None


def _with_its_columns(batch: ImportBatch, name: str = STANDARD) -> Iterator[ColumnMapping]:
    """Saved mappings whose columns the file has, the standard one first; of another name only that one."""
    saved = batch.system.mappings.in_use().order_by("pk")
    if name != STANDARD:
        saved = saved.filter(name=name)
    for mapping in sorted(saved, key=lambda mapping: mapping.name != STANDARD):
        try:
            _check_fit(batch, mapping)
        except MappingProblem:
            continue
        yield mapping


def _topics(
    batch: ImportBatch, mapping: ColumnMapping, rows: Sequence[Row], *, now: datetime | None = None
) -> list[Topic]:
    """What a person would be asked about the cells of this file under a saved mapping."""
    importer, headers = importer_of(batch.system), dialect_of(batch).columns
    return importer.topics(
        batch.system, mapping.columns, mapping.rules, headers, rows, now=now or batch.uploaded_at
    )


def _check_fit(batch: ImportBatch, mapping: ColumnMapping) -> None:
    """Raises MappingProblem where a saved mapping lacks a column, or names one of several of the same name."""
    dialect = dialect_of(batch)
    importer_of(batch.system).check_mapping(batch.system, mapping.columns, mapping.rules, dialect.columns)
    for name, twins in _twins(mapping.columns, dialect).items():
        raise MappingProblem(
            f"The file has {len(twins) + 1} columns named “{name}”, and nobody has said which one counts. Choose "
            f"between it and “{'”, “'.join(twins)}”, or name them apart in the file."
        )


def _twins(columns: dict[str, list[str]], dialect: Dialect) -> dict[str, list[str]]:
    """By mapped column: other columns of the same name that the mapping does not know."""
    mapped = {name for names in columns.values() for name in names}
    found: dict[str, list[str]] = {}
    for position in dialect.duplicates:
        twin = dialect.columns[position - 1]
        name = twin.rpartition(" (")[0]
        if name in mapped and twin not in mapped:
            found.setdefault(name, []).append(twin)
    return found


def proposal(batch: ImportBatch, rows: Sequence[Row]) -> tuple[Guess, ColumnMapping | None]:
    """What the page of columns starts from: the saved mapping, and where its columns are missing the
    importer's guess. The second value is the saved mapping it rests on."""
    importer, dialect = importer_of(batch.system), dialect_of(batch)
    guess = importer.guess(batch.system, dialect.columns, [row.cells for row in rows])
    saved = batch.mapping or mapping_in_use(batch.system) or batch.system.mappings.in_use().first()
    if saved is None:
        return guess, None
    columns = {
        target: present
        for target, names in saved.columns.items()
        if (present := [name for name in names if name in dialect.columns])
    }
    rules = {**guess.rules, **saved.rules}
    if polarity := {**guess.rules.get("polarity", {}), **saved.rules.get("polarity", {})}:
        rules["polarity"] = polarity
    try:
        _check_fit(batch, saved)
    except MappingProblem as problem:
        guess.notes.insert(0, f"The saved mapping “{saved.name}” does not fit this file: {problem}")
        used = {name for names in columns.values() for name in names}
        for target, names in guess.columns.items():
            if target not in columns and (free := [name for name in names if name not in used]):
                columns[target] = free
                used.update(free)
        twins = _twins(columns, dialect)
        for taking in importer.targets(batch.system):
            if taking.several:
                names = columns.get(taking.name, [])
                names += [twin for name in list(names) for twin in twins.get(name, [])]
        return Guess(columns, rules, guess.notes), saved
    return Guess(columns, rules), saved


def kept_names(mapping: ColumnMapping | None, headers: Sequence[str]) -> dict[str, list[str]]:
    """Column names of the saved mapping that this file does not have: other exports of the system do."""
    if mapping is None:
        return {}
    known = set(headers)
    return {
        target: [name for name in names if name not in known] for target, names in mapping.columns.items()
    }


@transaction.atomic
def save_mapping(
    batch: ImportBatch,
    columns: dict[str, list[str]],
    rules: dict[str, Any],
    *,
    by: User | None,
    now: datetime,
    name: str = STANDARD,
) -> ColumnMapping:
    """Confirm how this batch's columns are read. The same content again changes nothing; other content
    becomes the next version, and earlier batches keep theirs. Raises MappingProblem."""
    importer_of(batch.system).check_mapping(batch.system, columns, rules, dialect_of(batch).columns)
    current = (
        ColumnMapping.objects.select_for_update()
        .filter(system=batch.system, name=name, replaced_at=None)
        .first()
    )
    if current is None or not current.says_the_same(columns, rules):
        if current is not None:
            ColumnMapping.objects.filter(pk=current.pk).update(replaced_at=now)
        current = ColumnMapping.objects.create(
            system=batch.system,
            name=name,
            version=(current.version if current else 0) + 1,
            columns=columns,
            rules=rules,
            confirmed_by=by,
            confirmed_at=now,
        )
        audit.record(by, "mapping.confirm", current, batch=batch.pk)
    use_mapping(batch, current)
    return current


def use_mapping(batch: ImportBatch, mapping: ColumnMapping) -> None:
    batch.move(S.MAPPED, mapping=mapping, preview={}, confirm_token="")
