"""What codes mean: tables of named cases, no database."""

import re
from dataclasses import replace

import pytest

from errors.catalogue import (
    CATEGORIES,
    Adjust,
    Category,
    CodeFacts,
    Confidence,
    Phase,
    Retry,
    Scope,
    Signal,
    Suppresses,
    advice,
    channel_of,
    contradicts,
    explain,
    normal_code,
    place_of,
    provider_label,
    read_status,
    shipped,
)
from errors.catalogue.explain import texts
from errors.life import Status

C, R, P = Category, Retry, Phase


def meaning(provider, code, **asked):
    return shipped().look_up(provider, code, **asked)


# --- looking up ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "code", "asked", "category"),
    [
        ("twilio", "21617", {}, C.CONTENT_TOO_LONG),
        ("twilio", "30007", {}, C.CONTENT_FILTERED),
        ("twilio", "21610", {"phase": P.SUBMIT}, C.OPTED_OUT),
        ("twilio", "21610", {"phase": P.DELIVERY}, C.OPTED_OUT),  # met in both phases
        ("twilio", "30006", {"phase": P.DELIVERY}, C.NOT_SMS_CAPABLE),
        ("twilio", "21635", {"phase": P.SUBMIT}, C.NOT_SMS_CAPABLE),
        ("vonage", "9", {"phase": P.DELIVERY}, C.OPTED_OUT),
        ("vonage", "9", {"phase": P.SUBMIT}, C.ACCOUNT),
        ("vonage_sms_submit", "9", {}, C.ACCOUNT),
        ("Nexmo", "9", {}, C.OPTED_OUT),  # logs carry receipts
        ("vonage", "1240", {}, C.OPTED_OUT),
        ("vonage", "1", {"product": "messages"}, C.UNKNOWN),  # the product asked for has no such code
        ("infobip", "20", {"product": "status"}, C.DUPLICATE),
        ("infobip", "20", {"product": "error"}, C.NETWORK_ERROR),
        ("infobip_dlt", "4129", {}, C.TEMPLATE_COMPLIANCE),
        ("infobip", "4129", {}, C.TEMPLATE_COMPLIANCE),
        ("aws sns", " phone number is  OPTED OUT. ", {}, C.OPTED_OUT),
        ("aws", "TEXT_SPAM", {}, C.CONTENT_FILTERED),
        ("plivo", "50", {}, C.INVALID_NUMBER),
        ("8x8", "50", {}, C.THROTTLED),
        ("vonage", "50", {}, C.TEMPLATE_COMPLIANCE),
        ("plivo", "000", {}, C.OK),
        ("firetext", "000", {}, C.UNKNOWN),
        ("kpn", "001", {}, C.UNKNOWN),
        ("kpn", "004", {}, C.OPTED_OUT),
        ("messagebird", "103", {}, C.OPTED_OUT),
        ("mmg", "5.10", {}, C.OPTED_OUT),
        ("kaleyra", "opt-out", {}, C.OPTED_OUT),
        ("clicksend", "THROTTLED", {}, C.DUPLICATE),
        ("smpp", "0x58", {}, C.THROTTLED),
        ("sinch", "0x193", {}, C.PROVIDER_ERROR),
        ("bandwidth", "4775", {}, C.OPTED_OUT),
        ("twilio", "30099", {}, C.UNKNOWN),
        ("twilio", "ABC-12", {}, C.UNKNOWN),
        ("twilio", "", {}, C.UNKNOWN),
        ("a provider nobody knows", "30007", {}, C.UNKNOWN),
    ],
)
def test_a_code_means_what_its_own_provider_product_and_phase_say(provider, code, asked, category):
    assert meaning(provider, code, **asked).category is category


def test_a_code_nobody_knows_keeps_its_text_and_is_said_to_be_unknown():
    met = meaning("Twilio", "ABC-12")
    assert not met.is_known
    assert (met.facts.provider, met.facts.code) == ("twilio", "ABC-12")
    assert met.facts.advice().retry is R.ONCE


def test_further_readings_of_a_code_are_shown_beside_the_likelier_one():
    met = meaning("vonage", "9")
    assert [(other.phase, other.category) for other in met.others] == [(P.SUBMIT, C.ACCOUNT)]
    assert met.is_contested


def test_a_lost_leading_zero_is_no_match_but_a_candidate():
    met = meaning("kpn", "4")
    assert not met.is_known
    assert met.category is C.UNKNOWN
    assert [(other.code, other.category) for other in met.others] == [("004", C.OPTED_OUT)]


