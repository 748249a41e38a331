"""Lines to numbered rows: data, no data, or a problem; never lost, never shifted."""

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from backoffice.files.lines import BLOCK
from backoffice.files.rows import Code, Row, Skip, Unreadable, Warned, read_rows, wrong_width
from backoffice.files.sniff import Dialect, sniff

CASES = Path(__file__).parent.parent / "cases" / "csv"
HEADER = "name,phone,opted_in\n"


def rows_of(tmp_path: Path, content: str | bytes, **chosen) -> list[Row]:
    path = tmp_path / "upload.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_rows(path, sniff(path, **chosen)))


def only(rows: list[Row]) -> Row:
    [row] = rows
    return row


@pytest.mark.parametrize("name", ["crm_dump_broken", "hubspot_contacts", "twilio_message_log"])
def test_the_worked_cases_have_the_records_described(name):
    path = CASES / f"{name}.csv"
    expected = json.loads((CASES / f"{name}.expected.json").read_text())
    rows = [row for row in read_rows(path, sniff(path)) if row.found]  # blank lines are not counted there
    assert len(rows) == expected["counts"]["records"]
    for row, record in zip(rows, expected["records"], strict=True):
        assert bool(row.skip) == ("skip" in record), record
        for warning in {"extra_cells", "short_row", "control_character"}:
            assert (warning in row.warnings) == (warning in record.get("warnings", ())), record
        if "undecodable_byte" in record.get("warnings", ()):
            assert row.problem
            assert row.problem.code is Code.UNDECODABLE
        else:
            assert row.problem is None, record


def test_kinds_of_rows_that_are_no_data_in_the_broken_dump():
    path = CASES / "crm_dump_broken.csv"
    skips = {row.line: row.skip for row in read_rows(path, sniff(path)) if row.skip}
    assert skips == {
        7: Skip.BLANK,
        16: Skip.BLANK,
        17: Skip.REPEATED_HEADER,
        38: Skip.TOTALS,
        39: Skip.FOOTER,
    }


def test_a_row_is_named_by_its_first_line_and_breaks_inside_cells_count(tmp_path):
    rows = rows_of(tmp_path, HEADER + '"Al\r\nthe\rfirst",1,yes\nBo,2,no\n\n"Cy",3,"a\nb"\nDi,4,yes')
    assert [(row.line, row.cells[0]) for row in rows] == [
        (2, "Al\r\nthe\rfirst"),
        (5, "Bo"),
        (6, ""),
        (7, "Cy"),
        (9, "Di"),
    ]


@pytest.mark.parametrize(
    "content", ["a\nb\nc\nd", "a\rb\rc\rd", "a\r\nb\r\nc\r\nd", "a\r\nb\rc\nd\r", "a\nb\rc\r\nd\n"]
)
def test_every_kind_of_line_end_makes_the_same_rows(tmp_path, content):
    lines = [f"{name},1,yes" for name in "abcd"]
    for name, line in zip("abcd", lines, strict=True):
        content = content.replace(name, line)
    rows = rows_of(tmp_path, HEADER + content)
    assert [(row.line, row.cells) for row in rows] == [
        (number, (name, "1", "yes")) for number, name in enumerate("abcd", 2)
    ]


def test_line_ends_are_found_across_blocks(tmp_path):
    """Lines of every length up to a few characters, so that a CR LF is cut in half somewhere."""
    lines = [f"{'n' * (number % 97)}x,{number},yes" for number in range(20_000)]
    for end in ("\r\n", "\r", "\n"):
        rows = rows_of(tmp_path, end.join(["name,phone,opted_in", *lines]))
        assert [row.cells[1] for row in rows] == [str(number) for number in range(20_000)]
        assert rows[-1].line == 20_001


@pytest.mark.parametrize("shift", range(-3, 4))
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_a_line_end_may_fall_on_the_seam_of_two_blocks(tmp_path, shift, end):
    first = f"name,phone,opted_in{end}Al,1,yes{end}"
    middle = "Bo," + "2" * (BLOCK + shift - len(first) - len(end) - 7) + f",no{end}"
    rows = rows_of(tmp_path, first + middle + f"Cy\x00,3,yes{end}Di,4,no")
    assert [(row.line, row.cells[0]) for row in rows] == [(2, "Al"), (3, "Bo"), (4, "Cy"), (5, "Di")]


