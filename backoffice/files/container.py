"""What a file is, by its bytes and not its name; and whether an archive is safe to open.

A workbook is a zip archive from a stranger: its member list is judged before anything in it is unpacked (how
many, how large, how tightly packed, which paths, which kinds). Nothing here reads a cell.
"""

from __future__ import annotations

import gzip
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import IO, Any
from zlib import error as DeflateError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import ParseError, fromstring  # type: ignore[import-untyped]

from backoffice.files.unreadable import Unreadable

MIB = 1024 * 1024
MAX_BYTES = 512 * MIB
MAX_MEMBERS = 2_000
MAX_UNPACKED = 1024 * MIB  # a million rows of ten columns unpack to about half of this
MAX_RATIO = 100  # unpacked : packed; real sheets stay near 20
RATIO_COUNTS_FROM = 32 * MIB  # a small file may be packed as tightly as it likes
MAX_INDEX = 4 * MIB  # the parts that list the sheets

WHOLE = "the whole file"
_AS_CSV = "Export the table as CSV or save it as an Excel workbook (.xlsx)."


class Kind(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    GZIP = "gzip"
    ZIP = "zip"


ARCHIVES = (Kind.GZIP, Kind.ZIP)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet of a workbook, in tab order. `part` is its path inside the archive."""

    name: str
    hidden: bool
    part: str


# Beginnings of files that are no table. A name promised one; the bytes decide.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF-", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"(\xb5/\xfd", "a zstd archive"),
    (b"7z\xbc\xaf'\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"SQLite format 3\x00", "a database"),
    (b"PAR1", "a Parquet file"),
    (b"{\\rtf", "a Rich Text document"),
    (b"OggS", "a sound file"),
    (b"ID3", "a sound file"),
    (b"RIFF", "a media file"),
)
_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument"  # by its format the first part, never packed
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PROGRAM = b"MZ"
_MARKUP = re.compile(rb"\s*(?:<\?xml|<!doctype|<html|<table|<svg|<workbook)", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\[\s*)?\{\s*(?:\"[^\"\r\n]*\"\s*:|\})")


def kind_of(path: Path, *, max_bytes: int = MAX_BYTES) -> Kind:
    """CSV is any delimited text. Raises Unreadable for an empty, too large or foreign file."""
    size = path.stat().st_size
    if not size:
        raise Unreadable("The file is empty", WHOLE, "Export it again and check that it holds rows.")
    if size > max_bytes:
        raise Unreadable(
            f"The file has {size / MIB:,.0f} MB; the limit is {max_bytes / MIB:,.0f} MB",
            WHOLE,
            "Split it into smaller files with the same header.",
        )
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(_ZIP):
        if _OPEN_DOCUMENT in head[:100]:
            raise Unreadable("This is an OpenDocument file", WHOLE, "Save it as .xlsx or as CSV.")
        return Kind.XLSX if _may_be_workbook(path) else Kind.ZIP
    if head.startswith(_GZIP):
        return Kind.GZIP
    if _JSON.match(head.removeprefix(b"\xef\xbb\xbf")):
        return Kind.JSON
    _refuse_foreign(path, head)
    return Kind.CSV


def _may_be_workbook(path: Path) -> bool:
    """Whether check_workbook should judge it; a damaged archive may have been one."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" in archive.NameToInfo
    except zipfile.BadZipFile:
        return True


def _refuse_foreign(path: Path, head: bytes) -> None:
    if head.startswith(_OLE):
        raise _refuse_ole(path)
    found = next((name for beginning, name in _BEGINNINGS if head.startswith(beginning)), None)
    if found is None and head.startswith(_PROGRAM) and b"\x00" in head:
        found = "a program"
    if found is None and _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        found = "a web page or XML document"
    if found:
        archive = " Unpack it first." if "archive" in found else ""
        raise Unreadable(f"This is {found}, not a table", WHOLE, f"{_AS_CSV}{archive}")


def _refuse_ole(path: Path) -> Unreadable:
    """Excel's format before 2007, or a new workbook inside a password's envelope: both start alike."""
    with path.open("rb") as file:
        if "EncryptedPackage".encode("utf-16-le") in file.read(MIB):
            return _encrypted()
    return Unreadable("This is an Excel 97-2003 workbook (.xls)", WHOLE, "Save it as .xlsx or as CSV.")


def _encrypted() -> Unreadable:
    return Unreadable("The file is protected by a password", WHOLE, "Save a copy without a password.")


def check_workbook(
    path: Path,
    *,
    max_members: int = MAX_MEMBERS,
    max_unpacked: int = MAX_UNPACKED,
    max_ratio: int = MAX_RATIO,
) -> tuple[Sheet, ...]:
    """The worksheets of a workbook that is safe to open. Raises Unreadable for any other archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_members(members, max_members=max_members)
            _check_sizes(members, path.stat().st_size, max_unpacked=max_unpacked, max_ratio=max_ratio)
            _check_content(archive, {member.filename for member in members})
            return _sheets(archive)
    except (
        zipfile.BadZipFile,
        DeflateError,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        # zipfile raises any of these on a damaged or crafted archive.
        raise _damaged() from error


def check_archive(path: Path, kind: Kind) -> None:
    """Whether one file can be had from a zip or gzip archive, as far as its beginning tells. Raises Unreadable."""
    with _opened(path, kind) as source:
        source.read(1)


def unpack(
    path: Path, kind: Kind, out: Path, *, max_bytes: int = MAX_UNPACKED, max_ratio: int = MAX_RATIO
) -> None:
    """Write the one file that a zip or gzip archive holds to `out`. Raises Unreadable."""
    with _opened(path, kind) as source:
        _copy(source, path, out, max_bytes=max_bytes, max_ratio=max_ratio)


@contextmanager
def _opened(path: Path, kind: Kind) -> Iterator[IO[bytes] | gzip.GzipFile]:
    try:
        if kind is Kind.GZIP:
            with gzip.open(path) as source:
                yield source
            return
        with zipfile.ZipFile(path) as archive, archive.open(_only_file(archive)) as member:
            yield member
    except (zipfile.BadZipFile, DeflateError, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise Unreadable(
            f"The {kind} archive is damaged",
            WHOLE,
            "Export it again, or unpack it and upload what is inside.",
        ) from error


def _only_file(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = archive.infolist()
    _check_members(members, max_members=MAX_MEMBERS)
    files = [member for member in members if not member.is_dir() and not _is_bookkeeping(member.filename)]
    if len(files) != 1:
        raise Unreadable(
            f"The archive holds {len(files)} files; one is taken at a time",
            WHOLE,
            "Unpack it and upload the files one after the other.",
        )
    return files[0]


def _is_bookkeeping(name: str) -> bool:
    """What some systems put beside the files."""
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1].startswith(".")


def _copy(
    source: IO[bytes] | gzip.GzipFile, path: Path, out: Path, *, max_bytes: int, max_ratio: int
) -> None:
    """The unpacked size that an archive declares may be a lie: what comes out is counted."""
    limit = min(max_bytes, max(RATIO_COUNTS_FROM, path.stat().st_size * max_ratio))
    size = 0
    with out.open("wb") as target:
        while block := source.read(MIB):
            size += len(block)
            if size > limit:
                raise Unreadable(
                    f"The archive unpacks from {path.stat().st_size / MIB:,.1f} MB to more than {limit / MIB:,.0f} MB",
                    WHOLE,
                    "Split it, or unpack it and upload what is inside.",
                )
            target.write(block)


def _check_members(members: list[zipfile.ZipInfo], *, max_members: int) -> None:
    if len(members) > max_members:
        raise Unreadable(
            f"The archive has {len(members):,} parts; a workbook has at most {max_members:,}", WHOLE, _AS_CSV
        )
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise Unreadable(
            "Two parts of the archive have the same name", WHOLE, "Save the workbook again in Excel."
        )
    for member in members:
        if member.flag_bits & 0x1:
            raise _encrypted()
        inner = PurePosixPath(member.filename.replace("\\", "/"))
        link = stat.S_ISLNK(member.external_attr >> 16)
        if link or inner.is_absolute() or ".." in inner.parts or ":" in member.filename.split("/")[0]:
            raise Unreadable(
                "The archive holds a link or a path that leads out of it",
                f"part {member.filename[:80]!r}",
                "Save the workbook again in Excel and upload that copy.",
            )


def _check_sizes(members: list[zipfile.ZipInfo], packed: int, *, max_unpacked: int, max_ratio: int) -> None:
    unpacked = sum(member.file_size for member in members)
    too_tight = unpacked > RATIO_COUNTS_FROM and unpacked > packed * max_ratio
    if unpacked > max_unpacked or too_tight:
        raise Unreadable(
            f"The workbook unpacks from {packed / MIB:,.1f} MB to {unpacked / MIB:,.0f} MB",
            WHOLE,
            "Split it, or export the table as CSV.",
        )


_REFUSED_PARTS: tuple[tuple[str, str], ...] = (
    ("vbaproject", "macros"),
    ("xl/macrosheets/", "macros"),
    ("xl/externallinks/", "links to other workbooks"),
    ("xl/embeddings/", "embedded objects"),
    ("xl/activex/", "embedded controls"),
)


def _check_content(archive: zipfile.ZipFile, names: set[str]) -> None:
    if "[Content_Types].xml" not in names:
        raise Unreadable("This is a zip archive, not a table", WHOLE, f"Unpack it. {_AS_CSV}")
    types = _small_part(archive, "[Content_Types].xml").lower()
    if b"macroenabled" in types:
        raise _carries("macros")
    for name in names:
        for mark, what in _REFUSED_PARTS:
            if mark in name.lower().replace("\\", "/"):
                raise _carries(what)


def _carries(what: str) -> Unreadable:
    return Unreadable(
        f"The workbook contains {what}",
        WHOLE,
        "Copy the values into a new workbook (.xlsx), or export as CSV.",
    )


def _sheets(archive: zipfile.ZipFile) -> tuple[Sheet, ...]:
    """Worksheets in tab order. Namespaces are ignored: two dialects of the format differ only in them."""
    book = _target(archive, "", "officeDocument")
    if book is None or not book.endswith(".xml"):
        raise Unreadable("This is an Office document, not an Excel workbook (.xlsx)", WHOLE, _AS_CSV)
    folder = book.rpartition("/")[0]
    parts = {
        relation["Id"]: _resolve(folder, relation["Target"])
        for relation in _relations(archive, book)
        if relation.get("Type", "").endswith("/worksheet") and "Id" in relation and "Target" in relation
    }
    sheets = []
    for element in _root(archive, book).iter():
        if _plain(element.tag) != "sheet":
            continue
        fields = {_plain(key): value for key, value in element.attrib.items()}
        if fields.get("id") in parts and fields.get("name"):
            hidden = fields.get("state", "visible") != "visible"
            sheets.append(Sheet(fields["name"], hidden, parts[fields["id"]]))
    if not sheets:
        raise Unreadable("The workbook has no worksheet", WHOLE, _AS_CSV)
    return tuple(sheets)


def _target(archive: zipfile.ZipFile, of: str, kind: str) -> str | None:
    for relation in _relations(archive, of):
        if relation.get("Type", "").endswith("/" + kind) and "Target" in relation:
            return _resolve("", relation["Target"])
    return None


def _relations(archive: zipfile.ZipFile, of: str) -> list[dict[str, str]]:
    folder, _, name = of.rpartition("/")
    part = f"{folder}/_rels/{name}.rels".removeprefix("/")
    if part not in archive.NameToInfo:
        return []
    return [dict(element.attrib) for element in _root(archive, part) if _plain(element.tag) == "Relationship"]


def _resolve(folder: str, target: str) -> str:
    return target.removeprefix("/") if target.startswith("/") or not folder else f"{folder}/{target}"


def _root(archive: zipfile.ZipFile, part: str) -> Any:
    try:
        return fromstring(_small_part(archive, part), forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError) as error:
        raise _damaged() from error


def _small_part(archive: zipfile.ZipFile, part: str) -> bytes:
    if part not in archive.NameToInfo or archive.getinfo(part).file_size > MAX_INDEX:
        raise _damaged()
    return archive.read(part)


def _plain(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _damaged() -> Unreadable:
    return Unreadable(
        "The workbook is damaged or was not written by a spreadsheet program",
        WHOLE,
        "Open it in a spreadsheet, save it again as .xlsx or CSV, and upload that copy.",
    )
