"""What the pages of rules show of history."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.template.loader import render_to_string

from errors import rulebook
from errors.models import PreflightRule, RuleReplay, SendAttempt
from errors.preflight import Kind
from errors.views.rule_preview import stale, tried
from tests.consent.make import staff
from tests.errors.replay.test_run import ASKED, history, replayed

__all__ = ["history"]
pytestmark = pytest.mark.django_db


def shorteners() -> set[str]:
    return {str(rule.series) for rule in PreflightRule.objects.in_use().filter(kind=Kind.SHORTENER)}


def test_rules_are_stale_by_the_latest_nightly_result(history: dict[str, SendAttempt]) -> None:
    assert stale() == set()
    replayed()
    assert stale() == set()  # what somebody asked for by the way marks nothing
    replayed(is_standing=True)
    assert shorteners() <= stale()


def test_a_rule_that_was_checked_since_is_not_stale_any_more(history: dict[str, SendAttempt]) -> None:
    replayed(is_standing=True)
    rule = PreflightRule.objects.in_use().get(kind=Kind.SHORTENER, subject="bit.ly")
    rulebook.checked(rule, by=staff("Supervisor"), now=ASKED)
    assert str(rule.series) not in stale()
    assert shorteners() - {str(rule.series)} <= stale()


def test_a_change_is_tried_before_it_is_saved(history: dict[str, SendAttempt]) -> None:
    rule = PreflightRule.objects.in_use().get(kind=Kind.SHORTENER, subject="bit.ly")
    shown = tried(rule, replace(rule.as_rule(), subject="t.ly"), ASKED)
    assert shown["preview"].lost.warned == 4
    page = render_to_string("errors/_rule_preview.html", shown)
    assert "are held, and would not be" in page
    assert "Run the change" not in page  # nobody is signed in who might
    assert not RuleReplay.objects.exists()


def test_nothing_sent_lately_says_so() -> None:
    rule = PreflightRule.objects.in_use().get(kind=Kind.SHORTENER, subject="bit.ly")
    shown = tried(None, rule.as_rule(), ASKED + timedelta(days=400))
    assert "nothing to try" in render_to_string("errors/_rule_preview.html", shown)
