from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone

from backoffice import words
from backoffice.templatetags import frame

NOON = datetime(2026, 11, 21, 19, 3, 22, tzinfo=UTC)


def test_a_moment_is_on_the_staff_clock_with_its_zone():
    with timezone.override(ZoneInfo("America/New_York")):
        assert words.staff_words(NOON) == "21 Nov 2026, 14:03 EST"
        assert words.staff_words(datetime(2026, 7, 1, 19, 3, tzinfo=UTC)) == "1 Jul 2026, 15:03 EDT"


def test_a_zone_without_letters_is_named_by_its_distance():
    with timezone.override(ZoneInfo("America/Sao_Paulo")):
        assert words.staff_words(NOON) == "21 Nov 2026, 16:03 UTC-03"
    with timezone.override(ZoneInfo("Asia/Kathmandu")):
        assert words.staff_words(NOON) == "22 Nov 2026, 00:48 UTC+0545"


def test_utc_is_there_to_the_second_on_hover():
    with timezone.override(ZoneInfo("America/New_York")):
        html = frame.staff_time(NOON)
    assert 'title="2026-11-21 19:03:22 UTC"' in html
    assert 'datetime="2026-11-21T19:03:22+00:00"' in html


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3725, "1 h 2 min"),
        (7200, "2 h"),
        (90_000, "1 d 1 h"),
        (86_400 * 9 + 7200, "9 d"),
        (-5, "0 s"),
    ],
)
def test_durations_have_at_most_two_units(seconds, said):
    assert words.span(seconds) == said


def test_ages_look_both_ways():
    assert words.age(NOON - timedelta(minutes=12, seconds=40), NOON) == "12 min ago"
    assert words.age(NOON + timedelta(days=2, hours=3), NOON) == "in 2 d"
    assert words.age(NOON, NOON) == "now"


def test_counts_say_where_counting_stopped():
    assert words.capped(10_000) == "10,000"
    assert words.capped(10_001) == "10,000+"
    assert frame.grouped(1_284_300) == "1,284,300"


def test_a_key_stays_as_it_is_however_long():
    """It comes back from boxes, hidden fields and anchors; only what was counted is grouped."""
    box = Template('<input value="{{ flag.pk }}">').render(Context({"flag": {"pk": 1_284_118}}))
    assert box == '<input value="1284118">'


def test_numbers_are_grouped_for_reading_and_keep_their_plain_form():
    html = frame.phone("+14155550100")
    assert ">+1 415-555-0100<" in html
    assert 'title="+14155550100"' in html
    assert frame.phone("<b>") == '<span class="phone" dir="ltr" title="&lt;b&gt;">&lt;b&gt;</span>'


def test_a_status_is_never_told_by_colour_alone():
    html = frame.chip("Waiting", "wait")
    assert "Waiting" in html
    assert "<svg" in html
    template = Template("{% load frame %}{{ level|severity_chip }}{% severity_chip level %}")
    assert template.render(Context({"level": "S1"})).count("<b>S1</b> Urgent") == 2
