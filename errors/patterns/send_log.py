"""A send log as CSV, read into counts: millions of lines a few at a time, most of the work in NumPy."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from errors.patterns.counts import ATTRIBUTES, Counts

CODED = tuple(name for name in ATTRIBUTES if name != "hour")
COLUMNS = ("message_ref", "sent_at", *CODED, "status", "error_code")
RECIPIENT = (
    "recipient"  # a column that may be there: then a person counts once for each template of a campaign
)
DELIVERED = frozenset({"delivered", "read"})
FAILED = frozenset({"undelivered", "failed"})

CHUNK = 2**22  # bytes; small enough to stay near the processor
COMMA, NEWLINE = b",", b"\n"
UNIT, RECORD = b"\x1f", b"\x1e"  # what stands between fields and lines once quotes are resolved
HOURS = tuple(f"{hour:02}" for hour in range(24))
NO_HOUR = 24

Bytes = NDArray[np.uint8]
Hashes = NDArray[np.uint64]
FIRST = np.array([(1 << (8 * count)) - 1 for count in range(8)] + [2**64 - 1], np.uint64)
UNUSED = np.uint64(1)
ODD = np.uint64(0x9E3779B97F4A7C15)


class UnreadableLog(ValueError):
    """A file that cannot be counted; the message says what, where and how to mend it."""


@dataclass(frozen=True)
class SendLog:
    """The settled attempts of a file, and what else was in it.

    `unsettled` lines have no outcome yet, or one that is neither; `repeated` ones tell of a message (or, where
    recipients are named, of a person and text) again and only the last of them counts; `timeless` ones
    count, but their hour is not known.
    """

    counts: Counts
    lines: int
    unsettled: int
    repeated: int
    timeless: int


def read(path: Path) -> SendLog:
    """Raises UnreadableLog, OSError."""
    with path.open("rb") as file:
        try:
            return _read(file)
        except UnreadableLog as problem:
            raise UnreadableLog(f"{path}: {problem}") from None


def _read(file: BinaryIO) -> SendLog:
    places, width = _header(file.readline())
    columns = {name: _Column() for name in (*CODED, "status", "error_code")}
    hours: list[NDArray[np.uint8]] = []
    identity: dict[str, list[Hashes]] = {name: [] for name in ("message_ref", RECIPIENT) if name in places}
    line = 2
    for block, field, record in _blocks(file, width, line):
        fields = _Fields.of(block, field, record, width, line)
        line += fields.count
        for name, column in columns.items():
            column.take(fields, places[name])
        for name, hashes in identity.items():
            hashes.append(fields.hashes(places[name]))
        hours.append(_hours(fields, places["sent_at"]))
    if line == 2:
        raise UnreadableLog("there is no line below the header; give a log with at least one attempt")
    return _counted(columns, np.concatenate(hours), {name: np.concatenate(h) for name, h in identity.items()})


def _header(line: bytes) -> tuple[dict[str, int], int]:
    """Where each column stands, and how many there are."""
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableLog("line 1 is not UTF-8; save the file as CSV in UTF-8") from None
    names = [name.strip().lower() for name in next(csv.reader([text]), [])]
    if not names:
        raise UnreadableLog(f"the file is empty; its first line has to name the columns {', '.join(COLUMNS)}")
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise UnreadableLog(
            f"line 1 does not name {', '.join(missing)}; name every one of {', '.join(COLUMNS)}, in any order"
        )
    doubled = sorted({name for name in COLUMNS if names.count(name) > 1})
    if doubled:
        raise UnreadableLog(f"line 1 names {', '.join(doubled)} more than once; keep one of each")
    return {name: place for place, name in enumerate(names)}, len(names)


def _blocks(file: BinaryIO, width: int, line: int) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Whole lines, with what stands between their fields and between themselves.

    Lines without quotes are taken as they are. From the first quote on that holds more than a plain value
    the csv module reads, which is slower.
    """
    rest = b""
    while chunk := file.read(CHUNK):
        block = rest + chunk
        cut = block.rfind(NEWLINE) + 1
        block, rest = block[:cut], block[cut:]
        if not block:
            continue
        plain = _plain(block, width)
        if plain is None:
            yield from _resolved(io.BytesIO(block + rest), file, line)
            return
        line += plain.count(NEWLINE)
        yield plain, COMMA, NEWLINE
    if rest.strip():
        plain = _plain(rest + NEWLINE, width)
        if plain is None:
            yield from _resolved(io.BytesIO(rest), file, line)
        else:
            yield plain, COMMA, NEWLINE


