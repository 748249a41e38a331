"""The order of day and month that the dates of a column prove, looked at as a whole."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from consent.moments import BLANK_WORDS, YEAR_LAST, DateOrder, orders_of, plain_text, starts_with_year

KEPT_SAMPLES = 3


class OrderFinding(StrEnum):
    """What a column says about the order of its dates."""

    PROVED = "proved"  # one order reads every cell
    CONTRADICTED = "contradicted"  # no single order reads every cell
    OPEN = "open"  # more than one order reads every cell: a person must say
    UNNEEDED = "unneeded"  # no cell depends on it


@dataclass(frozen=True, slots=True)
class OrderSample:
    """A cell that rules some order out. `row` counts the samples from 1."""

    row: int
    text: str
    orders: frozenset[DateOrder]


@dataclass(frozen=True, slots=True)
class DateOrderEvidence:
    """What the cells of one column prove about their order.

    `order` is set when the finding is PROVED, and is ymd when it is UNNEEDED because dates start with their
    year. `candidates` are the orders that read every cell. `samples` are the first few cells that rule an
    order out: the proof, or the contradiction. `cells` counts what was not blank, `open_cells` those that can
    be read in more than one.
    """

    finding: OrderFinding
    order: DateOrder | None
    candidates: frozenset[DateOrder]
    samples: tuple[OrderSample, ...]
    cells: int
    open_cells: int


def learn_order(samples: Iterable[str]) -> DateOrderEvidence:
    """Which order of day and month the cells of a column prove; one pass, a handful of cells kept.

    Only dates made of numbers that do not start with a four-digit year count: the rest reads the same in any
    order. Impossible dates (31/02) prove nothing.
    """
    cells = year_first = 0
    seen: Counter[frozenset[DateOrder]] = Counter()
    kept: list[OrderSample] = []
    for row, raw in enumerate(samples, 1):
        text = plain_text(raw)
        if text in BLANK_WORDS:
            continue
        cells += 1
        year_first += starts_with_year(text)
        orders = orders_of(text)
        if not orders:
            continue
        seen[orders] += 1
        if len(orders) < len(YEAR_LAST) and seen[orders] <= KEPT_SAMPLES:
            kept.append(OrderSample(row, raw, orders))
    candidates = frozenset(DateOrder).intersection(*seen)
    finding = _finding_of(candidates, bool(seen))
    order = next(iter(candidates)) if finding is OrderFinding.PROVED else None
    if finding is OrderFinding.UNNEEDED and year_first:
        order = DateOrder.YMD
    open_cells = sum(count for orders, count in seen.items() if len(orders) > 1)
    return DateOrderEvidence(finding, order, candidates, tuple(kept), cells, open_cells)


def _finding_of(candidates: frozenset[DateOrder], any_seen: bool) -> OrderFinding:
    if not any_seen:
        return OrderFinding.UNNEEDED
    if not candidates:
        return OrderFinding.CONTRADICTED
    return OrderFinding.PROVED if len(candidates) == 1 else OrderFinding.OPEN