def test_no_two_providers_are_mixed_however_alike_their_codes():
    book = shipped()
    for facts in book:
        met = book.look_up(facts.provider, facts.code, phase=facts.phase, product=facts.product)
        assert met.facts == facts
        assert {other.provider for other in met.others} <= {facts.provider}


def test_where_sources_contradict_each_other_the_title_decides():
    assert meaning("telnyx", "40300").category is C.OPTED_OUT
    assert meaning("telnyx", "40300", title="Blocked due to STOP message").category is C.OPTED_OUT
    other = meaning("telnyx", "40300", title="Invalid destination number")
    assert other.category is C.INVALID_NUMBER
    assert other.is_contested
    # Elsewhere a strange title does not overrule a sound source.
    assert meaning("twilio", "30007", title="Landline").category is C.CONTENT_FILTERED


def test_a_code_that_was_split_is_matched_with_what_came_of_it():
    assert shipped().family("twilio", "21614") == {"21614", "21635"}
    assert shipped().family("twilio", "21661") == {"21661", "21606"}
    split = meaning("twilio", "21635").facts
    assert (split.valid_from.isoformat(), split.split_from) == ("2024-07-10", ("21614",))


def test_what_was_classified_here_lies_over_the_shipped_book():
    known = shipped().look_up("twilio", "30008").facts
    book = shipped().with_changes([replace(known, category=C.CONTENT_FILTERED)])
    assert book.look_up("twilio", "30008").category is C.CONTENT_FILTERED
    assert shipped().look_up("twilio", "30008").category is C.UNKNOWN
    assert len(book) == len(shipped())


def test_a_code_met_in_a_log_is_found_beside_those_of_every_product():
    met = CodeFacts("sinch", "", P.DELIVERY, "999", "", C.CONTENT_FILTERED, R.AFTER_FIX)
    book = shipped().with_changes([met])
    assert book.look_up("sinch", "999").category is C.CONTENT_FILTERED
    assert book.look_up("sinch", "402").category is C.NO_ROUTE


# --- the form of a code -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "channel", "normal"),
    [
        ("30007.0", ("twilio", ""), "30007"),
        (" 30007 ", ("twilio", ""), "30007"),
        ("'000", ("plivo", ""), "000"),
        ("000", ("plivo", ""), "000"),
        ("0000", ("inteltech", ""), "0000"),
        ("5.10", ("mmg", ""), "5.10"),
        ("sms-car-413", ("ringcentral", ""), "SMS-CAR-413"),
        ("SENT  -  NO DLR", ("kaleyra", ""), "SENT - NO DLR"),
        ("null", ("twilio", ""), ""),
        ("", ("twilio", ""), ""),
        ("0xB", ("smpp", "command_status"), "0x0000000B"),
        ("0x0000000b", ("smpp", "command_status"), "0x0000000B"),
        ("0000000B", ("smpp", "command_status"), "0x0000000B"),
        ("11", ("smpp", "command_status"), "0x0000000B"),
        ("00000058", ("smpp", "command_status"), "0x00000058"),
        ("88", ("smpp", "command_status"), "0x00000058"),
        ("403", ("sinch", "rest"), "403"),
        ("0x193", ("sinch", "rest"), "403"),
        ("0x403", ("sinch", "rest"), "403"),
        ("1027", ("sinch", "rest"), "403"),
        ("0x410", ("telia", ""), "1040"),
    ],
)
def test_codes_are_compared_in_one_form(code, channel, normal):
    assert normal_code(code, *channel) == normal


def test_codes_are_sorted_as_people_count():
    listed = ["SMS-CAR-104", "100", "2.10", "20", "2.9", "000", "10"]
    assert sorted(listed, key=place_of) == ["000", "2.9", "2.10", "10", "20", "100", "SMS-CAR-104"]


def test_the_form_of_a_form_is_itself():
    for facts in shipped():
        once = normal_code(facts.code, facts.provider, facts.product)
        assert normal_code(once, facts.provider, facts.product) == once


