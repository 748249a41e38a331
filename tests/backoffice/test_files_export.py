"""Rows to files that a spreadsheet shows and never runs; and back again, unchanged."""

import csv
import io
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from backoffice.files.export import (
    RejectedRows,
    SafeCsvWriter,
    csv_chunks,
    is_own_error_column,
    text_of,
    write_csv,
    write_xlsx,
)
from backoffice.files.guard import guard, is_risky, unguard
from backoffice.files.rows import read_rows
from backoffice.files.sniff import sniff
from backoffice.files.workbook import convert_workbook

RISKY = [
    "=cmd|'/C calc'!A0",
    "@SUM(1)",
    "-2+3",
    "+1+1",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "  \t@x",
    "+",
    "+15551234567=1",
    "-0.0079",
]
NUMBERS = ["+15551234567", "+1 (555) 123-4567", "+44 20.7946.0958", "-42", "+12", "+1555", "-"]
PLAIN = [
    "",
    " ",
    "Al",
    "1=1",
    "a@b.example",
    "2025-03-14",
    "(415) 555-0101",
    "O'Neil",
    "'quoted'",
    "ⓔ=1",
    "✓",
]


def table_of(stream: io.StringIO) -> list[list[str]]:
    return list(csv.reader(io.StringIO(stream.getvalue().removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize("text", RISKY)
def test_what_a_spreadsheet_might_run_gets_an_apostrophe(text):
    assert guard(text) == f"'{text}"
    assert unguard(guard(text)) == text


@pytest.mark.parametrize("text", [*PLAIN, *NUMBERS])
def test_numbers_and_other_text_is_left_alone(text):
    assert guard(text) == text
    assert unguard(text) == text


@given(st.text(alphabet=st.sampled_from("'=+-@ \t\r\n\x00＝a1\u200b\u00a0"), max_size=8))
def test_the_apostrophe_comes_off_exactly(text):
    assert unguard(guard(text)) == text
    assert not is_risky(guard(text)) or re.fullmatch(r"[+-][0-9]+|-", text)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_an_older_file_guarded_is_read_as_well(number):
    assert unguard(f"'{number}") == number


def test_csv_is_for_excel_and_keeps_every_character():
    stream = io.StringIO(newline="")
    write_csv(stream, ["name", "=phone"], [["Zoë\nAsh", "+16465550101"], ['say "hi", ok', None]])
    assert stream.getvalue().startswith("\ufeff")
    assert table_of(stream) == [["name", "'=phone"], ["Zoë\nAsh", "+16465550101"], ['say "hi", ok', ""]]


def test_the_mark_can_be_left_out():
    stream = io.StringIO(newline="")
    SafeCsvWriter(stream, bom=False).writerows([["a"], ["b"]])
    assert stream.getvalue() == "a\r\nb\r\n"


def test_streamed_pieces_are_the_same_bytes():
    rows = [[f"name {number}", "=1"] for number in range(20_000)]
    stream = io.StringIO(newline="")
    write_csv(stream, ["a", "b"], rows)
    chunks = list(csv_chunks(["a", "b"], rows))
    assert b"".join(chunks) == stream.getvalue().encode()
    assert len(chunks) > 3
    assert max(map(len, chunks)) < 100_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "TRUE"),
        (12, "12"),
        (date(2025, 3, 14), "2025-03-14"),
        (datetime(2025, 3, 14, 9, 30, tzinfo=UTC), "2025-03-14T09:30:00+00:00"),
        ("a\x00b\x1fc\ud800", "a\ufffdb\ufffdc\ufffd"),
    ],
)
def test_values_have_one_text(value, text):
    assert text_of(value) == text


def test_xlsx_keeps_text_as_text_and_never_makes_a_formula(tmp_path):
    path = tmp_path / "export.xlsx"
    texts = [*RISKY, *NUMBERS, *PLAIN[2:], "#REF!", "_x0041_", "TRUE", "00123"]
    with path.open("wb") as file:
        write_xlsx(file, ["=evil"], [[text] for text in texts])
    page = load_workbook(path).active
    cells = [row[0] for row in page.iter_rows()]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells[1:]] == [
        text.replace("\r", "\n").replace("_x0041_", "_x005F_x0041_") for text in texts
    ]
    assert all(cell.quotePrefix for cell in cells[: len(RISKY) + len(NUMBERS) + 1])


