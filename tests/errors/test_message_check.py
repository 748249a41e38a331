"""The page where a text is checked before it is sent: encoding, price, findings, what our records say."""

import logging
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.models import AuditEntry
from consent.ledger import Act, Kind
from consent.models import AgreedStatus, Flag, Hold, Program, Touched
from errors.preflight import Code, Consent, Purpose, Verdict
from tests.backoffice.make import person
from tests.consent import make as people
from tests.errors import make

pytestmark = pytest.mark.django_db
PAGE, LIVE = reverse("errors:message_check"), reverse("errors:message_check_live")
CURLY = "Acme: don’t miss it, " + "a" * 60
SENDER = "+14155550100"


def asked(client, body="Acme: your order is ready.", **fields):
    """The answer of the page to this text, with the usual choices."""
    return client.post(PAGE, {"body": body, "purpose": "transactional", **fields})


def checked(client, body="Acme: your order is ready.", **fields):
    answer = asked(client, body, **fields)
    assert answer.context["checked"] is not None, answer.context["form"].errors
    return answer.context["checked"]


def codes(found):
    return {note.finding.code for note in found.notes}


# --- who may ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["Viewer", "Agent", "Supervisor", "Administrator"])
def test_everybody_who_may_see_the_send_log_may_check_a_message(browser, role):
    assert checked(browser(role)).verdict is Verdict.PASS


@pytest.mark.parametrize("path", [PAGE, LIVE])
def test_staff_without_a_role_may_not(client, path):
    client.force_login(person())
    assert client.post(path, {"body": "x", "purpose": "otp"}).status_code == 403


def test_the_page_is_in_the_navigation(browser):
    assert b"Check a message" in browser("Viewer").get(reverse("errors:attempt_list")).content


# --- the text --------------------------------------------------------------------------------------------------


def test_an_empty_page_finds_nothing(browser):
    answer = browser().get(PAGE)
    assert answer.context["checked"] is None
    assert b"Type or paste a text" in answer.content


def test_a_text_is_measured_with_one_character_for_a_line_end(browser):
    found = checked(browser(), "a" * 79 + "\r\n" + "b" * 80)
    assert (found.measure.segments, found.measure.units, found.left) == (1, 160, 0)


def test_spaces_at_the_ends_are_sent_and_so_they_count(browser):
    assert checked(browser(), "  a  ").measure.units == 5


def test_the_segments_and_what_forces_them_are_shown(browser):
    answer = asked(browser(), CURLY)
    page = answer.content.decode()
    found = answer.context["checked"]
    assert (found.measure.encoding, found.measure.segments) == ("UCS-2", 2)
    assert page.count('<p class="bubble"') == 2 + len(found.offers)
    assert '<mark class="place place--forces">’</mark>' in page
    assert "Right single quotation mark" in page


def test_a_text_is_shown_and_not_run(browser):
    page = asked(browser(), "<script>alert(1)</script> “<b>”").content.decode()
    assert "<script>alert" not in page
    assert "<b>”" not in page


def test_the_replacement_is_offered_with_what_it_saves_and_never_made_unasked(browser):
    answer = asked(browser(), CURLY, price="0.0079")
    (offer,) = answer.context["checked"].offers
    assert (offer.plainer.saves, offer.costs, answer.context["checked"].price) == (1, "0.0079", "0.0158")
    assert offer.changes == [("’", "'", 1)]
    assert answer.context["form"]["body"].value() == CURLY


def test_the_replacement_is_used_on_request(browser):
    answer = asked(browser(), CURLY, use="faithful", to="+14155552671")
    assert answer.context["form"]["body"].value() == CURLY.replace("’", "'")
    assert answer.context["form"]["to"].value() == "+14155552671"
    assert answer.context["checked"].measure.segments == 1


def test_leaving_accents_away_is_an_offer_of_its_own(browser):
    found = checked(browser(), "Ação já: " + "a" * 70)
    assert [(offer.name, offer.plainer.saves) for offer in found.offers] == [("respelled", 1)]
    both = checked(browser(), "Não perca… " + "a" * 70 + "’")
    assert [offer.name for offer in both.offers] == ["respelled"]