# --- whether to retry ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "phase", "asked", "retry"),
    [
        (C.THROTTLED, P.SUBMIT, {}, R.YES),
        (C.THROTTLED, P.DELIVERY, {}, R.LATER),
        (C.THROTTLED, P.DELIVERY, {"said": R.AFTER_FIX}, R.AFTER_FIX),  # a loop
        (C.PROVIDER_ERROR, P.SUBMIT, {}, R.LATER),
        (C.PROVIDER_ERROR, P.DELIVERY, {}, R.CHECK_FIRST),
        (C.NETWORK_ERROR, P.DELIVERY, {}, R.LATER),
        (C.NETWORK_ERROR, P.DELIVERY, {"is_ambiguous": True}, R.CHECK_FIRST),
        (C.UNKNOWN, P.DELIVERY, {}, R.ONCE),
        (C.UNKNOWN, P.DELIVERY, {"said": R.LATER}, R.ONCE),
        (C.UNKNOWN, P.DELIVERY, {"said": R.NEVER}, R.CHECK_FIRST),
        (C.OPTED_OUT, P.SUBMIT, {"said": R.LATER}, R.NEVER),
        (C.INVALID_NUMBER, P.DELIVERY, {"said": R.LATER}, R.NEVER),
        (C.RECIPIENT_BLOCKED, P.DELIVERY, {"said": R.AFTER_FIX}, R.NEVER),
        (C.DUPLICATE, P.SUBMIT, {}, R.NEVER),
        (C.CONTENT_TOO_LONG, P.SUBMIT, {}, R.AFTER_FIX),
        (C.SENDER_INVALID, P.SUBMIT, {"said": R.LATER}, R.LATER),
        (C.EXPIRED, P.DELIVERY, {}, R.LATER),
        (C.OK, P.DELIVERY, {}, R.NEVER),
    ],
)
def test_retry_is_decided_by_kind_and_phase_together(category, phase, asked, retry):
    assert advice(category, phase, **asked).retry is retry


def test_the_advice_says_whether_anything_was_sent():
    refused, accepted = advice(C.THROTTLED, P.SUBMIT).words, advice(C.THROTTLED, P.DELIVERY).words
    assert "nothing was sent" in refused
    assert "may have received it" in accepted
    assert "nothing was sent" not in accepted


@pytest.mark.parametrize(
    ("provider", "code"),
    [
        *(("twilio", "30410"), ("bandwidth", "9902"), ("ringcentral", "SMS-CAR-104"), ("openmarket", "815")),
        *(
            ("infobip", "815"),
            ("infobip", "29"),
            ("vonage", "1100"),
            ("budgetsms", "11"),
            ("budgetsms", "13"),
        ),
    ],
)
def test_codes_that_prove_no_failure_ask_to_look_first(provider, code):
    facts = meaning(provider, code).facts
    assert facts.is_ambiguous
    assert facts.advice().retry is R.CHECK_FIRST


@pytest.mark.parametrize("code", ["30025", "30026", "30131", "63046"])
def test_notices_are_no_failures(code):
    facts = meaning("twilio", code).facts
    assert facts.is_notice
    assert not facts.is_failure


def test_what_the_provider_calls_permanent_is_kept_apart_from_our_advice():
    barred = meaning("infobip", "13").facts
    assert (barred.is_permanent, barred.advice().retry) == (False, R.NEVER)
    assert meaning("sinch_smpp", "151").facts.is_permanent is True
    assert meaning("twilio", "30003").facts.is_permanent is None


# --- categories ---------------------------------------------------------------------------------------------


def test_every_category_tells_staff_what_it_means_and_what_to_do():
    assert set(CATEGORIES) == set(Category)
    assert len(Category) == 27
    for category, facts in CATEGORIES.items():
        assert facts.meaning.endswith("."), category
        assert facts.remedy.endswith("."), category
        assert facts.adjust, category
        assert facts.owner, category


def test_only_an_opt_out_speaks_for_the_person():
    assert [c for c in Category if c.facts.consent is Signal.YES] == [C.OPTED_OUT]
    assert C.CONTENT_FILTERED.facts.consent is Signal.NO
    assert C.UNKNOWN.facts.consent is Signal.NO
    assert C.RECIPIENT_BLOCKED.facts.consent is Signal.MAYBE


def test_the_unit_of_suppression_differs():
    number = {c for c in Category if c.facts.suppresses is Suppresses.NUMBER}
    assert number == {C.INVALID_NUMBER, C.NUMBER_INACTIVE, C.NOT_SMS_CAPABLE}
    assert C.OPTED_OUT.facts.suppresses is Suppresses.NUMBER_AND_SCOPE
    assert C.RECIPIENT_BLOCKED.facts.suppresses is Suppresses.NUMBER_AND_ROUTE
    assert C.AUTH.facts.suppresses is Suppresses.NOTHING


