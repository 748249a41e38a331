"""Which encoding a text file is in, from its bytes; never a silent guess.

Order: a byte order mark; NUL bytes in every other place (UTF-16 without a mark); strict UTF-8; UTF-8 with a
few bad bytes pasted in; else Windows-1252, which decodes almost anything and is therefore reported as unsure,
with both readings.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from backoffice.files.container import WHOLE
from backoffice.files.lines import BLOCK, CONTROLS, MARKED, Lines
from backoffice.files.unreadable import Unreadable

ENCODINGS: dict[str, str] = {
    "utf-8": "Unicode (UTF-8)",
    "utf-8-sig": "Unicode (UTF-8 with mark)",
    "utf-16": "Unicode (UTF-16 with mark)",
    "utf-16-le": "Unicode (UTF-16, little end first)",
    "utf-16-be": "Unicode (UTF-16, big end first)",
    "utf-32": "Unicode (UTF-32 with mark)",
    "cp1252": "Western European (Windows-1252)",
    "iso-8859-1": "Western European (ISO 8859-1)",
    "iso-8859-15": "Western European with euro sign (ISO 8859-15)",
    "mac_roman": "Western European (old Macintosh)",
    "cp437": "United States (DOS)",
    "cp850": "Western European (DOS)",
    "cp1250": "Central European (Windows-1250)",
    "iso-8859-2": "Central European (ISO 8859-2)",
    "cp1251": "Cyrillic (Windows-1251)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp1258": "Vietnamese (Windows-1258)",
    "cp932": "Japanese (Shift JIS)",
    "euc_jp": "Japanese (EUC)",
    "gb18030": "Chinese, simplified (GB 18030)",
    "big5": "Chinese, traditional (Big5)",
    "cp949": "Korean (Windows-949)",
}  # what a person may choose from, in the order to offer it

MAX_BAD_LINES = 1_000  # more are not listed; the rows themselves all say so
MAX_READINGS = 5
_HEAD = 65_536
_BAD_RUN = re.compile("[\udc00-\udcff]+")
_WIDE = re.compile("[^\x00-\x7f\udc00-\udcff]")
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16's mark, so it is asked first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)


@dataclass(frozen=True, slots=True)
class SampleReading:
    """The same bytes of one line in two encodings, for a person to say which is right."""

    line: int
    utf8: str
    cp1252: str


@dataclass(frozen=True, slots=True)
class Encoding:
    """`bad_lines`: the lines (1-based, first MAX_BAD_LINES) with bytes that `name` cannot decode."""

    name: str
    sure: bool = True
    bad_lines: tuple[int, ...] = ()
    readings: tuple[SampleReading, ...] = ()


def find_encoding(path: Path, chosen: str | None = None) -> Encoding:
    """The encoding of the whole file, every byte looked at. Raises Unreadable if it is no text."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    name = _known(chosen) if chosen else _by_mark(head) or _by_nuls(head) or "utf-8"
    if name in ("utf-16", "utf-32") and _by_mark(head) != name:
        name = f"{name}-le"  # chosen for a file without the mark that these two need
    if not name.startswith(("utf-16", "utf-32")):
        _refuse_binary(head)
    if _decodes(path, name):
        return Encoding(name)
    wide, bad, lines = _damage(path, name)
    # Windows-1252 text hardly ever contains a valid UTF-8 sequence, so one that does is UTF-8 with foreign
    # bytes in it.
    if chosen or name != "utf-8" or wide >= bad:
        return Encoding(name, bad_lines=lines)
    return _cp1252(path, lines)


def _cp1252(path: Path, lines: tuple[int, ...]) -> Encoding:
    bad = () if _decodes(path, "cp1252") else _damage(path, "cp1252")[2]
    return Encoding("cp1252", sure=False, bad_lines=bad, readings=_readings(path, lines))


def _known(chosen: str) -> str:
    try:
        wanted = codecs.lookup(chosen).name
    except (LookupError, ValueError):
        wanted = ""
    for name in ENCODINGS:
        if codecs.lookup(name).name == wanted:
            return name
    raise Unreadable(
        f"There is no encoding named {chosen[:40]!r} here", WHOLE, f"Choose one of: {', '.join(ENCODINGS)}."
    )


def _by_mark(head: bytes) -> str | None:
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def _by_nuls(head: bytes) -> str | None:
    """UTF-16 without a mark: mostly Latin text leaves every other byte zero, always on the same side."""
    even, odd = head[0::2], head[1::2]
    zero_even, zero_odd = even.count(0), odd.count(0)
    if zero_odd * 3 > len(odd) and zero_even * 20 < len(even):
        return "utf-16-le"
    if zero_even * 3 > len(even) and zero_odd * 20 < len(odd):
        return "utf-16-be"
    return None


def _refuse_binary(head: bytes) -> None:
    """A stray control character is damage in one row; many of them are no table.

    In bytes that are Unicode otherwise, even one in every row may be a program's habit of ending its cells.
    """
    controls = len(head) - len(head.translate(None, CONTROLS))
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
        borne = len(head) // 4
    except UnicodeDecodeError:
        borne = len(head) // 50
    if controls > max(borne, 8):
        raise Unreadable(
            "This is not a text file",
            WHOLE,
            "Export the table as CSV or save it as an Excel workbook (.xlsx).",
        )


def _decodes(path: Path, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)("strict")
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _damage(path: Path, name: str) -> tuple[int, int, tuple[int, ...]]:
    """How many characters beyond ASCII decode, how many runs of bytes do not, and on which lines."""
    wide = bad = 0
    lines: list[int] = []
    with Lines(path, name) as source:
        for number, line in enumerate(source, 1):
            if line.isascii():
                continue
            wide += len(_WIDE.findall(line))
            if runs := len(_BAD_RUN.findall(line)):
                bad += runs
                if len(lines) < MAX_BAD_LINES:
                    lines.append(number)
    return wide, bad, tuple(lines)


def _readings(path: Path, lines: tuple[int, ...]) -> tuple[SampleReading, ...]:
    wanted = set(lines[:MAX_READINGS])
    last = max(wanted, default=0)
    found = []
    with Lines(path, "utf-8") as source:
        for number, line in enumerate(source, 1):
            if number in wanted:
                found.append(_both(number, line))
            if number >= last:
                break
    return tuple(found)


def _both(number: int, line: str) -> SampleReading:
    """Forty characters to each side of the first bad byte, in both encodings."""
    bad = MARKED.search(line)
    at = bad.start() if bad else 0
    part = line[max(at - 40, 0) : at + 40].strip()
    raw = part.encode("utf-8", "surrogateescape")
    return SampleReading(number, raw.decode("utf-8", "replace"), raw.decode("cp1252", "replace"))
