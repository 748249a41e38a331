"""What staff read: the place in the text, the remedy, and the verdict."""

import time

import pytest

from errors.preflight import Code, Finding, Verdict, check_words, in_words, rules_on, verdict
from tests.errors.preflight.make import BRITISH, DAY, MARKETING, findings, message


def only(code: str, **changes) -> Finding:
    (found,) = [finding for finding in findings(**changes) if finding.code == code]
    return found


def test_the_words_and_their_place_are_named():
    body = "Hi {first_name}, Acme: your {item} is ready"
    found = only("body.placeholder", body=body)
    assert "“{first_name}” (character 4)" in found.message
    assert [body[begin:end] for begin, end in found.places] == ["{first_name}", "{item}"]


def test_the_remedy_says_what_to_write_instead_and_what_it_saves():
    found = only("body.ucs2_costly", body="Acme: it’s " + "x" * 80)
    assert "’ (character 9)" in found.message
    assert "2 segments instead of 1" in found.message
    assert found.remedy == "’ may be written '."


def test_a_value_that_makes_the_text_too_long_is_named():
    values = {"name": "Ana", "story": "x" * 1600}
    found = only("body.too_long", body="Acme: Hi Ana, " + values["story"], values=values)
    assert found.remedy == "Shorten the text, or what was filled into story: 1600 characters."


def test_another_spelling_is_offered_with_what_it_saves():
    found = only("body.ucs2", body="Acme: tu código está listo " + "x" * 60)
    assert "without its accents the text would take 1 segment." in found.remedy


def test_what_the_provider_folds_itself_is_not_counted():
    body = "Acme: it’s “ready” " + "x" * 80
    assert not [one for one in findings(body=body, folded=True) if one.code.startswith("body.ucs2")]
    mixed = only("body.ucs2", body=f"{body} 🎉", folded=True)
    assert [(f"{body} 🎉")[begin:end] for begin, end in mixed.places] == ["🎉"]


def test_a_template_is_checked_without_anybody_to_receive_it():
    found = check_words(message(to="", body="Hi {name}, Acme: CBD oil"), rules_on(DAY))
    assert {finding.code for finding in found} == {Code.BODY_PLACEHOLDER, Code.CONTENT_CANNABIS}


def test_private_data_are_not_repeated_in_the_finding():
    found = only("content.sensitive", body="Acme: your password is hunter2, card 4111 1111 1111 1111")
    assert "hunter2" not in found.message + found.remedy
    assert "4111" not in found.message + found.remedy


def test_the_rule_that_decided_comes_along():
    found = only("sender.foreign_numeric", **BRITISH | {"sender": "+14155550100"})
    assert found.rule.place == "GB"
    assert "twilio 21612" in found.rule.prevents


def test_every_finding_says_what_to_do():
    body = "Hi {name}, BUY bit.ly/x http://10.0.0.1 beer\u200b " + "x" * 2000
    found = findings(**MARKETING | {"body": body, "to": "12345", "sender": ""})
    assert len(found) > 8
    assert all(finding.message and finding.remedy.endswith(".") for finding in found)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([], Verdict.PASS),
        ([Code.BODY_UCS2, Code.LINK_INSECURE], Verdict.PASS),
        ([Code.BODY_UCS2, Code.BODY_SEGMENTS], Verdict.WARN),
        ([Code.BODY_SEGMENTS, Code.TO_EMPTY], Verdict.BLOCK),
    ],
)
def test_the_worst_finding_decides(codes, expected):
    assert verdict(Finding(code, "", "") for code in codes) is expected


@pytest.mark.parametrize("letters", ["{", "http", "%a", "<%", "1", "a.", "\u200b", "STOP "])
def test_endless_texts_are_answered_in_time(letters):
    began = time.process_time()
    assert "body.too_long" in {finding.code for finding in findings(body=letters * 20_000)}
    assert time.process_time() - began < 2


def test_a_code_reads_as_a_line_of_a_list():
    assert in_words("to.country_mismatch") == "Number: country mismatch"
    assert in_words("body.ucs2_costly") == "Text: UCS-2 costly"
    assert in_words("file.repeated") == "File: repeated"
    assert in_words("") == "No finding"
