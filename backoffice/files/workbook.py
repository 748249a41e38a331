"""A workbook's sheet to a CSV file, so that there is one way of reading rows.

The workbook is judged by its parts first (container), then parsed in a process of its own with limits on
memory, time and output: what a crafted file can break is that process.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from backoffice.files.container import (
    MAX_MEMBERS,
    MAX_RATIO,
    MAX_UNPACKED,
    MIB,
    WHOLE,
    Kind,
    Sheet,
    check_workbook,
)
from backoffice.files.sniff import MAX_COLUMNS, Dialect, address, sniff
from backoffice.files.unreadable import Unreadable

_PROGRAM = Path(__file__).with_name("sheet.py")
_REFUSED = 3  # sheet.REFUSED; importing the program would undo its separation
MAX_CONVERTED = 2048 * MIB
SECONDS = 600
TRIED_SHEETS = 10  # for one that is not empty
MEMORY = 1024 * MIB

_OTHER_SHEET = "Choose another sheet, or export it again and check that it holds rows."


class EmptySheet(Unreadable):
    """The workbook is in order, but this sheet of it holds nothing."""


def convert_workbook(
    path: Path,
    out: Path,
    *,
    sheet: str | None = None,
    header_line: int | None = None,
    seconds: int = SECONDS,
    memory: int = MEMORY,
    max_members: int = MAX_MEMBERS,
    max_unpacked: int = MAX_UNPACKED,
    max_ratio: int = MAX_RATIO,
) -> Dialect:
    """Write one sheet (unless named, the first visible one that is not empty) to `out` as CSV and say how to read that
    file.

    The dialect's line numbers are rows of the sheet. Values come as stored, formulas as their last result,
    dates as ISO text. `out` appears whole or not at all. Raises Unreadable.
    """
    sheets = check_workbook(path, max_members=max_members, max_unpacked=max_unpacked, max_ratio=max_ratio)
    *before, last = _candidates(sheets, sheet)
    for chosen in before:
        try:
            return _convert(path, out, chosen, sheets, header_line, seconds=seconds, memory=memory)
        except EmptySheet:
            continue
    return _convert(path, out, last, sheets, header_line, seconds=seconds, memory=memory)


def _convert(
    path: Path,
    out: Path,
    chosen: Sheet,
    sheets: Sequence[Sheet],
    header_line: int | None,
    *,
    seconds: int,
    memory: int,
) -> Dialect:
    part = out.with_name(f"{out.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        _run(path, chosen.name, part, seconds=seconds, memory=memory)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return sniff_converted(
        out, sheet=chosen.name, sheets=[each.name for each in sheets], header_line=header_line
    )


def sniff_converted(
    out: Path,
    *,
    sheet: str,
    sheets: Sequence[str],
    header_line: int | None = None,
    max_columns: int = MAX_COLUMNS,
) -> Dialect:
    """How to read a file that convert_workbook wrote; for another header line without converting again.

    The header is as wide as the first rows are: in a sheet, cells without a name above are a nameless column.
    """
    try:
        found = sniff(
            out,
            encoding="utf-8",
            delimiter=",",
            quote='"',
            header_line=header_line,
            max_bytes=MAX_CONVERTED,
            max_columns=max_columns,
        )
    except Unreadable as error:
        if out.stat().st_size == 0 or "no text" in error.what:
            raise EmptySheet("The sheet is empty", f"sheet {sheet!r}", _OTHER_SHEET) from error
        raise
    width = max(found.width, _width(out, max_columns))
    header = (*found.header, *[""] * (width - found.width))
    columns, duplicates, blanks = address(header)
    return replace(
        found,
        kind=Kind.XLSX,
        sheet=sheet,
        sheets=tuple(sheets),
        header=header,
        columns=columns,
        duplicates=duplicates,
        blanks=blanks,
    )


def _width(out: Path, max_columns: int) -> int:
    with out.open(encoding="utf-8", newline="") as file:
        widths = map(len, csv.reader(islice(file, 200)))
        return min(max(widths, default=0), max_columns)


def _candidates(sheets: Sequence[Sheet], wanted: str | None) -> Sequence[Sheet]:
    """The sheet of that name alone; else those to try, in order."""
    if wanted is None:
        return [sheet for sheet in sheets if not sheet.hidden][:TRIED_SHEETS] or sheets[:1]
    for sheet in sheets:
        if sheet.name == wanted:
            return [sheet]
    names = ", ".join(sheet.name for sheet in sheets)
    raise Unreadable(f"There is no sheet named {wanted!r}", WHOLE, f"Choose one of: {names}.")


def _run(path: Path, sheet: str, out: Path, *, seconds: int, memory: int) -> None:
    command = [sys.executable, "-I", str(_PROGRAM), str(path.resolve()), sheet, str(out.resolve())]
    command += [str(memory), str(seconds), str(MAX_CONVERTED)]
    try:
        # Its environment is empty: the process that reads strangers' files knows no secrets.
        done = subprocess.run(  # noqa: S603  our own program; the arguments are no shell's
            command, capture_output=True, timeout=seconds, env={"LC_ALL": "C.UTF-8"}, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable(
            f"Reading the workbook took more than {seconds} seconds", WHOLE, "Split it, or export as CSV."
        ) from error
    if done.returncode == _REFUSED:
        raise Unreadable(json.loads(done.stdout)["what"], f"sheet {sheet!r}", "Split it, or export as CSV.")
    if done.returncode:
        raise Unreadable(
            "The workbook could not be read to its end",
            f"sheet {sheet!r}",
            "Open it in a spreadsheet, save it again as .xlsx or CSV, and upload that copy.",
        )
