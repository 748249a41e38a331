"""Workbooks: judged before opening, parsed in a process of their own, then read like any other file."""

import io
import os
import stat
import time
import zipfile
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from backoffice.files.container import check_workbook
from backoffice.files.rows import Row, Skip, read_rows
from backoffice.files.sniff import Kind, Unreadable, sniff
from backoffice.files.workbook import convert_workbook, sniff_converted

HEADER = ["name", "phone", "opted_in"]


def book(*rows: list) -> Workbook:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    return made


def saved(made: Workbook, tmp_path: Path) -> Path:
    path = tmp_path / "upload.xlsx"
    made.save(path)
    return path


def rows_of(made: Workbook, tmp_path: Path, **chosen) -> list[Row]:
    out = tmp_path / "upload.xlsx.csv"
    dialect = convert_workbook(saved(made, tmp_path), out, **chosen)
    return list(read_rows(out, dialect))


def rewritten(path: Path, **parts: bytes | None) -> Path:
    """The same archive with parts replaced, added, or (None) removed."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    members.update(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in members.items():
            if content is not None:
                new.writestr(name, content)
    return path


def test_shows_the_sheets_before_reading_one(tmp_path):
    made = book(HEADER)
    made.active.title = "Cover"
    made.active.sheet_state = "hidden"
    made.create_sheet("Contacts")
    made.create_chartsheet("Chart")
    dialect = sniff(saved(made, tmp_path))
    assert (dialect.kind, dialect.sheet, dialect.sheets) == (Kind.XLSX, "Contacts", ("Cover", "Contacts"))


def test_rows_carry_the_numbers_of_the_sheet(tmp_path):
    rows = rows_of(
        book(["Consent export"], [], HEADER, ["Al\nAsh", "1", "yes"], [], ["Bo", "2", "no"], ["Total", 2]),
        tmp_path,
    )
    assert [(row.line, row.cells[0], row.skip) for row in rows] == [
        (4, "Al\nAsh", None),
        (5, "", Skip.BLANK),
        (6, "Bo", None),
        (7, "Total", Skip.TOTALS),
    ]
    assert all(not row.warnings and not row.problem for row in rows)


def test_another_sheet_and_another_header_can_be_chosen(tmp_path):
    made = book(HEADER)
    other = made.create_sheet("Other, sheet")
    for row in (["a", "b"], ["phone", "status"], ["1", "yes"]):
        other.append(row)
    out = tmp_path / "out.csv"
    dialect = convert_workbook(saved(made, tmp_path), out, sheet="Other, sheet", header_line=2)
    assert dialect.columns == ("phone", "status")
    again = sniff_converted(out, sheet=dialect.sheet, sheets=dialect.sheets, header_line=1)
    assert [row.line for row in read_rows(out, again)] == [2, 3]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (4255550177.0, None, "4255550177"),
        (14255550177, None, "14255550177"),
        (1.4255550177e10, None, "14255550177"),
        (0.1 + 0.2, None, "0.3"),
        (-0.0079, None, "-0.0079"),
        (1e21, None, "1e+21"),
        (7400123456, "00000000000", "07400123456"),
        (True, None, "TRUE"),
        (datetime(2025, 3, 14, 9, 30), None, "2025-03-14T09:30:00"),
        (datetime(2025, 3, 14, 9, 30, 59), "d/m/yyyy", "2025-03-14T09:30:59"),
        (datetime(2025, 3, 14), "yyyy-mm-dd hh:mm", "2025-03-14T00:00:00"),
        (date(2025, 3, 14), None, "2025-03-14"),
        (clock(9, 30), None, "09:30:00"),
        (timedelta(hours=30, minutes=5), None, "30:05:00"),
        ("#REF!", None, "#REF!"),
        ("+16465550101", None, "+16465550101"),
        ("two\r\nlines", None, "two\nlines"),
        ("a_x000D_b_x005F_c", None, "a\nb_c"),
        ("Zoë ✓ ☎", None, "Zoë ✓ ☎"),
        ('say "hi", ok', None, 'say "hi", ok'),
        (" spaced ", None, " spaced "),
    ],
)
def test_values_become_the_text_a_person_would_type(tmp_path, value, number_format, text):
    made = book(HEADER, ["Al", "x", "yes"])
    made.active["B2"] = value
    if number_format:
        made.active["B2"].number_format = number_format
    [row] = rows_of(made, tmp_path)
    assert row.cells == ("Al", text, "yes")


def test_dates_of_the_1904_calendar_are_the_same_dates(tmp_path):
    made = book(HEADER, ["Al", datetime(2025, 3, 14, 9, 30), "yes"])
    made.epoch = CALENDAR_MAC_1904
    assert rows_of(made, tmp_path)[0].cells[1] == "2025-03-14T09:30:00"


def test_formulas_give_their_last_result_or_themselves_but_never_nothing(tmp_path):
    made = book(HEADER, ["Al", "=A1", "yes"], ["Bo", '="6465550102"', "=B9"])
    path = saved(made, tmp_path)
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>A1</f><v />" in sheet
    sheet = sheet.replace("<f>A1</f><v />", "<f>A1</f><v>6465550101</v>")
    rewritten(path, **{"xl/worksheets/sheet1.xml": sheet.encode()})
    out = tmp_path / "out.csv"
    rows = list(read_rows(out, convert_workbook(path, out)))
    assert [row.cells for row in rows] == [("Al", "6465550101", "yes"), ("Bo", '="6465550102"', "=B9")]


def test_a_declared_size_that_is_wrong_cuts_nothing(tmp_path):
    path = saved(book(HEADER, ["Al", "1", "yes"]), tmp_path)
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert 'ref="A1:C2"' in sheet
    rewritten(path, **{"xl/worksheets/sheet1.xml": sheet.replace('ref="A1:C2"', 'ref="A1"').encode()})
    out = tmp_path / "out.csv"
    [row] = read_rows(out, convert_workbook(path, out))
    assert row.cells == ("Al", "1", "yes")


def test_cells_without_a_name_above_are_a_nameless_column(tmp_path):
    [row, _] = rows_of(book(HEADER, ["Al", "1", "yes", None, "note"], ["Bo", "2"]), tmp_path)
    assert row.cells == ("Al", "1", "yes", "", "note")
    assert (row.problem, row.found) == (None, 5)


def test_the_converted_file_is_whole_private_and_alone(tmp_path):
    rows_of(book(HEADER, ["Al", "1", "yes"]), tmp_path)
    out = tmp_path / "upload.xlsx.csv"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["upload.xlsx", "upload.xlsx.csv"]


def test_an_empty_sheet_and_an_unknown_one_are_refused(tmp_path):
    with pytest.raises(Unreadable, match="sheet is empty"):
        rows_of(book(), tmp_path)
    with pytest.raises(Unreadable, match="no sheet named 'Nope'.*Sheet"):
        rows_of(book(HEADER), tmp_path, sheet="Nope")


def test_an_empty_sheet_in_front_is_passed_over(tmp_path):
    made = book()
    people = made.create_sheet("People")
    people.append(HEADER)
    people.append(["Al", "1", "yes"])
    dialect = convert_workbook(saved(made, tmp_path), tmp_path / "out.csv")
    assert (dialect.sheet, dialect.sheets) == ("People", ("Sheet", "People"))
    assert [row.cells for row in read_rows(tmp_path / "out.csv", dialect)] == [("Al", "1", "yes")]


def zipped(path: Path, *members: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def linked() -> zipfile.ZipInfo:
    member = zipfile.ZipInfo("xl/link")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ([("table.csv", b"a,b\n1,2\n")], "zip archive"),
        ([(zipfile.ZipInfo("mimetype"), b"application/vnd.oasis.opendocument.spreadsheet")], "OpenDocument"),
        ([("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w/>")], "not an Excel workbook"),
        ([("[Content_Types].xml", b"<Types/>"), ("../../etc/cron.d/x", b"")], "leads out of it"),
        ([("[Content_Types].xml", b"<Types/>"), ("/etc/x", b"")], "leads out of it"),
        ([("[Content_Types].xml", b"<Types/>"), ("xl\\..\\..\\x", b"")], "leads out of it"),
        ([("[Content_Types].xml", b"<Types/>"), ("C:/x", b"")], "leads out of it"),
        ([("[Content_Types].xml", b"<Types/>"), (linked(), b"/etc/passwd")], "leads out of it"),
        ([(f"part{number}", b"") for number in range(2_001)], "2,001 parts"),
    ],
)
def test_other_archives_are_refused(tmp_path, members, what):
    with pytest.raises(Unreadable, match=what):
        sniff(zipped(tmp_path / "upload.csv", *members))


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"xl/vbaProject.bin": b"x"}, "macros"),
        ({"xl/macrosheets/sheet1.xml": b"<x/>"}, "macros"),
        ({"xl/externalLinks/externalLink1.xml": b"<x/>"}, "links to other workbooks"),
        ({"xl/embeddings/oleObject1.bin": b"x"}, "embedded objects"),
        (
            {"[Content_Types].xml": b'<Types T="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/>'},
            "macros",
        ),
        ({"xl/workbook.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><workbook>&a;</workbook>'}, "damaged"),
        ({"xl/workbook.xml": b"<workbook/>"}, "no worksheet"),
        ({"xl/workbook.xml": None}, "damaged"),
    ],
)
def test_workbooks_that_carry_more_than_cells_are_refused(tmp_path, parts, what):
    path = rewritten(saved(book(HEADER), tmp_path), **parts)
    with pytest.raises(Unreadable, match=what):
        sniff(path)


def test_links_in_cells_are_no_reason_to_refuse(tmp_path):
    made = book(HEADER, ["Al", "1", "yes"])
    made.active["A2"].hyperlink = "mailto:al@example.com"
    assert rows_of(made, tmp_path)[0].cells[0] == "Al"


def test_a_password_is_recognised(tmp_path):
    path = saved(book(HEADER), tmp_path)
    raw = bytearray(path.read_bytes())
    for at in range(len(raw)):
        if raw[at : at + 4] == b"PK\x01\x02":
            raw[at + 8] |= 1  # the flag of encryption, in the archive's directory
    path.write_bytes(raw)
    with pytest.raises(Unreadable, match="password"):
        sniff(path)


def bomb(tmp_path: Path, size: int) -> Path:
    """A sheet of one row repeated, which packs a thousand to one."""
    path = saved(book(HEADER), tmp_path)
    row = b'<row><c t="inlineStr"><is><t>' + b"x" * 1000 + b"</t></is></c></row>"
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return rewritten(
        path, **{"xl/worksheets/sheet1.xml": head + row * (size // len(row)) + b"</sheetData></worksheet>"}
    )


def test_a_zip_bomb_is_refused_unopened(tmp_path):
    path = bomb(tmp_path, 64_000_000)
    assert path.stat().st_size < 600_000
    started = time.process_time()
    with pytest.raises(Unreadable, match="unpacks from"):
        sniff(path)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("padding", [0, 1_048_570, 3_000_000])
def test_a_sheet_with_entities_is_refused_wherever_it_declares_them(tmp_path, encoding, padding):
    path = saved(book(HEADER), tmp_path)
    sheet = (
        f"<!--{' ' * padding}-->"
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row><c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
    )
    rewritten(path, **{"xl/worksheets/sheet1.xml": sheet.encode(encoding)})
    with pytest.raises(Unreadable, match="declares a document type"):
        convert_workbook(path, tmp_path / "out.csv")


def test_a_workbook_that_takes_too_much_memory_is_given_up(tmp_path):
    path = saved(book(HEADER), tmp_path)
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    cell = b'<row><c t="inlineStr"><is><t>' + b"x" * 8_000_000 + b"</t></is></c></row>"
    rewritten(path, **{"xl/worksheets/sheet1.xml": head + cell + b"</sheetData></worksheet>"})
    out = tmp_path / "out.csv"
    with pytest.raises(Unreadable, match="too much memory"):
        convert_workbook(path, out, memory=64 * 1024 * 1024)
    assert not list(tmp_path.glob("out*"))
    convert_workbook(path, out)  # the same file, given enough


def test_a_workbook_that_takes_too_long_is_given_up(tmp_path):
    path = saved(book(HEADER), tmp_path)
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    row = b"<row>" + b"<c><v>1</v></c>" * 1_000 + b"</row>"
    rewritten(path, **{"xl/worksheets/sheet1.xml": head + row * 2_000 + b"</sheetData></worksheet>"})
    started = time.monotonic()
    with pytest.raises(
        Unreadable, match="more than 1 seconds|could not be read"
    ):  # by the clock, by the processor
        convert_workbook(path, tmp_path / "out.csv", seconds=1)
    assert time.monotonic() - started < 60
    assert not list(tmp_path.glob("out*"))


def test_a_row_number_beyond_any_sheet_is_refused(tmp_path):
    path = saved(book(HEADER), tmp_path)
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="999999999"><c t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>'
    )
    rewritten(path, **{"xl/worksheets/sheet1.xml": sheet})
    with pytest.raises(Unreadable, match="more than 1,048,576 rows"):
        convert_workbook(path, tmp_path / "out.csv")


@pytest.mark.parametrize("cut", [30, 200, 1_000, -40])
def test_a_torn_workbook_is_refused(tmp_path, cut):
    path = saved(book(HEADER, ["Al", "1", "yes"]), tmp_path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(Unreadable):
        check_workbook(path)


def test_the_reading_process_knows_no_secrets_and_leaves_no_trace(tmp_path, monkeypatch):
    """Whatever a workbook does to the process that reads it, the environment there is empty."""
    monkeypatch.setitem(os.environ, "SECRET_KEY", "do not tell")
    seen = {}
    import subprocess

    real = subprocess.run

    def watching(command, **options):
        seen.update(options["env"])
        return real(command, **options)

    monkeypatch.setattr(subprocess, "run", watching)
    rows_of(book(HEADER, ["Al", "1", "yes"]), tmp_path)
    assert seen == {"LC_ALL": "C.UTF-8"}


def test_a_workbook_in_memory_size_is_judged_by_content_not_name(tmp_path):
    stream = io.BytesIO()
    book(HEADER).save(stream)
    path = tmp_path / "contacts.csv"
    path.write_bytes(stream.getvalue())
    assert sniff(path).kind is Kind.XLSX