def test_a_replacement_that_would_save_nothing_and_leave_unicode_is_no_offer(browser):
    found = checked(browser(), "It’s here 🎉 " + "a" * 60)
    assert found.offers == []
    assert found.kept == ["🎉"]
    assert (found.without.encoding, found.without.segments) == ("GSM-7", 1)


def test_a_text_beyond_the_limit_says_how_much_to_take_out(browser):
    answer = asked(browser(), "a" * 5_007)
    assert answer.context["checked"] is None
    assert "5,007 characters; at most 5,000 can be checked. Take out 7" in answer.content.decode()
    assert checked(browser(), "a\r\n" * 2_500).characters == 5_000


# --- the rest of the form --------------------------------------------------------------------------------------


def test_a_draft_without_recipient_and_sender_is_checked_for_what_is_in_it(browser):
    found = checked(browser(), "Hi {first_name}", purpose="marketing")
    assert Code.BODY_PLACEHOLDER in codes(found)
    assert not codes(found) & {Code.TO_EMPTY, Code.SENDER_EMPTY, Code.CONSENT_MISSING}
    assert len(found.not_looked_at) == 3


def test_a_country_alone_is_enough_for_what_it_wants(browser):
    found = checked(browser(), country="IN", sender="ACMEIN")
    assert Code.DLT_MISSING in codes(found)
    with_ids = checked(browser(), country="IN", sender="ACMEIN", dlt_entity="1", dlt_template="2")
    assert Code.DLT_MISSING not in codes(with_ids)


def test_a_registration_that_is_known_is_not_asked_for(browser):
    to = {"to": "+14155552671", "sender": SENDER}
    assert Code.SENDER_REGISTRATION_REQUIRED in codes(checked(browser(), **to))
    assert Code.SENDER_UNREGISTERED in codes(checked(browser(), **to, sender_registered="no"))
    known = codes(checked(browser(), **to, sender_registered="yes"))
    assert not known & {Code.SENDER_REGISTRATION_REQUIRED, Code.SENDER_UNREGISTERED}


def test_a_time_is_read_on_the_clock_that_was_chosen(browser, settings):
    settings.TIME_ZONE = "America/New_York"
    ours = checked(browser(), at="2027-03-10T22:00", clock="ours").message.at
    theirs = checked(browser(), at="2027-03-10T22:00", clock="theirs").message.at
    assert ours.tzinfo is not None
    assert (theirs.hour, theirs.tzinfo) == (22, None)


def test_marketing_at_night_on_the_recipients_clock_is_stopped(browser):
    night = {"to": "+33612345678", "purpose": "marketing", "consent": "opted_in", "clock": "theirs"}
    assert Code.TIME_QUIET_HOURS in codes(checked(browser(), at="2027-03-10T23:30", **night))
    assert Code.TIME_QUIET_HOURS not in codes(checked(browser(), at="2027-03-10T12:00", **night))


WRONG = {
    "a country that is none": {"country": "ZZ"},
    "a purpose that is none": {"purpose": "spying"},
    "no purpose": {"purpose": ""},
    "a price that is none": {"price": "NaN"},
    "a price below nothing": {"price": "-1"},
    "a time that is none": {"at": "tomorrow"},
    "a time with a zone": {"at": "2027-03-10T12:00+01:00"},
    "a time beyond what clocks know": {"at": "9999-12-31T23:59", "clock": "theirs"},
    "a state that is none": {"state": "T1"},
    "a program that is none": {"program": "987654"},
    "a consent that is none": {"consent": "sure"},
    "a control character of no use": {"body": "a\x00b"},
    "an endless number": {"to": "1" * 100},
}


@pytest.mark.parametrize("path", [PAGE, LIVE])
@pytest.mark.parametrize("fields", WRONG.values(), ids=WRONG)
def test_what_cannot_be_read_is_named(browser, fields, path):
    answer = browser().post(path, {"body": "x", "purpose": "otp", **fields})
    assert answer.status_code == 200
    assert answer.context["checked"] is None
    (name,) = fields.keys() - {"clock"}
    assert name in answer.context["form"].errors
    assert "Not checked" in answer.content.decode()


@pytest.mark.parametrize(
    "body", ["\u200d" * 300, "🇦🇺" * 2_000, "\n" * 400, "a\u0301" * 2_000, "\u202e\ufeff"]
)
def test_odd_texts_are_answered(browser, body):
    assert checked(browser(), body).characters == len(body)