def test_xlsx_numbers_stay_numbers_unless_a_spreadsheet_would_round_them(tmp_path):
    path = tmp_path / "export.xlsx"
    with path.open("wb") as file:
        write_xlsx(file, ["a", "b", "c", "d"], [[12, 0.5, 12345678901234567, True]])
    cells = list(load_workbook(path).active.iter_rows())[1]
    assert [cell.value for cell in cells] == [12, 0.5, "12345678901234567", "TRUE"]


@pytest.mark.parametrize("unit", ["x", "😀"])
def test_xlsx_cells_that_are_too_long_are_cut_and_say_so(tmp_path, unit):
    path = tmp_path / "export.xlsx"
    with path.open("wb") as file:
        write_xlsx(file, ["a"], [[unit * 40_000], [unit * 16_383]])
    cut, whole = [row[0].value for row in list(load_workbook(path).active.iter_rows())[1:]]
    assert cut.endswith("[cut: 40,000 characters]")
    assert len(cut.encode("utf-16-le")) // 2 <= 32_767
    assert whole == unit * 16_383


def test_xlsx_survives_control_characters_odd_titles_and_no_rows(tmp_path):
    path = tmp_path / "export.xlsx"
    with path.open("wb") as file:
        write_xlsx(file, ["a\x00"], [], title="who: may/we [text]? a very long title indeed")
    made = load_workbook(path)
    assert made.active["A1"].value == "a\ufffd"
    assert len(made.active.title) <= 31


def test_xlsx_goes_on_in_another_sheet_when_one_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr("backoffice.files.export.MAX_XLSX_ROWS", 3)
    path = tmp_path / "export.xlsx"
    with path.open("wb") as file:
        write_xlsx(file, ["n"], ([number] for number in range(5)))
    assert [[row[0].value for row in page.iter_rows()] for page in load_workbook(path)] == [
        ["n", 0, 1],
        ["n", 2, 3],
        ["n", 4],
    ]


def exported(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        rejected = RejectedRows(file, header)
        for line, row in enumerate(rows, 2):
            rejected.write(line, row, code="phone_invalid", error="=not a number")
    return path


def test_rejected_rows_come_back_with_reasons_and_read_again_unchanged(tmp_path):
    header = ["name", "phone", "country", "country", "notes"]
    rows = [
        ["=Al", "+16465550101", "US", "", " =1"],
        ["Bo", "'+1646", "-", "'", "'=x"],
        ["Cy", "\t1", "", "", "a\r\nb"],
    ]
    path = exported(tmp_path / "rejected.csv", header, rows)
    dialect = sniff(path)
    assert dialect.header == (*header, "_line", "_error_code", "_error")
    read = list(read_rows(path, dialect))
    assert [list(row.cells[:5]) for row in read] == rows
    assert [row.cells[5:] for row in read] == [(str(n), "phone_invalid", "=not a number") for n in (2, 3, 4)]
    assert not any(row.problem or row.warnings or row.skip for row in read)
    assert "'=Al" in path.read_text(encoding="utf-8-sig")


def test_our_columns_are_not_written_twice_and_are_recognised(tmp_path):
    path = exported(
        tmp_path / "again.csv", ["_line", "name", "_error_code", "_Error "], [["7", "Al", "x", "y"]]
    )
    dialect = sniff(path)
    assert dialect.columns == ("name", "_line", "_error_code", "_error")
    assert [is_own_error_column(name) for name in dialect.columns] == [False, True, True, True]
    assert not is_own_error_column("error")


def test_a_row_that_was_too_wide_is_still_wrong_until_mended(tmp_path):
    path = exported(tmp_path / "rejected.csv", ["name", "phone"], [["Ash", " Al", "1"]])
    [row] = read_rows(path, sniff(path))
    assert row.cells[:2] == ("Ash", " Al")
    assert row.problem.what == "expected 5 cells, got 6"


def test_an_xlsx_export_reads_back_unchanged(tmp_path):
    path, out = tmp_path / "export.xlsx", tmp_path / "out.csv"
    rows = [["+15551234567", "=1", "_x000D_", "a\nb"], ["-x", "'=1", "  ", "00123"]]
    with path.open("wb") as file:
        write_xlsx(file, ["phone", "name", "status", "notes"], rows)
    assert [list(row.cells) for row in read_rows(out, convert_workbook(path, out))] == rows