def test_odd_characters_are_found_after_a_line_end_on_the_seam(tmp_path):
    """A block ends in CR, the next has no line end, the third is clean: the second's row is not the first."""
    first = "name,phone,opted_in\r"
    first += "Al," + "1" * (BLOCK - len(first) - 8) + ",yes\r"
    second = "B\x00o," + "2" * (BLOCK - 4)
    assert (len(first), len(second)) == (BLOCK, BLOCK)
    rows = rows_of(tmp_path, first + second + ",no\nCy,3,yes\n")
    assert [row.cells[0] for row in rows] == ["Al", "Bo", "Cy"]


def test_unicode_separators_stay_inside_a_cell(tmp_path):
    row = only(rows_of(tmp_path, HEADER + "Al\u2028Ash\u0085\u2029\x0b,1,yes\n"))
    assert row.cells[0] == "Al\u2028Ash\u0085\u2029"


def test_a_plain_row_has_nothing_to_say(tmp_path):
    assert rows_of(tmp_path, HEADER + "Al,1,yes\n") == [Row(2, ("Al", "1", "yes"), 3, None, None, ())]


def test_extra_empty_cells_are_dropped_with_a_warning(tmp_path):
    row = only(rows_of(tmp_path, HEADER + "Al,1,yes,, ,\n"))
    assert (row.cells, row.found, row.warnings, row.problem) == (
        ("Al", "1", "yes"),
        6,
        (Warned.EXTRA_CELLS,),
        None,
    )


def test_missing_cells_are_empty_with_a_warning_and_counted(tmp_path):
    row = only(rows_of(tmp_path, HEADER + "Al,1\n"))
    assert (row.cells, row.found, row.warnings, row.problem) == (
        ("Al", "1", ""),
        2,
        (Warned.SHORT_ROW,),
        None,
    )


def test_filled_cells_too_many_are_a_problem_and_all_kept(tmp_path):
    rows = rows_of(tmp_path, HEADER + "Ash, Al,1,yes\nBo,2,no\n")
    assert rows[0].problem == wrong_width(3, 4)
    assert rows[0].problem.what == "expected 3 cells, got 4"
    assert rows[0].cells == ("Ash", " Al", "1", "yes")
    assert rows[1].problem is None


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("", Skip.BLANK),
        (" ,\t,\u00a0", Skip.BLANK),
        (",,,,", Skip.BLANK),
        ("name,phone,opted_in", Skip.REPEATED_HEADER),
        ("NAME, Phone ,opted_in,,", Skip.REPEATED_HEADER),
        ("\ufeffname,phone,opted_in", Skip.REPEATED_HEADER),
        ("Consent report", Skip.REPEATED_HEADER),
        ("Total,29,", Skip.TOTALS),
        ("TOTALS:,29,17", Skip.TOTALS),
        (",Grand total,29", Skip.TOTALS),
        ('Subtotal,"1,029",', Skip.TOTALS),
        ("Total rows: 29", Skip.TOTALS),
        ("Total contacts,29,", Skip.TOTALS),
        ("Record count,29", Skip.TOTALS),
        ("Gesamt,29", Skip.TOTALS),
        ("Ende der Datei", Skip.FOOTER),
        ("-- end of file --", Skip.FOOTER),
        ("*** End of report ***,,", Skip.FOOTER),
        ("----------", Skip.FOOTER),
        ("(29 rows)", Skip.FOOTER),
        ("29 records exported", Skip.FOOTER),
        ("Rows: 29", Skip.FOOTER),
        ("Generated: 11/20/2025 09:00 AM", Skip.FOOTER),
        ("Report generated on 2025-11-20 09:00:00", Skip.FOOTER),
        ("Exported by ana@example.com", Skip.FOOTER),
        ("Page 1 of 2", Skip.FOOTER),
        ("Confidential - do not share", Skip.FOOTER),
        ("© 2025 Acme", Skip.FOOTER),
        ('"Copyright (c) 2000-2025 Acme, inc."', Skip.FOOTER),
        ("1 record(s)", Skip.FOOTER),
        ("29 rows in set", Skip.FOOTER),
    ],
)
def test_lines_that_are_no_data_are_told_apart(tmp_path, line, kind):
    rows = rows_of(tmp_path, f"Consent report\n\n{HEADER}Al,1,yes\n{line}\nBo,2,no\n", header_line=3)
    assert [row.skip for row in rows] == [None, kind, None]
    assert rows[1].problem is None
    assert len(rows[1].cells) >= 3


