"""What a column of dates proves about the order of day and month."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.date_order import OrderFinding, learn_order
from consent.moments import DateOrder

DATE_LIKE = st.text(alphabet="0123456789-/. ", max_size=12)

COLUMNS = [
    ("a month above 12 proves day first", ["3/4/2025", "13/4/2025"], OrderFinding.PROVED, DateOrder.DMY, [2]),
    ("a day above 12 proves month first", ["", "4/13/2025 9:30 AM"], OrderFinding.PROVED, DateOrder.MDY, [2]),
    ("both contradict", ["13/4/2025", "4/13/2025"], OrderFinding.CONTRADICTED, None, [1, 2]),
    ("nothing above 12 leaves it open", ["3/4/2025", "5/6/2025"], OrderFinding.OPEN, None, []),
    ("ISO needs no order", ["2025-03-14", "NULL", "2025-03-15"], OrderFinding.UNNEEDED, DateOrder.YMD, []),
    ("names need no order", ["14 Mar 2025", "not sure"], OrderFinding.UNNEEDED, None, []),
    ("ISO beside slashes proves nothing", ["2025-03-14", "3/4/2025"], OrderFinding.OPEN, None, []),
    ("an impossible date proves nothing", ["31/02/2025", "3/4/2025"], OrderFinding.OPEN, None, []),
    ("short years stand last", ["03/04/25", "13/04/25"], OrderFinding.PROVED, DateOrder.DMY, [2]),
    ("no year of two digits in front", ["3/4/25", "99/04/13"], OrderFinding.OPEN, None, []),
    ("an empty column", [], OrderFinding.UNNEEDED, None, []),
]


@pytest.mark.parametrize(
    ("cells", "finding", "order", "rows"), [c[1:] for c in COLUMNS], ids=[c[0] for c in COLUMNS]
)
def test_a_column_proves_contradicts_or_leaves_open_its_order(cells, finding, order, rows):
    evidence = learn_order(iter(cells))
    assert (evidence.finding, evidence.order) == (finding, order)
    assert [sample.row for sample in evidence.samples] == rows
    assert all(cells[sample.row - 1] == sample.text for sample in evidence.samples)


def test_the_evidence_counts_every_cell_but_keeps_few():
    evidence = learn_order(["13/4/2025"] * 50 + ["3/4/2025"] * 20 + ["", "2025-03-14"])
    assert (evidence.cells, evidence.open_cells) == (71, 20)
    assert len(evidence.samples) == 3
    assert evidence.candidates == {DateOrder.DMY}


@given(
    days=st.lists(st.dates(date(2000, 1, 1), date(2026, 1, 1))),
    order=st.sampled_from(["%m/%d/%Y", "%d/%m/%Y"]),
)
def test_a_proved_order_is_the_one_the_column_was_written_in(days, order):
    evidence = learn_order(day.strftime(order) for day in days)
    assert evidence.finding is not OrderFinding.CONTRADICTED
    if evidence.finding is OrderFinding.PROVED:
        assert evidence.order is (DateOrder.MDY if order == "%m/%d/%Y" else DateOrder.DMY)


@given(cells=st.lists(st.text() | DATE_LIKE))
def test_any_column_can_be_looked_at(cells):
    assert learn_order(cells).finding in OrderFinding