def test_bytes_that_are_no_text_are_answered(browser):
    form = "application/x-www-form-urlencoded"
    answer = browser().post(PAGE, "purpose=otp&body=a%ED%A0%BD%FFb", content_type=form)
    assert answer.context["checked"].characters > 2


# --- live ------------------------------------------------------------------------------------------------------


def test_the_live_answer_is_the_result_alone_and_what_the_page_would_say(browser):
    fields = {"body": CURLY, "purpose": "marketing", "to": "+14155552671"}
    client = browser()
    piece = client.post(LIVE, fields).content.decode()
    assert "<html" not in piece
    assert 'id="check-summary"' in piece
    assert 'id="check-result"' in piece
    assert (
        piece.split('id="check-result"')[1].split("</section>")[0]
        in client.post(PAGE, fields).content.decode()
    )


def test_the_live_answer_wants_the_token(db):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person("Viewer"))
    assert strict.post(LIVE, {"body": "x", "purpose": "otp"}).status_code == 403


def test_live_answers_are_kept_by_nobody(browser):
    answer = browser().post(LIVE, {"body": "x", "purpose": "otp"})
    assert "no-store" in answer["Cache-Control"]


def test_nothing_typed_is_stored_or_logged(browser, caplog):
    client = browser()
    number = people.number("+14155552671")
    client.get(PAGE)
    with (
        caplog.at_level(logging.DEBUG),
        CaptureQueriesContext(
            connection,
        ) as asked_of_database,
    ):
        checked(client, "A very secret text", to=number.e164, sender=SENDER, brand="Secret brand")
    asked = [one["sql"].lstrip("( ").upper() for one in asked_of_database]
    assert asked
    assert not [sql for sql in asked if sql.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert not AuditEntry.objects.exists()
    assert not any(
        "secret" in record.getMessage().lower()
        for record in caplog.records
        if record.name != "django.db.backends"
    )


# --- what our records say --------------------------------------------------------------------------------------


@pytest.fixture
def program():
    return people.program("promo", SENDER, brand="Acme")


def agree(number, program, status, **fields):
    usual = {"reason": "test", "rules_version": people.terms_in_force(), "changed_at": timezone.now()}
    AgreedStatus.objects.create(number=number, program=program, status=status, **{**usual, **fields})


def marketing(client, number, **fields):
    return checked(
        client,
        "Acme: 10% off. Reply STOP to end",
        **{"to": number.e164, "sender": SENDER, "purpose": "marketing", **fields},
    )


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("OPTED_OUT", Code.CONSENT_OPTED_OUT),
        ("OPTED_OUT_PRESUMED", Code.CONSENT_OPTED_OUT),
        ("PENDING", Code.CONSENT_PENDING),
        ("EXPIRED", Code.CONSENT_MISSING),
        ("NO_CONSENT", Code.CONSENT_MISSING),
        ("OPTED_IN", None),
    ],
)
def test_a_known_number_is_judged_by_what_was_agreed(browser, program, status, code):
    number = make.number()
    agree(number, program, status)
    # What is chosen for unknown numbers changes nothing.
    for chosen in ("opted_in", "opted_out"):
        found = marketing(browser(), number, consent=chosen)
        assert {one for one in codes(found) if one.startswith("consent.")} == ({code} if code else set())


def test_an_unknown_number_is_judged_by_what_was_chosen(browser, program):
    fields = {"to": "+14155552671", "sender": SENDER, "purpose": "marketing"}
    assert Code.CONSENT_MISSING in codes(checked(browser(), **fields))
    assert Code.CONSENT_MISSING not in codes(checked(browser(), **fields, consent="opted_in"))
    assert b"We do not know this number" in asked(browser(), **fields).content


def test_a_number_that_the_program_knows_nothing_of_has_no_consent(browser, program):
    assert Code.CONSENT_MISSING in codes(marketing(browser(), make.number()))


def test_an_opt_in_to_service_texts_is_none_to_marketing(browser):
    service = people.program("service", SENDER, purpose=Program.Purpose.TRANSACTIONAL)
    number = make.number()
    agree(number, service, "OPTED_IN")
    assert Code.CONSENT_TRANSACTIONAL_ONLY in codes(marketing(browser(), number))