@pytest.mark.parametrize(
    "line",
    [
        "Total,6465550101,yes",  # a person may be called so
        "Total,6465550101,",
        "Grand Hotel,2,yes",
        "Contact: 646-555-0101",
        "Contacts 6465550101",
        "6465550101 contacts",
        "Exported by 646 555 0101",
        "Rows: (646) 555-0101",
        "646 555 0101",
        "Count Orlok,3,no",
        "name,6465550101,opted_in",
        "Endo Ken,1,yes",
        "Al",
    ],
)
def test_what_could_be_a_person_is_never_skipped(tmp_path, line):
    assert only(rows_of(tmp_path, HEADER + line + "\n", header_line=1)).skip is None


def test_a_single_column_has_footers_too(tmp_path):
    rows = rows_of(tmp_path, "phone\n6465550101\n-- end --\nTotal: 1\n6465550102\n")
    assert [row.skip for row in rows] == [None, Skip.FOOTER, Skip.TOTALS, None]


def test_what_a_row_is_does_not_depend_on_its_neighbours(tmp_path):
    """The same lines first in a block, beside a damaged one, and among plain ones."""
    lines = [
        "Confidential, ,",
        "Confidential,,",
        "Al, ,yes",
        " ,x,",
        "Total, ,",
        "name,phone ,opted_in",
        "Al,1",
        ",,",
    ]
    plain = rows_of(tmp_path, HEADER + "Al,1,yes\n" * 5 + "\n".join(lines))[5:]
    beside = rows_of(tmp_path, HEADER + "A\x00l,1,yes\n" * 5 + "\n".join(lines))[5:]
    assert [row[1:] for row in plain] == [row[1:] for row in beside]
    for line, row in zip(lines, plain, strict=True):
        assert rows_of(tmp_path, HEADER + line, header_line=1)[0][1:] == row[1:]


def test_data_above_a_header_chosen_by_hand_does_not_hide_its_like_below(tmp_path):
    rows = rows_of(tmp_path, "Al,6465550101,yes\n" + HEADER + "Al,6465550101,yes\n", header_line=2)
    assert [row.skip for row in rows] == [None]


def test_a_bad_byte_costs_its_line_only_and_is_named(tmp_path):
    rows = rows_of(tmp_path, (HEADER + "Zoë,1,yes\n").encode() + b"K\x92ng,2,yes\nBo,3,no\n")
    assert [bool(row.problem) for row in rows] == [False, True, False]
    assert rows[1].problem.code is Code.UNDECODABLE
    assert rows[1].problem.what == "byte 0x92 in “name” is not utf-8 text"
    assert rows[1].cells == ("K\ufffdng", "2", "yes")


def test_a_replacement_character_that_the_file_really_has_is_no_problem(tmp_path):
    row = only(rows_of(tmp_path, HEADER + "K\ufffdng\x07,2,yes\n"))
    assert (row.problem, row.cells[0]) == (None, "K\ufffdng")


def test_broken_utf16_costs_its_line_only(tmp_path):
    lone = b"\x00\xd8"  # half of a pair
    raw = b"\xff\xfe" + "name,phone\nAl,1\nB".encode("utf-16-le") + lone + "o,2\nCy,3\n".encode("utf-16-le")
    assert [bool(row.problem) for row in rows_of(tmp_path, raw)] == [False, True, False]


def test_control_characters_are_taken_out_with_a_warning(tmp_path):
    rows = rows_of(tmp_path, HEADER + "X\x00u,1,yes\nBo\x1f\x7f,2,no\nCy\tD,3,no\n")
    assert [row.cells[0] for row in rows] == ["Xu", "Bo", "Cy\tD"]
    assert [row.warnings for row in rows] == [(Warned.CONTROL_CHARACTER,), (Warned.CONTROL_CHARACTER,), ()]
    assert not any(row.problem for row in rows)


