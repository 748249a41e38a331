"""Which column feeds what, saved per system and never edited once a batch has used it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from backoffice import audit
from backoffice.files.rows import Row
from backoffice.imports.importer import Guess, MappingProblem, importer_of, mapping_in_use
from backoffice.imports.receive import dialect_of, sample
from backoffice.models import ColumnMapping, ImportBatch

S = ImportBatch.Status
GUESS_ROWS = 5_000  # enough to meet a day above 12 and the usual words; cheap enough for a page


def suggest(batch: ImportBatch, name: str = "standard") -> tuple[Guess, ColumnMapping | None]:
    """The saved mapping where it fits this file's headers, else the importer's guess.

    The second value is the saved mapping when nothing has to be asked: the step can be skipped."""
    importer, headers = importer_of(batch.system), dialect_of(batch).columns
    saved = mapping_in_use(batch.system, name)
    if saved is not None:
        try:
            importer.check_mapping(batch.system, saved.columns, saved.rules, headers)
        except MappingProblem as problem:
            guess = importer.guess(batch.system, headers, [row.cells for row in sample(batch, GUESS_ROWS)])
            guess.notes.insert(0, f"The saved mapping “{saved.name}” does not fit this file: {problem}")
            return guess, None
        return Guess(columns=saved.columns, rules=saved.rules), saved
    return importer.guess(batch.system, headers, [row.cells for row in sample(batch, GUESS_ROWS)]), None


def fitting(batch: ImportBatch, *, now: datetime) -> ColumnMapping | None:
    """The saved mapping that reads this file without a question: its columns are there and nothing in the
    cells speaks against its rules. None: a person has to look. Raises Unreadable."""
    importer, headers = importer_of(batch.system), dialect_of(batch).columns
    rows = sample(batch, GUESS_ROWS)
    saved = list(batch.system.mappings.in_use().order_by("pk"))
    for mapping in sorted(saved, key=lambda mapping: mapping.name != "standard"):
        try:
            importer.check_mapping(batch.system, mapping.columns, mapping.rules, headers)
        except MappingProblem:
            continue
        asked = importer.topics(batch.system, mapping.columns, mapping.rules, headers, rows, now=now)
        if not any(topic.contradicts for topic in asked):
            return mapping
    return None


def proposal(batch: ImportBatch, rows: Sequence[Row]) -> tuple[Guess, ColumnMapping | None]:
    """What the page of columns starts from: the saved mapping, and where its columns are missing the
    importer's guess. The second value is the saved mapping it rests on."""
    importer, headers = importer_of(batch.system), dialect_of(batch).columns
    guess = importer.guess(batch.system, headers, [row.cells for row in rows])
    saved = batch.mapping or mapping_in_use(batch.system) or batch.system.mappings.in_use().first()
    if saved is None:
        return guess, None
    columns = {
        target: present
        for target, names in saved.columns.items()
        if (present := [name for name in names if name in headers])
    }
    rules = {**guess.rules, **saved.rules}
    if polarity := {**guess.rules.get("polarity", {}), **saved.rules.get("polarity", {})}:
        rules["polarity"] = polarity
    try:
        importer.check_mapping(batch.system, saved.columns, saved.rules, headers)
    except MappingProblem as problem:
        guess.notes.insert(0, f"The saved mapping “{saved.name}” does not fit this file: {problem}")
        used = {name for names in columns.values() for name in names}
        for target, names in guess.columns.items():
            if target not in columns and (free := [name for name in names if name not in used]):
                columns[target] = free
                used.update(free)
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
    name: str = "standard",
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