def test_failures_of_everybody_stop_the_channel():
    stopping = {c for c in Category if c.facts.stops_channel}
    assert stopping == {C.AUTH, C.ACCOUNT, C.SENDER_UNREGISTERED, C.QUOTA_EXCEEDED}


def test_a_register_is_not_a_stop():
    scopes = {
        ("twilio", "21610"): Scope.SENDER,
        ("infobip_status", "10"): Scope.REGISTRY,
        ("infobip", "rejected_dnd"): Scope.REGISTRY,  # by its name, as some of Infobip's answers have it
        ("kaleyra", "CON-DND"): Scope.REGISTRY,
        ("kaleyra", "OPT-OUT"): Scope.SENDER,
        ("kpn", "022"): Scope.EITHER,
        ("aws_sns", "Phone number is opted out"): Scope.ACCOUNT,
    }
    for (provider, code), scope in scopes.items():
        assert meaning(provider, code).facts.scope is scope, code


# --- explanations -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "code", "word"),
    [
        ("twilio", "30006", "landline"),
        ("twilio", "30006", "carrier"),
        ("twilio", "30004", "carrier"),
        ("twilio", "30004", "owner blocks"),
        ("twilio", "30004", "no signal"),
        ("twilio", "30007", "content"),
        ("twilio", "30007", "reputation"),
        ("telnyx", "40300", "STOP"),
        ("telnyx", "40300", "invalid"),
    ],
)
def test_all_causes_a_code_may_stand_for_are_listed(provider, code, word):
    causes = explain(meaning(provider, code).facts).candidates
    assert len(causes) >= 2
    assert any(word.casefold() in cause.casefold() for cause in causes)


def test_every_code_is_explained_and_has_a_remedy():
    for facts in shipped():
        told = explain(facts)
        assert told.summary, facts.key
        assert told.remedy, facts.key
        assert told.retry_words, facts.key
        assert told.confidence_words, facts.key


def test_the_words_belong_to_codes_that_exist():
    known = {(f.catalogue, normal_code(f.code, f.provider, f.product)) for f in shipped()}
    assert set(texts()) <= known
    assert len(texts()) >= 150


def test_another_classification_does_not_keep_the_words_of_the_old_one():
    facts = meaning("twilio", "30006").facts
    moved = explain(replace(facts, category=C.CONTENT_FILTERED))
    assert "landline" not in moved.summary
    assert moved.adjust == (Adjust.CONTENT, Adjust.SENDER)


def test_words_are_ours_and_name_no_machine():
    for facts in shipped():
        assert not re.search(r"/(tmp|home|work|root)/|find_string", facts.source), facts.key


# --- confidence ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "confidence"),
    [
        ("somebody/repository@1234567:errors.md", Confidence.CONFIRMED),
        ("UNVERIFIED page", Confidence.UNCONFIRMED),
        ("a list; PARTIAL", Confidence.UNCONFIRMED),
        ("somebody (single source, name only)", Confidence.UNCONFIRMED),
        ("docs; CONFLICT: other pages differ", Confidence.CONTRADICTED),
        ("impartial/partially", Confidence.CONFIRMED),
    ],
)
def test_the_source_says_how_sure_a_meaning_is(source, confidence):
    assert Confidence.of(source) is confidence


def test_what_is_not_confirmed_is_never_told_as_a_fact():
    for facts in shipped():
        sure = explain(facts).confidence_words.startswith("Confirmed")
        assert sure == (facts.confidence is Confidence.CONFIRMED), facts.key


@pytest.mark.parametrize(
    ("title", "name", "category", "expected"),
    [
        ("Invalid destination number", "Blocked due to STOP message", C.OPTED_OUT, True),
        ("Blocked due to STOP message", "Blocked due to STOP message", C.OPTED_OUT, False),
        ("Recipient has opted out", "Message filtered", C.CONTENT_FILTERED, True),
        ("Landline", "Message filtered", C.CONTENT_FILTERED, True),
        ("Carrier rejected", "Message filtered", C.CONTENT_FILTERED, False),  # says nothing sure
        ("", "Message filtered", C.CONTENT_FILTERED, False),
        ("Landline or unreachable carrier", "Landline or unreachable carrier", C.NOT_SMS_CAPABLE, False),
        ("Destination number is a landline", "Invalid number", C.INVALID_NUMBER, False),  # near enough
        ("Message filtered by carrier", "Unknown error", C.UNKNOWN, False),  # nothing to contradict
    ],
)
def test_a_title_contradicts_only_when_there_is_little_doubt(title, name, category, expected):
    assert contradicts(title, name, category) is expected