def test_a_control_character_in_every_row_is_no_reason_to_refuse_the_file(tmp_path):
    rows = rows_of(tmp_path, HEADER + "Al\x00,1\x00,yes\x00\n" * 100)
    assert {row.cells for row in rows} == {("Al", "1", "yes")}


@pytest.mark.parametrize("length", [131_073, 200_000, 1_000_000])
def test_a_cell_that_is_too_long_costs_its_row_only(tmp_path, length):
    rows = rows_of(tmp_path, HEADER + "Al,1,yes\n" + "x" * length + ",2,no\nBo,3,yes\n")
    assert [bool(row.problem) for row in rows] == [False, True, False]
    assert rows[1].problem.code is Code.CELL_TOO_LONG
    assert f"{length:,}" in rows[1].problem.what
    assert len(rows[1].cells[0]) == 32_767
    assert rows[2].cells == ("Bo", "3", "yes")


@pytest.mark.parametrize("before", [0, 1, 4_000, 100_000])
def test_the_length_of_a_cell_is_measured_wherever_it_stands(tmp_path, before):
    filler = "".join(f"f{number},1,yes\n" for number in range(before))
    rows = rows_of(tmp_path, HEADER + filler + '"' + "line\n" * 30_000 + '",2,no\nBo,3,yes\n')
    assert [row.line for row in rows if row.problem] == [before + 2]
    assert rows[-1].line == before + 2 + 30_001


def test_a_cell_of_exactly_the_limit_is_kept(tmp_path):
    assert only(rows_of(tmp_path, HEADER + "x" * 131_072 + ",1,yes\n")).problem is None


def test_a_quote_that_never_closes_refuses_the_file_and_names_its_line(tmp_path):
    with pytest.raises(Unreadable, match="not closed") as refused:
        rows_of(tmp_path, HEADER + 'Al,1,yes\n"B\no",2,"no\nCy,3,yes\nDi,4,no\n')
    assert refused.value.where == "line 4"


def test_a_quote_that_closes_in_a_later_row_refuses_the_file_too(tmp_path):
    with pytest.raises(Unreadable) as refused:
        rows_of(tmp_path, HEADER + 'Al,1,yes\nBo,2,"no\nCy,3,yes\n"Di",4,no\n')
    assert refused.value.where == "line 3"


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_quote_opened_on_the_last_line_is_named(tmp_path, end):
    with pytest.raises(Unreadable) as refused:
        rows_of(tmp_path, HEADER + 'Al,1,yes\nBo,2,"no' + end)
    assert refused.value.where == "line 3"


def test_a_quote_left_open_in_the_header_is_named(tmp_path):
    with pytest.raises(Unreadable) as refused:
        rows_of(tmp_path, 'name,"phone,opted_in\nAl,1,yes\nBo,2,no\n', header_line=1)
    assert refused.value.where == "line 1"


def test_rows_inside_a_cell_are_not_swallowed_in_silence(tmp_path):
    """Two inch marks alone in their cells close each other; the row between would be gone."""
    plain = "Di,6465550104,no\n" * 3
    rows = rows_of(tmp_path, HEADER + plain + 'Al,6465550101,"\nBo,6465550102,"\nCy,6465550103,no\n')
    assert [row.problem and row.problem.code for row in rows[3:]] == [Code.SWALLOWED_ROWS, None]


def test_a_note_of_several_lines_is_no_swallowed_row(tmp_path):
    rows = rows_of(tmp_path, HEADER + 'Al,1,"yes\nshe said: stop, not now, thanks"\nBo,2,no\n')
    assert [row.problem for row in rows] == [None, None]


def test_a_quote_inside_a_cell_is_read_as_a_spreadsheet_does(tmp_path):
    rows = rows_of(tmp_path, HEADER + '"Bob "Bobby" Smith",1,yes\nAl 5" Ash,2,no\n"Cy" ,3,no\n')
    assert [row.cells[0] for row in rows] == ['Bob Bobby" Smith"', 'Al 5" Ash', "Cy "]
    assert [row.warnings for row in rows] == [(Warned.STRAY_QUOTE,), (), (Warned.STRAY_QUOTE,)]
    assert not any(row.problem for row in rows)


