"""What holds for any bytes and any cells."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backoffice.files.export import OWN_ERROR_COLUMNS, write_csv
from backoffice.files.rows import read_rows
from backoffice.files.sniff import Dialect, Kind, Unreadable, sniff
from backoffice.files.workbook import convert_workbook

FORGIVING = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

PIECES = [
    *(
        b'"',
        b"'",
        b",",
        b";",
        b"\t",
        b"|",
        b"\n",
        b"\r",
        b"\r\n",
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xe9",
    ),
    *(
        b"\xc3\xab",
        b"name",
        b"phone",
        b"6465550101",
        b"sep=;",
        b"Total",
        b"=",
        b" ",
        b"PK\x03\x04",
        b"MZ",
        b"x" * 200,
    ),
]


def read_all(path: Path) -> tuple[Dialect, list]:
    dialect = sniff(path)
    if dialect.columns:
        return dialect, list(read_rows(path, dialect))
    out = path.with_suffix(".out")
    dialect = convert_workbook(path, out, seconds=20)
    return dialect, list(read_rows(out, dialect))


@FORGIVING
@given(st.one_of(st.binary(max_size=400), st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join)))
@example(b"\xff\xfe\x00")
@example(b'sep="\n"')
@example(b'a,"b\n')
@example(b"\xfe\xff\xd8")
def test_any_bytes_are_read_or_refused_with_reasons(tmp_path, content):
    path = tmp_path / "upload.csv"
    path.write_bytes(content)
    refused = None
    dialect, rows = Dialect(Kind.CSV), []
    try:
        dialect, rows = read_all(path)
    except Unreadable as error:
        refused = error
    assert refused is None or (refused.what and refused.where and refused.mend)
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
    assert all(line >= dialect.first_line for line in lines)
    for row in rows:
        assert len(row.cells) >= dialect.width
        assert not row.problem or not row.skip
        "".join(row.cells).encode()  # no half characters, so every database takes it
        assert "\x00" not in "".join(row.cells)


@FORGIVING
@given(st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join), st.integers(0, 30))
def test_starting_later_gives_the_same_rows(tmp_path, content, start):
    path = tmp_path / "upload.csv"
    path.write_bytes(b"name,phone\n" + content)
    try:
        dialect = sniff(path)
        rows = list(read_rows(path, dialect))
    except Unreadable:
        return
    assert list(read_rows(path, dialect, start_line=start)) == [row for row in rows if row.line >= start]


@FORGIVING
@given(
    st.lists(
        st.lists(st.text(alphabet="ab ,;\"'\n1", max_size=6), min_size=3, max_size=3), min_size=1, max_size=12
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
)
def test_well_formed_csv_reads_as_the_csv_module_reads_it(tmp_path, table, delimiter, encoding):
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows([["name", "phone", "status"], *table])
    path = tmp_path / "upload.csv"
    path.write_bytes(stream.getvalue().encode(encoding))
    dialect = sniff(path, encoding=encoding, delimiter=delimiter, quote='"', header_line=1)
    rows = [row for row in read_rows(path, dialect) if not row.skip]
    assert [list(row.cells) for row in rows] == [row for row in table if any(map(str.strip, row))]


CELLS = st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20
)


@FORGIVING
@given(
    st.lists(
        st.lists(
            st.one_of(CELLS, st.sampled_from(["=1", "'=1", "\t", "\r\n", "+1", "'"])), min_size=3, max_size=3
        )
    )
)
@example([["=1+1", "'=1", "\n"], ["'", "+16465550101", "＝1"]])
def test_any_cells_survive_export_and_reading(tmp_path, table):
    path = tmp_path / "export.csv"
    header = ["name", "phone", "status", *OWN_ERROR_COLUMNS]
    with path.open("w", encoding="utf-8", newline="") as file:
        write_csv(file, header, [[*row, "2", "x", "y"] for row in table])
    dialect = sniff(path)
    assert dialect.columns == tuple(header)
    rows = list(read_rows(path, dialect))
    assert [list(row.cells[:3]) for row in rows] == table
    assert not any(row.problem for row in rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252", "cp932", "gb18030", "utf-32", "mac_roman"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=200))
def test_any_encoding_may_be_chosen_for_any_bytes(tmp_path, encoding, content):
    path = tmp_path / "upload.csv"
    path.write_bytes(content)
    try:
        list(read_rows(path, sniff(path, encoding=encoding, delimiter=",", header_line=1)))
    except Unreadable:
        return