def _plain(block: bytes, width: int) -> bytes | None:
    """The lines without blank ones, carriage returns and quotes; None if a quoted value may hold a separator."""
    if b"\r" in block:
        block = block.replace(b"\r\n", NEWLINE)
    while b"\n\n" in block or block.startswith(NEWLINE):
        block = block.replace(b"\n\n", NEWLINE).removeprefix(NEWLINE)
    if b'"' not in block:
        return block
    bare = block.replace(b',""', COMMA).replace(b'\n""', NEWLINE)
    if b'""' in bare:
        return None
    bare = block.replace(b'"', b"")
    regular = bare.count(NEWLINE) * width == bare.count(COMMA) + bare.count(NEWLINE)
    return bare if regular and _even(np.frombuffer(bare, np.uint8), COMMA, NEWLINE, width) else None


def _even(text: Bytes, field: bytes, record: bytes, width: int) -> bool:
    ends = np.flatnonzero((text == field[0]) | (text == record[0]))
    return len(ends) % width == 0 and bool((text[ends[width - 1 :: width]] == record[0]).all())


def _resolved(start: BinaryIO, file: BinaryIO, line: int) -> Iterator[tuple[bytes, bytes, bytes]]:
    both = io.BufferedReader(_Chained(start, file))
    text = io.TextIOWrapper(both, "utf-8", errors="surrogateescape", newline="")
    lines: list[str] = []
    try:
        for row in csv.reader(text):
            if row:
                lines.append(UNIT.decode().join(row))
            if len(lines) == 20_000:
                yield _joined(lines), UNIT, RECORD
                lines = []
    except csv.Error as problem:
        raise UnreadableLog(f"near line {line}: {problem}; write it as plain CSV") from None
    if lines:
        yield _joined(lines), UNIT, RECORD


def _joined(lines: list[str]) -> bytes:
    return (RECORD.decode().join(lines) + RECORD.decode()).encode("utf-8", "surrogateescape")


class _Chained(io.RawIOBase):
    """Two files, one after the other."""

    def __init__(self, first: BinaryIO, second: BinaryIO) -> None:
        self.parts = [first, second]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self.parts:
            taken = self.parts[0].read(len(buffer))
            if taken:
                buffer[: len(taken)] = taken
                return len(taken)
            self.parts.pop(0)
        return 0


