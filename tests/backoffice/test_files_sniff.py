"""What a file is, how it is encoded and separated, where its header is."""

import json
import struct
import zlib
from pathlib import Path

import pytest

from backoffice.files.sniff import Dialect, Unreadable, address, sniff

CASES = Path(__file__).parent.parent / "cases" / "csv"
HEADER = "name,phone,opted_in\r\n"
ROWS = "Al,6465550101,yes\r\nBo,6465550102,no\r\n"


def written(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = tmp_path / "upload.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


@pytest.mark.parametrize("name", ["crm_dump_broken", "hubspot_contacts", "twilio_message_log"])
def test_reads_the_worked_cases_as_described(name):
    expected = json.loads((CASES / f"{name}.expected.json").read_text())
    dialect = sniff(CASES / f"{name}.csv")
    assert dialect.encoding == expected["encoding"].split()[0]
    assert dialect.delimiter == expected["delimiter"]
    assert dialect.header_line == expected.get("header_row", 1)
    assert len(dialect.preamble) == expected.get("preamble_lines", 0)
    for column in ("status_column", "country_column"):
        assert expected.get(column, dialect.columns[0]) in dialect.columns


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        ((HEADER + ROWS).encode("utf-8-sig"), "utf-8-sig"),
        ((HEADER + ROWS).encode("utf-8"), "utf-8"),
        ((HEADER + ROWS).encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + (HEADER + ROWS).encode("utf-16-be"), "utf-16"),
        ((HEADER + ROWS).encode("utf-16-le"), "utf-16-le"),
        ((HEADER + ROWS).encode("utf-16-be"), "utf-16-be"),
        ((HEADER + ROWS).encode("utf-32"), "utf-32"),
        ((HEADER + ROWS + "Zoë,6465550103,yes\r\n").encode("utf-8"), "utf-8"),
    ],
)
def test_finds_unicode_encodings_and_is_sure(tmp_path, raw, encoding):
    dialect = sniff(written(tmp_path, raw))
    assert (dialect.encoding, dialect.encoding_sure, dialect.bad_bytes) == (encoding, True, ())
    assert dialect.columns == ("name", "phone", "opted_in")


def test_falls_back_to_windows_1252_unsure_and_shows_both_readings(tmp_path):
    dialect = sniff(written(tmp_path, HEADER + ROWS + "José’s,6465550103,yes\r\n", "cp1252"))
    assert (dialect.encoding, dialect.encoding_sure) == ("cp1252", False)
    [reading] = dialect.sample_readings
    assert reading.line == 4
    assert reading.cp1252.startswith("José’s")
    assert reading.utf8.startswith("Jos\ufffds")


def test_damage_far_into_the_file_decides_the_encoding_too(tmp_path):
    path = written(tmp_path, HEADER.encode() + b"Al,6465550101,yes\n" * 20_000 + b"Jos\xe9,6465550102,yes\n")
    dialect = sniff(path)
    assert (dialect.encoding, dialect.sample_readings[0].line) == ("cp1252", 20_002)


def test_names_the_lines_with_foreign_bytes_in_a_utf8_file(tmp_path):
    raw = (HEADER + "Zoë,6465550101,yes\r\n").encode() + b"K\x92ng,6465550102,yes\r\n"
    dialect = sniff(written(tmp_path, raw))
    assert (dialect.encoding, dialect.encoding_sure, dialect.bad_bytes) == ("utf-8", True, (3,))


def test_a_chosen_encoding_is_not_questioned(tmp_path):
    dialect = sniff(written(tmp_path, HEADER + "Łódź,6465550103,yes\r\n", "cp1250"), encoding="cp1250")
    assert (dialect.encoding, dialect.encoding_sure) == ("cp1250", True)


def test_an_unknown_encoding_is_refused_with_the_choice(tmp_path):
    with pytest.raises(Unreadable, match=r"no encoding named 'klingon'.*Choose one of: utf-8"):
        sniff(written(tmp_path, HEADER), encoding="klingon")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_finds_the_delimiter(tmp_path, delimiter):
    path = written(tmp_path, (HEADER + ROWS).replace(",", delimiter))
    assert sniff(path).delimiter == delimiter
    assert len(sniff(path).columns) == 3


def test_judges_the_delimiter_on_the_header_and_outside_quotes(tmp_path):
    text = '"name, first; last";phone;note\nAl;6465550101;a, b, c, d, e\nBo;6465550102;f, g, h, i\n'
    dialect = sniff(written(tmp_path, text))
    assert dialect.delimiter == ";"
    assert dialect.columns == ("name, first; last", "phone", "note")


def test_obeys_the_hint_on_the_first_line(tmp_path):
    dialect = sniff(written(tmp_path, "sep=;\r\nname;phone\r\nAl;6465550101\r\n"))
    assert (dialect.delimiter, dialect.header_line, dialect.preamble) == (";", 2, ("sep=;",))


def test_a_single_column_needs_no_delimiter(tmp_path):
    dialect = sniff(written(tmp_path, "phone\n6465550101\n6465550102\n"))
    assert (dialect.header_line, dialect.columns) == (1, ("phone",))


