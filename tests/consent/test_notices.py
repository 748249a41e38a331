"""Short texts that ask again or confirm: what they may say, and to whom they may be drafted; no database."""

from datetime import UTC, datetime, timedelta

import pytest

from consent import notices
from consent.notices import Channel, Refusal, Situation, Standing
from consent.rules import Reason, Status
from errors.encoding import measure

NOW = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
GIVEN = {"program": "Acme Offers", "brand": "Acme", "sender": "+14155550100"}
NAMES = ("Acme Offers", "Acme")


def lint(text, situation=Situation.PENDING, parts=1):
    return [
        problem.words
        for problem in notices.lint(text, situation, names=NAMES, parts=parts)
        if problem.is_error
    ]


@pytest.mark.parametrize(("situation", "language"), notices.READY_MADE)
def test_the_texts_that_ship_have_nothing_to_mend_and_stay_cheap(situation, language):
    text = notices.filled(notices.READY_MADE[situation, language], GIVEN)
    length = measure(text)
    assert notices.lint(text, situation, names=NAMES, parts=length.segments) == ()
    assert length.encoding.value == "GSM-7"
    assert length.segments <= 2


def test_there_is_a_text_for_every_situation_in_every_language():
    assert set(notices.READY_MADE) == {(s, language) for s in Situation for language in notices.LANGUAGES}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Reply YES to confirm. Reply STOP to opt out.", "does not say who sends it"),
        ("Acme: Reply YES to confirm.", "how to opt out"),
        ("Acme: You asked for texts. STOP ends them.", "asks for nothing"),
        ("Acme: Reply YES to confirm. Answer YES now. STOP ends it.", "more than once"),
        ("Acme: Reply YES to get 20% off. STOP ends it.", "sells something"),
        ("Acme: Responda YES y aproveche. STOP para salir.", "sells something"),
        ("Acme: Répondez YES, profitez des rabais. STOP pour arrêter.", "sells something"),
        ("Acme: Reply YES, see https://acme.test/x. STOP ends it.", "A link"),
        ("Acme: Reply YES, see acme.shop/x. STOP ends it.", "A link"),
        ("Acme: Reply YES for $10 back. STOP ends it.", "sells something"),
        ("Acme: Reply YES. Do not miss our new collection. STOP ends it.", "sells something"),
        ("Acmeville: Reply YES to confirm. STOP ends it.", "does not say who sends it"),
        ("Acme: Reply YES for NON-STOP texts.", "how to opt out"),
    ],
)
def test_what_such_a_text_must_not_do_is_told(text, problem):
    assert any(problem in words for words in lint(text))


@pytest.mark.parametrize(
    "text",
    [
        "Acme: Confirm by replying YES. Text “stop” to opt out.",
        "Acme: Para confirmar conteste SI. Responda STOP para salir.",
        "Acme : répondez « OUI » pour confirmer. STOP pour refuser.",
        "Acme: Feel free to ask our toll-free line; we save your choice. Reply YES to confirm, STOP to opt out.",
    ],
)
def test_other_ways_to_say_the_same_are_no_mistake(text):
    assert lint(text) == []


def test_what_goes_by_mail_or_call_asks_for_no_reply():
    assert not any("STOP" in notices.READY_MADE[Situation.WRONG_NUMBER, each] for each in notices.LANGUAGES)


def test_a_confirmation_of_a_stop_asks_for_nothing():
    assert lint("Acme: You are opted out. Text START to come back.", Situation.STOP_CONFIRMED) == []
    assert lint("Acme: You are opted out. Reply YES to stay! Text START.", Situation.STOP_CONFIRMED)


def test_shouting_and_length_are_advice():
    problems = notices.lint(
        "Acme: Reply YES NOW PLEASE. STOP ends it.", Situation.PENDING, names=NAMES, parts=3
    )
    assert [problem.is_error for problem in problems] == [False, False]


def test_a_mistake_is_marked_where_it_stands():
    text = "Acme: Reply YES for a discount. STOP ends it."
    problem = next(p for p in notices.lint(text, Situation.PENDING, names=NAMES, parts=1) if p.end)
    assert text[problem.start : problem.end] == "discount"


