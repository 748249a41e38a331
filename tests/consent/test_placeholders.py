"""Requests written as text with placeholders: each value is written as its place demands."""

import json
from urllib.parse import parse_qs

import pytest

from consent import placeholders
from consent.placeholders import MISSING, BadTemplate, find

HOSTILE = 'a/../b?x=1&y="2"\r\nX-Evil: 1 é'


def test_an_address_keeps_its_shape_whatever_a_value_holds():
    filled = placeholders.in_address("/contacts/{ref}?type=phone", {"ref": HOSTILE})
    assert filled.startswith("/contacts/a%2F..%2Fb%3Fx%3D1%26y%3D%222%22%0D%0AX-Evil")
    assert filled.endswith("?type=phone")
    assert "\n" not in filled


def test_a_header_takes_printable_characters_only():
    filled = placeholders.in_header("key-{ref}", {"ref": "one\r\ntwo é 100%"})
    assert filled == "key-one%0D%0Atwo %C3%A9 100%25"


def test_json_is_escaped_between_quotation_marks():
    filled = placeholders.in_json(
        '{"phone": "{number}", "note": "id {ref}"}', {"number": "+1415", "ref": HOSTILE}
    )
    assert json.loads(filled) == {"phone": "+1415", "note": f"id {HOSTILE}"}


@pytest.mark.parametrize(
    ("value", "written"),
    [("true", True), ("12", 12), ("null", None), ("opted-out", "opted-out"), ('{"a": 1}', '{"a": 1}')],
)
def test_our_own_words_may_be_a_truth_or_a_number_in_json(value, written):
    filled = placeholders.in_json('{"sms": {value}}', {"value": value}, frozenset({"value"}))
    assert json.loads(filled) == {"sms": written}


def test_what_came_from_outside_is_always_text_in_json():
    assert json.loads(placeholders.in_json('{"id": {ref}}', {"ref": "true"})) == {"id": "true"}


def test_a_backslash_before_a_quotation_mark_is_no_end_of_text():
    filled = placeholders.in_json(r'{"a": "x\"{ref}", "b": {ref}}', {"ref": '"'})
    assert json.loads(filled) == {"a": 'x""', "b": '"'}


def test_a_body_that_is_no_json_says_where():
    with pytest.raises(BadTemplate, match="line 2"):
        placeholders.in_json('{\n"a" {ref}}', {"ref": "1"})


def test_a_form_is_encoded_and_may_carry_json():
    filled = placeholders.in_form(
        'Phone={number}\nItems={"contact_id": "{number}", "status": "{value}"}',
        {"number": "+1415", "value": "opt-out&x=1"},
    )
    fields = parse_qs(filled)
    assert fields["Phone"] == ["+1415"]
    assert json.loads(fields["Items"][0]) == {"contact_id": "+1415", "status": "opt-out&x=1"}


def test_a_form_line_without_a_name_is_refused():
    with pytest.raises(BadTemplate, match="name=value"):
        placeholders.in_form("Phone", {})


def test_an_unknown_placeholder_is_named_with_those_that_are_known():
    with pytest.raises(BadTemplate, match=r"\{phone\} is no placeholder here\. Known: \{number\}, \{ref\}"):
        placeholders.check("/x/{phone}", {"number", "ref"})


ANSWER = {
    "data": {"attributes": {"sms": {"consent": "SUBSCRIBED"}}, "flag": False},
    "results": [{"channel": "EMAIL", "status": "IN"}, {"channel": "SMS", "id": 7, "status": "OUT"}],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("data.attributes.sms.consent", "SUBSCRIBED"),
        ("data.flag", False),
        ("results.0.status", "IN"),
        ("results.9.status", MISSING),
        ("results[channel=SMS].status", "OUT"),
        ("results[id=7].status", "OUT"),
        ("results[channel=FAX].status", MISSING),
        ("data.attributes.sms.consent.deeper", MISSING),
        ("nothing", MISSING),
    ],
)
def test_a_path_leads_to_a_value(path, found):
    assert find(path, ANSWER) is found or find(path, ANSWER) == found


@pytest.mark.parametrize("path", ["", "a..b", "a.", "results[channel]", "a[b=c"])
def test_a_path_that_cannot_be_followed_is_refused(path):
    with pytest.raises(BadTemplate):
        placeholders.check_path(path)


def test_a_path_through_text_or_nothing_finds_nothing():
    assert find("a.b", None) is MISSING
    assert find("0", ["x"]) == "x"
