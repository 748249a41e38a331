"""Whether a change helped, from counts alone."""

import pytest

from errors.effect import Answer, Rate, Traffic, as_before, judge, judge_later, needed

BAD = Rate(500, 1000)


def traffic(days=10.0, **by):
    """Traffic with the strata of each attribute; the total is that of the first."""
    first = next(iter(by.values()), {"": Rate(0, 0)})
    failed, settled = sum(r.failed for r in first.values()), sum(r.settled for r in first.values())
    return Traffic(days, Rate(failed, settled), by)


@pytest.mark.parametrize(
    ("failed", "settled", "low", "high"),
    [  # Wilson's interval, by hand: (p + z²/2n ± z√(p(1-p)/n + z²/4n²)) / (1 + z²/n)
        (0, 10, 0.0, 0.2775),
        (1, 10, 0.0179, 0.4042),
        (50, 100, 0.4038, 0.5962),
        (10, 10, 0.7225, 1.0),
    ],
)
def test_the_interval_is_wilsons(failed, settled, low, high):
    assert Rate(failed, settled).interval() == pytest.approx((low, high), abs=0.0001)


def test_of_nothing_everything_is_possible():
    assert Rate().interval() == (0.0, 1.0)
    assert Rate().value == 0.0


@pytest.mark.parametrize("target", [0.001, 0.02, 0.05, 0.3, 0.9])
@pytest.mark.parametrize("failed", [0, 1, 7])
def test_what_is_needed_is_just_enough(target, failed):
    enough = needed(target, failed)
    assert Rate(failed, enough).high < target or enough == 30
    assert enough in {30, failed} or Rate(failed, enough - 1).high >= target


def test_four_fine_sends_prove_nothing_and_two_hundred_do():
    """F43."""
    soon = judge(Rate(0, 4), target=0.05)
    assert (soon.answer, soon.needed) == (Answer.WAITING, 73)
    over = judge(Rate(0, 4), target=0.05, is_over=True)
    assert over.answer is Answer.INCONCLUSIVE
    assert "at least 73" in over.why
    fine = judge(Rate(0, 200), target=0.05)
    assert fine.answer is Answer.VERIFIED
    assert "between 0 % and 1.9 %" in fine.why


def test_verified_needs_the_upper_end_below_the_target_not_the_rate():
    assert judge(Rate(4, 100), target=0.05).answer is Answer.WAITING
    assert judge(Rate(4, 100), target=0.05, is_over=True).answer is Answer.INCONCLUSIVE
    assert judge(Rate(40, 2000), target=0.05).answer is Answer.VERIFIED


def test_not_fixed_is_told_as_soon_as_it_is_clear_and_says_whether_it_got_better():
    before = traffic(campaign={"spring": BAD})
    worse = judge(Rate(400, 800), target=0.05, before=before, after=before)
    assert worse.answer is Answer.NOT_FIXED
    better = judge(Rate(100, 800), target=0.05, before=before, after=before)
    assert better.answer is Answer.NOT_FIXED
    assert "Better than the 50 % before" in better.why
    assert judge(Rate(10, 20), target=0.05).answer is Answer.WAITING  # too few to judge by


def test_content_that_is_no_longer_sent_proves_nothing():
    before = traffic(template={"old": Rate(480, 500), "other": Rate(5, 500)})
    after = traffic(template={"new": Rate(2, 900), "old": Rate(0, 20)})
    rate = Rate(2, 920)
    waiting = judge(rate, target=0.05, before=before, after=after, content="template")
    assert waiting.answer is Answer.WAITING
    over = judge(rate, target=0.05, before=before, after=after, content="template", is_over=True)
    assert over.answer is Answer.INCONCLUSIVE
    assert "hardly sent any more" in over.why
    # Where the content is what was changed, it is gone on purpose.
    assert judge(rate, target=0.05, before=before, after=after).answer is Answer.VERIFIED


def test_a_mix_that_would_have_been_fine_before_proves_nothing():
    before = traffic(country={"PH": Rate(500, 600), "US": Rate(4, 400)})
    after = traffic(country={"PH": Rate(0, 10), "US": Rate(8, 990)})
    told = judge(Rate(8, 1000), target=0.05, before=before, after=after, is_over=True)
    assert told.answer is Answer.INCONCLUSIVE
    assert "mix of sends changed (country)" in told.why
    same = traffic(country={"PH": Rate(6, 600), "US": Rate(2, 400)})
    assert judge(Rate(8, 1000), target=0.05, before=before, after=same).answer is Answer.VERIFIED


def test_where_nothing_is_known_of_before_the_sends_since_speak_alone():
    nothing = traffic(country={})
    assert judge(Rate(0, 200), target=0.05, before=nothing, after=nothing).answer is Answer.VERIFIED


def test_a_value_not_sent_before_counts_as_they_did_on_the_whole():
    before = {"a": Rate(90, 100), "b": Rate(10, 900)}
    assert as_before(before, {"c": Rate(0, 50)}, Rate(100, 1000)) == pytest.approx(0.1)
    assert as_before(before, {"a": Rate(0, 50), "c": Rate(0, 50)}, Rate(100, 1000)) == pytest.approx(0.5)


def test_when_hardly_anything_is_sent_any_more_that_is_the_reason():
    before, after = traffic(campaign={"x": BAD}), traffic(campaign={"x": Rate(0, 20)})
    told = judge(Rate(0, 20), target=0.05, before=before, after=after, is_over=True)
    assert told.answer is Answer.INCONCLUSIVE
    assert "2 a day, 100 before" in told.why


def test_what_held_regresses_only_when_that_is_nearly_sure():
    assert judge_later(Rate(60, 500), target=0.05).answer is Answer.REGRESSED
    assert judge_later(Rate(35, 500), target=0.05).answer is Answer.VERIFIED  # 7 %: it may be chance
    assert judge_later(Rate(4, 40), target=0.001).answer is Answer.VERIFIED  # four people
    assert judge_later(Rate(20, 20), target=0.05).answer is Answer.VERIFIED  # too few sends