@pytest.mark.parametrize("text", ["{nobody} texts", "{program", "{}", "{{program}}"])
def test_a_field_that_does_not_exist_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the sentence differs
        notices.filled(text, GIVEN)


def test_a_name_with_braces_is_no_field():
    assert notices.filled("{program}: {sender}", {"program": "{sender}", "sender": "1"}) == "{sender}: 1"


def channel(situation, status, reason, **more):
    return notices.channel_for(situation, Standing(status, reason, **more), NOW)


@pytest.mark.parametrize("situation", [s for s in Situation if s.is_drafted and s is not Situation.START_HOW])
@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.OPTED_OUT, Reason.STOP),
        (Status.OPTED_OUT, Reason.CARRIER_BLOCK),
        (Status.PENDING, Reason.NEEDS_HANDSET_START),
    ],
)
def test_whoever_said_stop_gets_no_draft(situation, status, reason):
    with pytest.raises(Refusal, match="said STOP"):
        channel(situation, status, reason)


def test_only_the_instruction_to_text_start_is_given_and_never_by_text():
    for status, reason in [(Status.OPTED_OUT, Reason.STOP), (Status.PENDING, Reason.NEEDS_HANDSET_START)]:
        assert channel(Situation.START_HOW, status, reason, is_held=True) is Channel.OTHER
    with pytest.raises(Refusal):
        channel(Situation.START_HOW, Status.OPTED_IN, Reason.HANDSET)


@pytest.mark.parametrize("situation", [Situation.PENDING, Situation.EXPIRED, Situation.PRESUMED])
def test_nobody_is_texted_to_ask_for_a_consent_that_has_no_proof(situation):
    with pytest.raises(Refusal, match="do not text to ask"):
        channel(situation, Status.NO_CONSENT, Reason.NONE)


def test_a_text_fits_only_where_its_situation_is():
    assert channel(Situation.PENDING, Status.PENDING, Reason.DOUBLE_OPT_IN) is Channel.TEXT
    assert channel(Situation.EXPIRED, Status.EXPIRED, Reason.TTL) is Channel.TEXT
    with pytest.raises(Refusal, match="does not fit: nobody waits"):
        channel(Situation.PENDING, Status.OPTED_IN, Reason.FORM)


def test_in_canada_a_text_that_asks_for_consent_is_an_advertisement_itself():
    assert channel(Situation.EXPIRED, Status.EXPIRED, Reason.TTL, region="CA") is Channel.OTHER
    assert channel(Situation.EXPIRED, Status.EXPIRED, Reason.IMPLIED, region="US") is Channel.OTHER


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, Channel.TEXT), (5, Channel.TEXT), (5.1, Channel.OTHER), (-1, Channel.OTHER)]
)
def test_an_opt_out_is_confirmed_by_text_within_five_minutes_or_not_by_text(minutes, expected):
    since = NOW - timedelta(minutes=minutes)
    assert channel(Situation.PRESUMED, Status.OPTED_OUT_PRESUMED, Reason.FREETEXT, since=since) is expected


def test_a_number_of_somebody_else_is_never_texted():
    for status in (Status.OPTED_OUT_PRESUMED, Status.NO_CONSENT):
        assert channel(Situation.WRONG_NUMBER, status, Reason.WRONG_NUMBER) is Channel.OTHER
    with pytest.raises(Refusal):
        channel(Situation.PRESUMED, Status.OPTED_OUT_PRESUMED, Reason.WRONG_NUMBER)


def test_a_sign_up_whose_time_has_passed_is_not_asked_again():
    with pytest.raises(Refusal, match="time to confirm"):
        channel(Situation.PENDING, Status.PENDING, Reason.DOUBLE_OPT_IN, is_stale=True)


def test_a_paused_number_is_not_texted():
    with pytest.raises(Refusal, match="paused"):
        channel(Situation.PENDING, Status.PENDING, Reason.DOUBLE_OPT_IN, is_held=True)


@pytest.mark.parametrize("situation", [Situation.STOP_CONFIRMED, Situation.START_CONFIRMED])
def test_the_platforms_own_confirmations_are_not_drafted(situation):
    with pytest.raises(Refusal, match="platform"):
        channel(situation, Status.OPTED_IN, Reason.HANDSET)
