"""How a corrected record fared, from nothing but the reads of it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.reads import Read, Span, course

DECIDED = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
SENT = DECIDED + timedelta(hours=2)
SPAN = Span(reads=3, hours=72)


def reads(*said: tuple[float, bool]) -> list[Read]:
    """(hours after the decision, whether it was right)"""
    return [Read(place, DECIDED + timedelta(hours=at), right) for place, (at, right) in enumerate(said)]


@pytest.mark.parametrize(
    ("sent", "said", "settled", "right", "reverts", "hours_from"),
    [
        (SENT, [], None, 0, 0, 2),
        (SENT, [(3, True)], True, 1, 0, 2),
        (SENT, [(3, True), (30, True), (50, True)], True, 3, 0, 2),
        # Before the decision nothing counts; between it and the sending a wrong value proves nothing.
        (SENT, [(-5, True), (-4, False)], None, 0, 0, 2),
        (SENT, [(1, False)], None, 0, 0, 2),
        (SENT, [(1, True)], True, 0, 0, 2),
        (SENT, [(0.5, True), (1, False)], None, 0, 0, 2),
        (SENT, [(1, True), (3, True)], True, 1, 0, 2),
        # It never arrived, or came back: from the last wrong read everything counts anew.
        (SENT, [(3, False)], False, 0, 1, 3),
        (SENT, [(3, False), (4, False)], False, 0, 1, 4),
        (SENT, [(3, True), (4, False), (5, True)], True, 1, 1, 4),
        (SENT, [(3, True), (4, False), (5, True), (6, False)], False, 0, 2, 6),
        # Nobody sent it, and somebody changed the value by hand.
        (None, [(3, False)], None, 0, 0, 0),
        (None, [(3, False), (4, True), (5, True)], True, 2, 0, 4),
        # What did not leave has not come back: it has to leave after all.
        (None, [(4, True), (5, False)], None, 0, 0, 4),
        (None, [(4, True), (5, False), (6, True)], True, 1, 0, 6),
    ],
)
def test_the_course_of_a_record(sent, said, settled, right, reverts, hours_from):
    found = course(reads(*said), SPAN, decided_at=DECIDED, sent_at=sent)
    assert (found.last.is_right if found.last else None) is settled
    assert (found.right, found.reverts) == (right, reverts)
    assert found.until == DECIDED + timedelta(hours=hours_from + 72)


@pytest.mark.parametrize(
    ("said", "over"),
    [
        ([(3, True), (4, True), (5, True)], 74),
        ([(3, True), (4, True)], None),
        ([(3, True), (4, True), (90, True)], 90),
        ([(3, True), (4, True), (5, True), (6, False)], None),
        ([(3, False), (4, True), (5, True), (6, True)], 75),
        # What is read after it is another story, however late somebody looks.
        ([(3, True), (4, True), (5, True), (75, False)], 74),
        ([(3, True), (4, True), (5, True), (74, False)], None),
    ],
)
def test_a_watch_is_over_after_enough_reads_and_enough_hours(said, over):
    found = course(reads(*said), SPAN, decided_at=DECIDED, sent_at=SENT)
    assert found.over_at == (None if over is None else DECIDED + timedelta(hours=over))
    assert found.reverts == sum(not right for at, right in said if over is None or at <= over)


histories = st.lists(
    st.tuples(st.integers(-20, 200), st.booleans()), max_size=30, unique_by=lambda said: said[0]
)


@given(histories, st.randoms(), st.one_of(st.none(), st.integers(0, 50)))
def test_whatever_the_history(said, random, sent_after):
    sent = None if sent_after is None else DECIDED + timedelta(hours=sent_after)
    found = course(reads(*said), SPAN, decided_at=DECIDED, sent_at=sent)
    shuffled = list(reads(*said))
    random.shuffle(shuffled)
    assert (
        course(shuffled, SPAN, decided_at=DECIDED, sent_at=sent) == found
    )  # the order of arrival does not matter
    over = found.over_at
    later = sorted(
        (at, right)
        for at, right in said
        if at > 0 and (over is None or DECIDED + timedelta(hours=at) <= over)
    )
    counted = [right for at, right in later if sent_after is None or at > sent_after]
    if sent_after is None:
        # What did not leave has not come back.
        wrong = max((place for place, right in enumerate(counted, 1) if not right), default=0)
        counted = counted[wrong:]
    # The last read decides, the rights at the end are counted, and every change to wrong is a revert.
    in_a_row = len(counted) - max((place for place, right in enumerate(counted, 1) if not right), default=0)
    assert found.right == in_a_row
    if counted:
        assert found.last is not None
        assert found.last.is_right is counted[-1]
        fell = sum(now is False and before is True for before, now in zip(counted, counted[1:], strict=False))
        assert found.reverts == fell + (counted[0] is False)
    # It is over with the third right read or when the hours are, and never while one is missing.
    assert (over is not None) is (in_a_row >= 3)
    if over is not None:
        assert over >= found.until