def test_a_quote_that_shifts_the_cells_is_a_problem_of_its_row(tmp_path):
    rows = rows_of(tmp_path, HEADER + '"Bob "Bobby, Jr" Smith",1,yes\nAl,2,no\n')
    assert rows[0].problem.code is Code.STRAY_QUOTE
    assert "expected 3 cells, got 4" in rows[0].problem.what
    assert rows[1] == Row(3, ("Al", "2", "no"), 3, None, None, ())


def test_cells_quoted_behind_a_blank_are_one_cell(tmp_path):
    rows = rows_of(tmp_path, 'name, phone, note\nAl, "646, 555", "a"\nBo, 1, b\n')
    assert [row.cells for row in rows] == [("Al", "646, 555", "a"), ("Bo", "1", "b")]


def test_other_delimiters_and_encodings_read_the_same(tmp_path):
    plain = HEADER + 'Zoë,1,"a,b;c\td"\nBo,2,no\n'
    expected = [row.cells for row in rows_of(tmp_path, plain)]
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        assert [row.cells for row in rows_of(tmp_path, plain.encode(encoding))] == expected
    tabbed = HEADER.replace(",", "\t") + 'Zoë\t1\t"a,b;c\td"\nBo\t2\tno\n'
    assert [row.cells for row in rows_of(tmp_path, tabbed.encode("utf-16"))] == expected


def test_a_file_without_header_starts_on_its_first_row(tmp_path):
    rows = rows_of(tmp_path, "stop list\n\n6465550101,yes\n6465550102,no\n")
    assert [(row.line, row.cells[0], row.skip) for row in rows] == [
        (3, "6465550101", None),
        (4, "6465550102", None),
    ]


def test_header_only_has_no_rows(tmp_path):
    assert rows_of(tmp_path, HEADER) == []
    assert rows_of(tmp_path, HEADER.strip()) == []


def test_a_dialect_without_columns_is_a_mistake_of_the_caller(tmp_path):
    with pytest.raises(ValueError, match="converted first"):
        list(read_rows(tmp_path / "x", Dialect("xlsx")))


@pytest.mark.parametrize("quoted", [False, True])
def test_reading_can_start_at_any_line(tmp_path, quoted):
    path = tmp_path / "upload.csv"
    name = '"Al\nAsh"' if quoted else "Al"
    path.write_text("title\n\n" + HEADER + f"{name},1,yes\nBo,2,no\n\nTotal,2,\n" * 9_000)
    dialect = sniff(path)
    whole = list(read_rows(path, dialect))
    for start in (0, 1, 4, 5, 6, 7, 20_000, 20_001, 35_999, 36_003, 36_004, 50_000):
        assert list(read_rows(path, dialect, start_line=start)) == [row for row in whole if row.line >= start]


def test_reading_starts_far_down_without_reading_rows_above(tmp_path):
    """Rows with errors above the start do not matter to those below."""
    path = tmp_path / "upload.csv"
    path.write_text(HEADER + '"A" B,1,yes\n' * 500 + "Bo,2,no\n")
    assert [row.line for row in read_rows(path, sniff(path), start_line=500)] == [500, 501, 502]


_MEASURE = """
import resource, sys
from itertools import islice
from pathlib import Path
from backoffice.files.lines import BLOCK
from backoffice.files.rows import read_rows
from backoffice.files.sniff import sniff
path = Path(sys.argv[1])
dialect = sniff(path)
for row in islice(read_rows(path, dialect), 1000): pass
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = sum(1 for row in read_rows(path, dialect))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_stays_flat_over_300_000_rows(tmp_path):
    path = tmp_path / "upload.csv"
    with path.open("w") as file:
        file.write(HEADER)
        for number in range(300_000):
            file.write(f'Al Ash number {number},+1646{number:07},"yes, by ""form"""\n')
    assert path.stat().st_size > 12_000_000
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path)], capture_output=True, text=True, check=True, timeout=120
    )
    count, grown = map(int, done.stdout.split())
    assert count == 300_000
    assert grown < 4_000  # KiB; the file alone is three times as large


def test_rows_come_while_the_file_is_read(tmp_path):
    """A generator: the first rows do not wait for a damaged end."""
    path = tmp_path / "upload.csv"
    path.write_text(HEADER + "Al,1,yes\n" * 50_000 + 'Bo,2,"')
    assert len(list(islice(read_rows(path, sniff(path)), 10))) == 10