@dataclass(frozen=True)
class _Fields:
    """A block of lines: the bytes, and where each field of each line starts and ends."""

    text: bytes
    words: Hashes  # the eight bytes from each position on
    starts: NDArray[Any]
    ends: NDArray[Any]

    @property
    def count(self) -> int:
        return self.ends.shape[1]

    @classmethod
    def of(cls, block: bytes, field: bytes, record: bytes, width: int, line: int) -> _Fields:
        """Raises UnreadableLog where a line has another number of fields than the header."""
        text = np.frombuffer(block, np.uint8)
        is_record = text == record[0]
        ends = np.flatnonzero((text == field[0]) | is_record)
        last = np.flatnonzero(is_record[ends])
        fields = np.diff(last, prepend=-1)
        if (fields != width).any():
            wrong = int(np.flatnonzero(fields != width)[0])
            raise UnreadableLog(
                f"line {line + wrong} has {fields[wrong]} fields, the header {width}; "
                "put values that hold a comma in quotes"
            )
        shaped = np.ascontiguousarray(ends.astype(np.int32).reshape(-1, width).T)
        starts = np.empty_like(shaped)
        starts[1:] = shaped[:-1] + 1
        starts[0, 0] = 0
        starts[0, 1:] = shaped[-1, :-1] + 1
        padded = block + b"\0" * 8
        words = np.ndarray((len(block) + 1,), "<u8", padded, strides=(1,))
        return cls(padded, words, starts, shaped)

    def hashes(self, place: int) -> Hashes:
        """A number for each value of a column: equal for equal ones, else different but for one in 2**64."""
        start, length = self.starts[place], self.ends[place] - self.starts[place]
        mixed = self.words[start] & FIRST[np.minimum(length, 8)]
        for offset in range(8, int(length.max(initial=0)), 8):
            longer = np.flatnonzero(length > offset)
            more = self.words[start[longer] + offset] & FIRST[np.minimum(length[longer] - offset, 8)]
            part = mixed[longer] * ODD
            part ^= part >> np.uint64(32)
            mixed[longer] = (part * ODD) ^ more
        mixed *= ODD
        mixed ^= mixed >> np.uint64(32)
        mixed *= ODD
        return mixed

    def value(self, place: int, row: int) -> str:
        cell = self.text[self.starts[place, row] : self.ends[place, row]]
        return cell.decode("utf-8", "replace").strip()


class _Column:
    """The values of one column as numbers, in the order in which they were first seen."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}
        self.by_hash: dict[int, int] = {}
        self.slots = np.zeros(2**16, np.int32)  # where the upper bits of a hash lead to its number
        self.hash_at = np.full(2**16, UNUSED)
        self.codes: list[NDArray[Any]] = []

    def take(self, fields: _Fields, place: int) -> None:
        hashes = fields.hashes(place)
        slot = (hashes >> np.uint64(48)).astype(np.int32)
        codes = self.slots[slot]
        missed = np.flatnonzero(self.hash_at[slot] != hashes)
        if len(missed):
            found, first, which = np.unique(hashes[missed], return_index=True, return_inverse=True)
            known = [
                self._code(int(h), fields, place, int(missed[at])) for h, at in zip(found, first, strict=True)
            ]
            codes[missed] = np.array(known, np.int32)[which]
        self.codes.append(codes.astype(np.uint16) if len(self.values) < 2**16 else codes)

    def _code(self, hashed: int, fields: _Fields, place: int, row: int) -> int:
        code = self.by_hash.get(hashed)
        if code is None:
            code = self.values.setdefault(fields.value(place, row), len(self.values))
            self.by_hash[hashed] = code
            slot = hashed >> 48
            if self.hash_at[slot] == UNUSED:
                self.hash_at[slot], self.slots[slot] = hashed, code
        return code

    def all(self) -> NDArray[Any]:
        return np.concatenate(self.codes)


def _hours(fields: _Fields, place: int) -> NDArray[np.uint8]:
    """The hour in UTC of each line; NO_HOUR where the time cannot be read. A time without zone is UTC."""
    text = np.frombuffer(fields.text, np.uint8)
    start, end = fields.starts[place], fields.ends[place]
    digits = {at: _at(text, start + at).astype(np.int32) - 48 for at in (11, 12, 14, 15)}
    hour = digits[11] * 10 + digits[12]
    regular = (end - start >= 16) & (_at(text, start + 4) == ord("-")) & (_at(text, start + 13) == ord(":"))
    for digit in digits.values():
        regular &= (digit >= 0) & (digit <= 9)
    regular &= hour < 24
    zone, known = _zones(text, start, end)
    minutes = (hour * 60 + digits[14] * 10 + digits[15] - zone) % 1440
    hours = np.where(regular & known, minutes // 60, NO_HOUR).astype(np.uint8)
    for row in np.flatnonzero(~(regular & known)):
        hours[row] = _hour_of(fields.value(place, int(row)))
    return hours


def _at(text: Bytes, place: NDArray[Any]) -> Bytes:
    return text[np.minimum(place, len(text) - 1)]


def _zones(text: Bytes, start: NDArray[Any], end: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Minutes ahead of UTC for each line, and whether what stands behind the time was understood."""
    last = _at(text, end - 1)
    digit_last = (last >= 48) & (last <= 57)
    zone = np.zeros(len(start), np.int32)
    known = (last == ord("Z")) | digit_last
    for back, minutes_at in ((6, 2), (5, 2)):
        sign = _at(text, np.maximum(end - back, 0))
        here = digit_last & (end - back - start >= 16) & ((sign == ord("+")) | (sign == ord("-")))
        if here.any():
            tens, ones = (_at(text, end - back + at).astype(np.int32) - 48 for at in (1, 2))
            more = _at(text, end - minutes_at).astype(np.int32) * 10 + _at(text, end - 1) - 528
            offset = (tens * 10 + ones) * 60 + more
            zone = np.where(here, np.where(sign == ord("-"), -offset, offset), zone)
    short = digit_last & (end - 3 - start >= 16) & np.isin(_at(text, np.maximum(end - 3, 0)), (43, 45))
    return zone, known & ~short