def test_the_program_is_the_chosen_one_else_the_senders_else_the_most_careful(browser, program):
    other = people.program("other", "+14155550199")
    number = make.number()
    agree(number, program, "OPTED_IN")
    agree(number, other, "OPTED_OUT")
    assert Code.CONSENT_OPTED_OUT not in codes(marketing(browser(), number))
    assert Code.CONSENT_OPTED_OUT not in codes(marketing(browser(), number, sender=SENDER.lstrip("+")))
    assert Code.CONSENT_OPTED_OUT in codes(marketing(browser(), number, program=other.pk))
    assert Code.CONSENT_OPTED_OUT in codes(marketing(browser(), number, sender="+14155550142"))


def test_a_number_is_found_however_it_is_written(browser, program):
    number = make.number("+14155560123")
    agree(number, program, "OPTED_OUT")
    for written in ("(415) 556-0123", "415.556.0123", "+1 415 556 0123"):
        found = checked(browser(), to=written, country="US", sender=SENDER)
        assert Code.CONSENT_OPTED_OUT in codes(found), written


def test_a_hold_stops_the_text_and_is_shown(browser, program):
    number = make.number()
    agree(number, program, "OPTED_IN")
    now = timezone.now()
    flag = Flag.objects.create(
        number=number, program=program, code="OUT_BUT_SUBSCRIBED", severity="S1", key="k", fingerprint="x", why="",
        raised_at=now, refreshed_at=now,
    )  # fmt: skip
    Hold.objects.create(flag=flag, number=number, program=program, placed_at=timezone.now())
    assert Code.CONSENT_HELD in codes(marketing(browser(), number))
    Hold.objects.update(released_at=timezone.now())
    assert Code.CONSENT_HELD not in codes(marketing(browser(), number))


def test_news_that_are_not_worked_in_yet_count(browser, program):
    """The stored status is behind: a STOP came in a moment ago."""
    number = people.number()
    agree(number, program, "OPTED_IN")
    people.record(number, Act.REVOKE, Kind.HANDSET, timezone.now() - timedelta(minutes=1), sender=SENDER)
    Touched.objects.create(number=number)
    assert Code.CONSENT_OPTED_OUT in codes(marketing(browser(), number))


def test_the_same_text_a_moment_ago_is_noticed(browser, program):
    number = make.number()
    agree(number, program, "OPTED_IN")
    make.sent(
        number=number,
        body="Acme: 10% off. Reply STOP to end",
        submitted_at=timezone.now() - timedelta(hours=2),
    )
    assert Code.DUPLICATE_CONTENT in codes(marketing(browser(), number))
    assert Code.DUPLICATE_CONTENT not in codes(marketing(browser(), number, at="2027-03-10T12:00"))


def test_a_send_whose_fate_nobody_knows_must_be_asked_after_first(browser, program):
    number = make.number()
    agree(number, program, "OPTED_IN")
    body, at = "Acme: 10% off. Reply STOP to end", timezone.now() - timedelta(hours=2)
    sent = make.sent("submit_unknown", number=number, body=body, submitted_at=at)
    assert Code.DUPLICATE_UNSETTLED in codes(marketing(browser(), number))
    type(sent).objects.update(status="canceled")
    assert not {Code.DUPLICATE_UNSETTLED, Code.DUPLICATE_CONTENT} & codes(marketing(browser(), number))


def test_the_brand_of_the_program_must_be_in_the_text(browser, program):
    number = make.number()
    assert Code.BRAND_MISSING in codes(checked(browser(), "10% off", sender=SENDER, purpose="marketing"))
    assert Code.BRAND_MISSING not in codes(marketing(browser(), number))


def test_who_may_not_see_numbers_learns_nothing_about_one(browser, program, client):
    number = make.number()
    agree(number, program, "OPTED_OUT")
    user = person()
    user.user_permissions.add(Permission.objects.get(codename="view_sendattempt"))
    client.force_login(user)
    found = marketing(client, number, consent="opted_in")
    assert found.recipient is None
    assert Code.CONSENT_OPTED_OUT not in codes(found)
    assert b"You may not look into numbers" in asked(client, to=number.e164).content


def test_the_purpose_and_consent_of_a_message_are_what_was_chosen(browser):
    message = checked(browser(), to="+14155552671", purpose="otp", consent="pending").message
    assert (message.purpose, message.consent) == (Purpose.OTP, Consent.PENDING)