def test_a_single_column_may_have_a_title(tmp_path):
    dialect = sniff(written(tmp_path, "Do not text list\n\nMobile\n6465550101\n6465550102\n"))
    assert (dialect.header_line, dialect.columns) == (3, ("Mobile",))


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("", 1),
        ("Consent export\n", 2),
        ("Acme, Inc.\nReport date:,2025-11-20\n\n", 4),
        ("Consent export,,\nGenerated,11/20/2025,\n", 3),
        ("Account:,Acme\nOwner:,Ana\n", 3),
        ('"Consent export, all programs"\n\n\n', 4),
    ],
)
def test_finds_the_header_below_a_preamble(tmp_path, above, line):
    dialect = sniff(
        written(tmp_path, above + "First Name,Mobile Phone,SMS Opt-In\nAl,6465550101,yes\nBo,6465550102,no\n")
    )
    assert dialect.header_line == line
    assert dialect.columns == ("First Name", "Mobile Phone", "SMS Opt-In")
    assert len(dialect.preamble) == line - 1


def test_the_header_wins_against_rows_of_plain_words(tmp_path):
    dialect = sniff(written(tmp_path, "Vorname,Ort,\nAnna,Bonn,ja\nBert,Köln,nein\nCarl,Ulm,ja\n"))
    assert dialect.header_line == 1


def test_numbers_first_means_no_header(tmp_path):
    dialect = sniff(written(tmp_path, "6465550101,yes,2025-03-14\n6465550102,no,2025-03-15\n"))
    assert dialect.header_line == 0
    assert dialect.columns == ("column 1", "column 2", "column 3")
    assert dialect.first_line == 1


def test_what_is_given_overrides_the_guess(tmp_path):
    path = written(tmp_path, "a;b,c\nd;e,f\n1;2,3\n")
    dialect = sniff(path, delimiter=",", header_line=2)
    assert (dialect.delimiter, dialect.header_line, dialect.columns) == (",", 2, ("d;e", "f"))
    assert dialect.preamble == ("a;b,c",)
    assert sniff(path, header_line=0, delimiter=";").columns == ("column 1", "column 2")


def test_a_header_line_far_below_can_be_chosen(tmp_path):
    path = written(tmp_path, "text, more\n" * 5_000 + HEADER + ROWS)
    assert sniff(path, header_line=5_001).columns == ("name", "phone", "opted_in")


@pytest.mark.parametrize("line", [99, -1])
def test_a_header_line_without_text_is_refused(tmp_path, line):
    with pytest.raises(Unreadable, match="nothing on the line"):
        sniff(written(tmp_path, HEADER + ROWS), header_line=line)


@pytest.mark.parametrize("delimiter", ["ab", "x", "\n", '"'])
def test_an_impossible_delimiter_is_refused(tmp_path, delimiter):
    with pytest.raises(Unreadable, match="separate"):
        sniff(written(tmp_path, HEADER + ROWS), delimiter=delimiter)


def test_equal_and_missing_names_get_addresses_of_their_own():
    columns, duplicates, blanks = address(
        ["country", "", " country ", "country (2)", "Country", "country", ""]
    )
    assert columns == (
        "country",
        "column 2",
        "country (3)",
        "country (2)",
        "Country",
        "country (4)",
        "column 7",
    )
    assert (duplicates, blanks) == ((3, 6), (2, 7))


def test_addresses_stay_unique_when_names_look_like_addresses():
    columns, _, blanks = address(["column 2", "", "a", "a", "a (2)"])
    assert len(set(columns)) == 5
    assert blanks == (2,)


def test_a_header_with_line_breaks_and_invisible_characters_is_shown_plainly(tmp_path):
    dialect = sniff(written(tmp_path, '\ufeff"Phone\nnumber",\u200bStatus \nx,y\n'))
    assert dialect.columns == ("Phone number", "Status")
    assert dialect.header == ("Phone\nnumber", "\u200bStatus ")


def test_single_quotes_around_every_cell_are_seen(tmp_path):
    dialect = sniff(written(tmp_path, "'name','phone'\n'Al, Jr','6465550101'\n"))
    assert (dialect.quote, dialect.columns) == ("'", ("name", "phone"))


def test_header_only_is_a_file(tmp_path):
    assert sniff(written(tmp_path, HEADER)).columns == ("name", "phone", "opted_in")


def test_survives_storage(tmp_path):
    dialect = sniff(written(tmp_path, HEADER + "José,1,\r\n", "cp1252"))
    assert Dialect.from_json(json.loads(json.dumps(dialect.as_json()))) == dialect


def png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "no text"),
        (b" \r\n\t\r\n", "no text"),
        (png(), "PNG"),
        (b"%PDF-1.7\n1 0 obj", "PDF"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "program"),
        (b"\x7fELF\x02\x01\x01", "program"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "97-2003"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"<!DOCTYPE html><table><tr><td>1</td></tr></table>", "web page"),
        (b'[{"phone": "+16465550101"}]', "JSON"),
        (bytes(range(256)) * 20, "not a text file"),
        (b"PK\x03\x04 no archive", "damaged"),
    ],
)
def test_what_is_no_table_is_refused_by_its_content(tmp_path, content, what):
    with pytest.raises(Unreadable, match=what) as refused:
        sniff(written(tmp_path, content))
    assert refused.value.where
    assert refused.value.mend


def test_text_that_only_begins_like_a_program_is_a_table(tmp_path):
    assert sniff(written(tmp_path, "MZ name,phone\nAl,6465550101\n")).columns == ("MZ name", "phone")


def test_too_many_columns_and_too_many_bytes_are_refused(tmp_path):
    path = written(tmp_path, ",".join(f"field {number}" for number in range(20_000)) + "\n")
    with pytest.raises(Unreadable, match="20,000 columns; the limit is 2,000"):
        sniff(path)
    with pytest.raises(Unreadable, match="limit is 0 MB"):
        sniff(path, max_bytes=1_000)


def test_a_line_without_end_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="goes on for more than"):
        sniff(written(tmp_path, b"x" * 17_000_000))