def test_no_catalogue_contradicts_itself():
    assert [f.key for f in shipped() if contradicts(f.name, f.name, f.category)] == []


# --- providers and their status words -----------------------------------------------------------------------


def test_a_provider_is_one_whatever_a_log_calls_it():
    assert channel_of("Nexmo").provider == channel_of("vonage_sms").provider == "vonage"
    assert (channel_of("AWS SNS").provider, channel_of("aws-sns").product) == ("aws", "sns")
    assert channel_of("Some Gateway").provider == "some_gateway"
    assert provider_label("vonage", "messages") == "Vonage Messages API"
    assert provider_label("some_gateway") == "Some gateway"


@pytest.mark.parametrize(
    ("provider", "word", "status"),
    [
        ("twilio", "undelivered", Status.UNDELIVERED),
        ("Twilio", "Queued", Status.ACCEPTED),
        ("telnyx", "delivery_unconfirmed", Status.DELIVERY_UNKNOWN),
        ("telnyx_mdr", "gw_reject", Status.REJECTED),
        ("telnyx", "gw_reject", Status.REJECTED),
        ("vonage", "rejected", Status.REJECTED),
        ("vonage", "buffered", Status.SENT),
        ("bandwidth", "message-failed", Status.FAILED),
        ("infobip", "UNDELIVERABLE", Status.UNDELIVERED),
        ("sinch", "Aborted", Status.REJECTED),
        ("aws", "TEXT_CARRIER_BLOCKED", Status.UNDELIVERED),
        ("messagebird", "delivery_failed", Status.UNDELIVERED),
        ("smpp", "DELIVRD", Status.DELIVERED),
        ("a gateway of our own", "Undelivered", Status.UNDELIVERED),
    ],
)
def test_status_words_are_read_per_provider(provider, word, status):
    assert read_status(provider, word).status is status


def test_a_status_word_nobody_mapped_is_said_to_be_so():
    assert read_status("twilio", "teleported") is None
    assert read_status("a gateway of our own", "teleported") is None


@pytest.mark.parametrize(
    ("provider", "word", "status"),
    [
        ("vonage", "undelivered", Status.UNDELIVERED),
        ("infobip", "failed", Status.FAILED),
        ("twilio", "expired", Status.EXPIRED),
        ("plivo", "queued", Status.ACCEPTED),  # the provider's own meaning stands before ours
    ],
)
def test_a_log_with_our_words_for_how_messages_ended_is_read_at_every_provider(provider, word, status):
    assert read_status(provider, word).status is status


@pytest.mark.parametrize("word", ["blocked", "queued", "received"])
def test_a_word_for_what_we_did_ourselves_is_not_put_into_a_providers_mouth(word):
    assert read_status("infobip", word) is None


def test_messages_that_came_in_are_told_apart():
    assert read_status("twilio", "received").is_inbound
    assert not read_status("twilio", "sent").is_inbound


@pytest.mark.parametrize(
    ("code", "status", "phase", "retry"),
    [
        ("20429", Status.FAILED, P.SUBMIT, R.YES),  # the provider never took it
        ("20429", Status.UNDELIVERED, P.DELIVERY, R.LATER),
        ("20500", Status.FAILED, P.SUBMIT, R.LATER),
        ("30008", Status.REJECTED, P.SUBMIT, R.ONCE),
        ("30003", Status.FAILED, P.DELIVERY, R.LATER),
        ("99999", Status.FAILED, P.DELIVERY, R.ONCE),  # nobody knows when it arises
    ],
)
def test_a_failure_with_a_code_of_the_request_was_never_accepted(code, status, phase, retry):
    facts = meaning("twilio", code).facts
    assert facts.phase_in(status) is phase
    assert facts.advice(phase).retry is retry


def test_facts_of_every_phase_can_be_advised():
    facts = CodeFacts("x", "", P.WEBHOOK, "1", "n", C.WEBHOOK_CONFIG, R.AFTER_FIX)
    assert "nothing was sent" not in facts.advice().words
