"""From the raw text of a cell to a NumberCell: the shortcut where it is certain, else phonenumbers."""

from consent.numbers.cell import NumberCell
from consent.numbers.clean import clean
from consent.numbers.fast import fast_cell
from consent.numbers.judge import judge
from consent.numbers.regions import known_region


def read_number(raw: str, default_region: str | None) -> NumberCell:
    """Read one cell of a phone column; never raises on its text.

    `default_region` is the country of the row, else of the file; None accepts only numbers with a plus sign.
    Raises UnknownRegion.
    """
    return _read(raw, known_region(default_region))


class NumberReader:
    """Reads the phone cells of one file and remembers them, because exports repeat themselves.

    At most `remember` cells are kept. Raises UnknownRegion, here and in `read`.
    """

    def __init__(self, default_region: str | None, *, remember: int = 50_000) -> None:
        self.default_region = known_region(default_region)
        self._remember = remember
        self._cells: dict[tuple[str, str | None], NumberCell] = {}

    def read(self, raw: str, region: str | None = None) -> NumberCell:
        """As `read_number`; `region` is the row's own country, where it has one."""
        key = (raw, region)
        cell = self._cells.get(key)
        if cell is None:
            cell = _read(raw, known_region(region) or self.default_region)
            if len(self._cells) >= self._remember:
                self._cells.clear()
            self._cells[key] = cell
        return cell


def _read(raw: str, region: str | None) -> NumberCell:
    cell = fast_cell(raw, region)
    if cell is not None:
        return cell
    text, found, refused = clean(raw)
    if refused:
        return NumberCell(None, refused, warnings=found)
    return fast_cell(text, region, found) or judge(text, region, found)
