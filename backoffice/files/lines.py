"""Bytes to physical lines: decoded in blocks, in flat memory, with bad bytes and odd characters noticed on
the way.

A physical line ends at CR, LF or CR LF, as in a text editor and as spreadsheets split rows. U+2028, U+2029
and U+0085 end nothing; they are characters of a cell.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import chain
from pathlib import Path

from backoffice.files.unreadable import Unreadable

# Bytes read at a time. A cell longer than this always crosses a block, so only crossing rows need measuring.
BLOCK = 131_072
MAX_LINE = 16_777_216  # characters; beyond it a quote is missing, or this is no table

# C0 controls that mean nothing in a table, and DEL. Tab, CR and LF are text.
CONTROLS = bytes(code for code in range(32) if code not in (9, 10, 13)) + b"\x7f"
MARKED = re.compile("[\udc00-\udcff]")
_MARK = "backoffice.mark"
_ASCII_BYTES = frozenset({"utf-8", "utf-8-sig", "cp1252", "iso-8859-1", "iso-8859-15", "cp1250", "cp1251"})


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Each undecodable byte becomes a lone surrogate (U+DC00 + byte): found later, and it says which byte."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in bad), error.end


codecs.register_error(_MARK, _mark)


def allow_long_cells() -> None:
    """Raise csv's process-wide cell limit to ours, so that one long cell costs its row and not the file."""
    if csv.field_size_limit() < MAX_LINE:
        csv.field_size_limit(MAX_LINE)


class Lines:
    """The physical lines of one text file, newlines kept.

    `suspect` is true while the current row may hold a marked byte, a control character or a very long cell;
    whoever assembles rows sets it to `block_suspect` once a row has been looked at. It is always true for the
    first row after a new block. `start` is the number of the first line delivered: with `skip_to`, whole
    blocks before that line are passed over as long as no `quote` has been seen, since without quotes every
    line is a row.

    Raises Unreadable for a line longer than MAX_LINE.
    """

    def __init__(self, path: Path, encoding: str, *, skip_to: int = 0, quote: str = '"') -> None:
        self.encoding = encoding
        self.suspect = True
        self.block_suspect = False
        self.text = ""
        self.text_line = 1  # number of the first line in self.text
        self._following = 1  # number of the first line after self.text
        self._again: StringIO | None = None  # self.text once more, for `line`
        self._again_line = 1
        self._file = path.open("rb")
        self._texts = self._decoded()
        self._first = self._skip(skip_to, quote)
        self.start = self.text_line if self._first is not None else self._following

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._blocks())

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def line(self, number: int) -> str:
        """A line of the current block again, by its number. Quick when asked for in order."""
        if self._again is None or number < self._again_line:
            self._again, self._again_line = StringIO(self.text, newline=""), self.text_line
        found = ""
        for _ in range(number - self._again_line + 1):
            found = next(self._again, "")
        self._again_line = number + 1
        return found

    def _blocks(self) -> Iterator[Iterable[str]]:
        if self._first is None:
            return
        self.suspect = True
        yield StringIO(self._first, newline="")
        for text in self._texts:
            self.suspect = True
            yield StringIO(text, newline="")

    def _skip(self, skip_to: int, quote: str) -> str | None:
        """The first text to deliver; None when there is none."""
        for text in self._texts:
            if self._following > skip_to or quote in text:
                return text
        return None

    def _decoded(self) -> Iterator[str]:
        """Texts made of whole lines; sets the position and the suspicion that belong to each."""
        decoder = codecs.getincrementaldecoder(self.encoding)(_MARK)
        unfinished: list[str] = []
        suspect = False
        begun = False
        while block := self._file.read(BLOCK):
            text = decoder.decode(block)
            if not begun and text:
                text = text.lstrip("\ufeff")
                begun = True
            suspect = suspect or self._is_dirty(block, text)
            cut = _end_of_last_line(text)
            if not cut:
                unfinished.append(text)
                if sum(map(len, unfinished)) > MAX_LINE:
                    raise self._endless()
                continue
            unfinished.append(text[:cut])
            yield self._place("".join(unfinished), suspect)
            unfinished = [text[cut:]] if cut < len(text) else []
            suspect = False  # what is left is one line, and the first row of a text is always looked at
        text = decoder.decode(b"", final=True)
        rest = "".join([*unfinished, text])
        if rest:
            yield self._place(rest, suspect or self._is_dirty(b"", text))

    def _place(self, text: str, suspect: bool) -> str:
        self.text, self.text_line, self._again = text, self._following, None
        self._following += count_lines(text) + (not text.endswith(("\n", "\r")))
        self.block_suspect = suspect
        return text

    def _is_dirty(self, block: bytes, text: str) -> bool:
        raw = block if self.encoding in _ASCII_BYTES else text.encode("utf-8", "surrogatepass")
        if len(raw.translate(None, CONTROLS)) != len(raw):
            return True
        return not text.isascii() and MARKED.search(text) is not None

    def _endless(self) -> Unreadable:
        return Unreadable(
            f"A line goes on for more than {MAX_LINE:,} characters",
            f"line {self._following}",
            "Check that this is a table with one row per line, and export it again.",
        )


def count_lines(text: str) -> int:
    """How many line ends a text holds."""
    returns = text.count("\r")
    return text.count("\n") + (returns - text.count("\r\n") if returns else 0)


def _end_of_last_line(text: str) -> int:
    """Where the last whole line ends, or 0. A CR at the very end waits: it may be half of a CR LF."""
    return max(text.rfind("\n"), text.rfind("\r", 0, max(len(text) - 1, 0))) + 1