def _hour_of(cell: str) -> int:
    """For times in another ISO form than the usual one."""
    try:
        at = datetime.fromisoformat(cell)
    except ValueError:
        return NO_HOUR
    if len(cell) <= 10 and "T" not in cell:
        return NO_HOUR  # a date, or digits that are no time of day
    return at.hour if at.tzinfo is None else at.astimezone(UTC).hour


def _counted(columns: dict[str, _Column], hours: NDArray[np.uint8], identity: dict[str, Hashes]) -> SendLog:
    status = columns.pop("status")
    outcome = np.array([_outcome(word) for word in status.values], np.int8)[status.all()]
    lines = len(outcome)
    error = columns.pop("error_code")
    keep = np.flatnonzero(outcome >= 0)
    settled = len(keep)
    codes: dict[str, NDArray[Any]] = {}
    for name, column in columns.items():
        codes[name] = column.all()[keep]
        column.codes.clear()
    codes["hour"] = hours[keep]
    last = _last_of_each(identity, codes, keep)
    if last is not None:
        keep = keep[last]
        codes = {name: column[last] for name, column in codes.items()}
    counts = Counts(
        codes=codes,
        values={**{name: tuple(columns[name].values) for name in CODED}, "hour": (*HOURS, "")},
        attempts=np.ones(len(keep), np.int8),
        failures=outcome[keep],
        error=error.all()[keep],
        errors=tuple(error.values),
    )
    timeless = int((codes["hour"] == NO_HOUR).sum())
    return SendLog(counts, lines, lines - settled, settled - len(keep), timeless)


def _outcome(word: str) -> int:
    """1 failed, 0 delivered, -1 neither."""
    word = word.lower()
    return 1 if word in FAILED else 0 if word in DELIVERED else -1


def _last_of_each(
    identity: dict[str, Hashes], codes: dict[str, NDArray[Any]], keep: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """The settled lines that count, in their order: the last of each message and of each person's text.

    None if all count. The hash of a blank cell is 0: such a line stands for itself.
    """
    last = np.arange(len(keep))
    for name, hashes in identity.items():
        key = hashes[keep][last]
        named = key != 0
        for part in ("campaign", "template") if name == RECIPIENT else ("provider",):
            key = (key ^ codes[part][last].astype(np.uint64)) * ODD
            key ^= key >> np.uint64(32)
        last = last[_keeps_last(key, named)]
    return last if len(last) < len(keep) else None


def _keeps_last(key: Hashes, named: NDArray[np.bool_]) -> NDArray[np.int64]:
    places = np.flatnonzero(named)
    ordered = np.sort(key[places])
    if not (ordered[1:] == ordered[:-1]).any():
        return np.arange(len(key))
    _, back = np.unique(key[places][::-1], return_index=True)
    return np.sort(np.concatenate([np.flatnonzero(~named), places[len(places) - 1 - back]]))
