"""JSON records and archives become tables, and every problem is told by the original's line."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from backoffice.files.container import Kind, kind_of, unpack
from backoffice.files.records import convert_records
from backoffice.files.rows import Code, Row, Skip, read_rows
from backoffice.files.sniff import Dialect
from backoffice.files.unreadable import Unreadable


def written(tmp_path: Path, content: str | bytes, name: str = "upload") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def converted(tmp_path: Path, content: str | bytes) -> tuple[Dialect, list[Row]]:
    out = tmp_path / "rows.csv"
    dialect = convert_records(written(tmp_path, content), out)
    return dialect, list(read_rows(out, dialect))


def table(tmp_path: Path, content: str | bytes) -> list[dict[str, str]]:
    dialect, rows = converted(tmp_path, content)
    return [dict(zip(dialect.columns, row.cells, strict=True)) for row in rows if not row.skip]


def test_each_line_is_a_row_and_names_come_from_all_of_them(tmp_path: Path) -> None:
    assert table(tmp_path, '{"a": "1", "b": "2"}\n{"b": "3", "c": "4"}\n') == [
        {"a": "1", "b": "2", "c": ""},
        {"a": "", "b": "3", "c": "4"},
    ]


def test_objects_inside_get_dotted_names_and_lists_of_them_numbers(tmp_path: Path) -> None:
    record = {
        "status": {"name": "X", "of": {"id": 7}},
        "errors": [{"code": "1"}, {"code": "2"}],
        "tags": ["x", 3],
    }
    assert table(tmp_path, json.dumps(record)) == [
        {"status.name": "X", "status.of.id": "7", "errors.0.code": "1", "errors.1.code": "2", "tags": "x, 3"}
    ]


def test_values_are_the_text_of_the_file(tmp_path: Path) -> None:
    line = '{"id": 12345678901234567890123, "price": 0.10, "code": "000", "on": true, "none": null, "text": "é😀"}'
    assert table(tmp_path, line) == [
        {
            "id": "12345678901234567890123",
            "price": "0.10",
            "code": "000",
            "on": "true",
            "none": "",
            "text": "é😀",
        }
    ]


def test_a_line_break_in_a_value_moves_no_line(tmp_path: Path) -> None:
    _, rows = converted(tmp_path, '{"a": "one\\ntwo", "b": "x"}\n\n{"a": "three", "b": "y"}\n')
    assert [(row.line, row.skip, row.cells) for row in rows] == [
        (1, None, ("one\ntwo", "x")),
        (2, Skip.BLANK, ("", "")),
        (3, None, ("three", "y")),
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"a": "x", "b"', "no JSON"),
        ("[1, 2]", "no object"),
        ('"text"', "no object"),
        ("not json at all", "no JSON"),
        (b'{"a": "\xff\xfe"}', "bytes"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
@pytest.mark.parametrize("place", [1, 2])
def test_a_damaged_line_is_one_bad_row_with_its_number(
    tmp_path: Path, line: str | bytes, what: str, place: int
) -> None:
    raw = line if isinstance(line, bytes) else line.encode()
    place = max(place, 2) if raw.startswith(b"[") else place  # a file that begins so is a list
    lines = [b'{"a": "1", "b": "x"}', b'{"a": "2", "b": "y"}', b'{"a": "3", "b": "z"}']
    lines.insert(place - 1, raw)
    _, rows = converted(tmp_path, b"\n".join(lines))
    [bad] = [row for row in rows if row.problem]
    assert bad.problem is not None
    assert (bad.line, bad.problem.code) == (place, Code.BROKEN_RECORD)
    assert what in bad.problem.what
    assert [row.cells[1] for row in rows if not row.problem] == ["x", "y", "z"]


@pytest.mark.parametrize(
    "content",
    [
        '[{"a": "1"}, {"a": "2"}]',
        '[\n  {"a": "1"},\n  {"a": "2"}\n]\n',
        '{"results": [{"a": "1"}, {"a": "2"}]}',
        '{\n "data": [\n  {"a": "1"},\n  {"a": "2"}\n ],\n "page": 1, "next_page_uri": "/x?page=2"\n}',
        '\ufeff[{"a": "1"}, {"a": "2"}]',
    ],
)
def test_a_whole_document_is_its_list_of_records(tmp_path: Path, content: str) -> None:
    assert table(tmp_path, content) == [{"a": "1"}, {"a": "2"}]


def test_one_object_is_one_row(tmp_path: Path) -> None:
    assert table(tmp_path, '{\n "a": "1",\n "b": {"c": "2"}\n}') == [{"a": "1", "b.c": "2"}]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ('[{"a": 1},', "cannot be read"),
        ("[" * 100_000 + "{", "nested too deeply"),
        ('[1, 2, {"a"', "cannot be read"),
        ("[{}]", "No line"),
    ],
)
def test_a_broken_document_is_refused_and_leaves_no_file(tmp_path: Path, content: str, what: str) -> None:
    with pytest.raises(Unreadable, match=what):
        converted(tmp_path, content)
    assert not (tmp_path / "rows.csv").exists()
    assert not list(tmp_path.glob("*.part"))


def test_too_many_names_are_refused(tmp_path: Path) -> None:
    content = "\n".join(json.dumps({f"n{number}": 1}) for number in range(2_100))
    with pytest.raises(Unreadable, match="2,000 fields"):
        converted(tmp_path, content)


# --- Archives -----------------------------------------------------------------------------------------------


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_kinds_are_known_by_content(tmp_path: Path) -> None:
    assert kind_of(written(tmp_path, '{"a": 1}\n')) is Kind.JSON
    assert kind_of(written(tmp_path, gzip.compress(b"a,b\n1,2\n"))) is Kind.GZIP
    assert kind_of(zipped(tmp_path / "z", {"a.csv": b"a,b\n"})) is Kind.ZIP


def test_the_one_file_of_an_archive_is_unpacked(tmp_path: Path) -> None:
    out = tmp_path / "out"
    unpack(written(tmp_path, gzip.compress(b"a,b\n1,2\n")), Kind.GZIP, out)
    assert out.read_bytes() == b"a,b\n1,2\n"
    members = {"__MACOSX/._a.csv": b"x", "folder/.DS_Store": b"x", "folder/a.csv": b"a,b\n3,4\n"}
    unpack(zipped(tmp_path / "z", members), Kind.ZIP, out)
    assert out.read_bytes() == b"a,b\n3,4\n"


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"a.csv": b"a", "b.csv": b"b"}, "2 files"),
        ({}, "0 files"),
        ({"../a.csv": b"a"}, "leads out of it"),
    ],
)
def test_other_archives_are_refused(tmp_path: Path, members: dict[str, bytes], what: str) -> None:
    with pytest.raises(Unreadable, match=what):
        unpack(zipped(tmp_path / "z", members), Kind.ZIP, tmp_path / "out")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = written(tmp_path, gzip.compress(b"\0" * 40_000_000))
    with pytest.raises(Unreadable, match="unpacks from"):
        unpack(bomb, Kind.GZIP, tmp_path / "out")
    assert (tmp_path / "out").stat().st_size < 40_000_000


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="damaged"):
        unpack(written(tmp_path, gzip.compress(b"a,b\n" * 1000)[:-20]), Kind.GZIP, tmp_path / "out")
