"""Phone cells: what spreadsheets did to them is undone, what cannot be known is refused, never guessed."""

import json
from pathlib import Path

import pytest

from consent.numbers import (
    NumberCell,
    NumberReader,
    NumberWarning,
    Reason,
    UnknownRegion,
    explain,
    read_number,
)

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "cases" / "phones.jsonl").read_text("utf-8").splitlines()
]
US = "+14155552671"


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']}-{case['category']}" for case in CASES])
def test_worked_case(case):
    cell = read_number(case["raw"], case["default_region"])
    expected = case["expected"]
    assert (cell.e164, cell.reason) == (expected["e164"], expected["reason"])
    assert (cell.line_type, cell.region) == (expected["type"], expected["region"])
    assert cell.extension == expected.get("ext")
    assert set(case.get("warnings", [])) <= set(cell.warnings)


@pytest.mark.parametrize(
    ("raw", "warnings"),
    [
        ("'4155552671", ["leading_apostrophe"]),
        ("’+14155552671", ["leading_apostrophe"]),
        ("＇4155552671", ["leading_apostrophe"]),
        ('="4155552671"', ["formula_cell"]),
        ('=""4155552671""', ["formula_cell"]),
        ("=+14155552671", ["formula_cell"]),
        ('"\'4155552671"', ["leading_apostrophe"]),
        ('"(415) 555-2671"', []),
        ("4155552671.0", ["float_suffix"]),
        ("+14155552671.00", ["float_suffix"]),
        (" 4155552671.0 ", ["float_suffix"]),
        ("4155552671,0", ["float_suffix"]),
        ("'4155552671.0", ["leading_apostrophe", "float_suffix"]),
        ("4.155552671E+09", ["exact_scientific"]),
        ("1.4155552671e10", ["exact_scientific"]),
        ("4.15555267100E+9", ["exact_scientific"]),
        ("４１５－５５５－２６７１", []),
        ("＋１（４１５）５５５２６７１", []),
        ("٤١٥٥٥٥٢٦٧١", []),
        ("๔๑๕๕๕๕๒๖๗๑", []),
        ("+१ ४१५ ५५५ २६७१", []),
        ("+1\u00a0415\u2009555\u202f2671", []),
        ("\u200b415\u200d555\u20602671\ufeff", []),
        ("\u202a+1 415-555-2671\u202c", []),
        ("\u200f4155552671", []),
        ("415\u2010555\u20112671", []),
        ("415—555−2671", []),
        ("4155552671\x00", []),
        ("tel:+1-415-555-2671", []),
        ("TEL: 415 555 2671", []),
        ("sms:+14155552671?body=hello", []),
        ("smsto:+14155552671", []),
        ("tel:415-555-2671;phone-context=+1", []),
    ],
)
def test_what_a_spreadsheet_or_page_wrapped_around_a_number_is_removed_and_said(raw, warnings):
    cell = read_number(raw, "US")
    assert (cell.e164, list(cell.warnings)) == (US, warnings)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "empty"),
        (" \t\n", "empty"),
        ("\u00a0\u3000", "empty"),
        ("\u200b\u200f\ufeff", "empty"),
        ("'", "empty"),
        ('=""', "empty"),
        ("1.41556E+10", "scientific_notation"),
        ("1,41556E+10", "scientific_notation"),
        ("4.15555267E+09", "scientific_notation"),  # one digit is missing: it need not have been a 0
        ("4E+09", "scientific_notation"),
        ("4.155552671E-09", "scientific_notation"),
        ("4.1555526715E+09", "scientific_notation"),  # not a whole number
        ("'4.47E+11", "scientific_notation"),
        ("4111 1111 1111 1111", "too_long"),
        ("41555526710000000", "too_long"),
        ("#REF!", "not_a_number"),
        ("john4155552671@example.com", "not_a_number"),
        ("4155552671²", "not_a_number"),  # a footnote mark is no digit
        ("415-555-267", "too_short"),
        ("555-2671", "too_short"),
        ("(555) 555-5555", "not_valid"),
        ("+999 123 456 789", "no_country"),
    ],
)
def test_what_holds_no_number_is_refused_with_the_reason(raw, reason):
    assert read_number(raw, "US").reason == reason
    assert read_number(raw, "US").e164 is None


@pytest.mark.parametrize(
    ("raw", "region"),
    [
        ("415-555-2671; 415-555-2672", "US"),
        ("4155552671;4155552672", "US"),  # to phonenumbers the second is an extension of the first
        ("0301234,0305678", "DE"),
        ("415-555-2671 x 415-555-2672", "US"),
        ("415-555-2671 or 415-555-2672", "US"),
        ("415-555-2671 or 2672", "US"),
        ("415-555-2671/2672", "US"),
        ("+49 30 123456/57", "DE"),  # valid to phonenumbers, with the 57 added to the number
        ("415-555-2671\n415-555-2672", "US"),
        ("415-555-2671 (cell), 415-555-2672 (home)", "US"),
        ("415-555-2671, 415-555-2672, 415-555-2673", "US"),
        ("1415555267114155552672", "US"),
        ("+447400123456+447400123457", None),
        ("030 1234567 oder 030 7654321", "DE"),
    ],
)
def test_of_two_numbers_in_a_cell_none_is_picked(raw, region):
    assert read_number(raw, region) == NumberCell(None, Reason.MULTIPLE_NUMBERS)


@pytest.mark.parametrize(
    ("raw", "region", "e164"),
    [
        ("+49 30/123456", "DE", "+4930123456"),
        ("1/415/555/2671", "US", US),
        ("+49 30 123456-22", "DE", "+493012345622"),
    ],
)
def test_slashes_and_hyphens_inside_one_number_are_no_second_number(raw, region, e164):
    assert read_number(raw, region).e164 == e164


@pytest.mark.parametrize(
    ("raw", "region"),
    [
        ("262966", "US"),
        ("262-966", "US"),
        ("40404", None),
        ("911", "US"),
        ("*67", "US"),
        ("*#06#", "GB"),
        ("72266", "DE"),  # a valid landline to phonenumbers
        ("131450", "AU"),
    ],
)
def test_short_codes_are_nobodys_phone(raw, region):
    assert read_number(raw, region).reason == Reason.SHORT_CODE


@pytest.mark.parametrize(
    ("raw", "region", "e164"),
    [("4002", "NU", "+6834002"), ("201234", "FO", "+298201234"), ("31234", "KI", "+68631234")],
)
def test_where_telephones_have_short_numbers_they_are_numbers(raw, region, e164):
    assert read_number(raw, region).e164 == e164


def test_a_date_that_lost_its_format_is_no_short_code():
    assert read_number("45366", "US").reason == Reason.TOO_SHORT


@pytest.mark.parametrize(
    ("raw", "region", "e164", "warnings"),
    [
        ("Cell: 415-555-2671", "US", US, {"label"}),
        ("415-555-2671 m", "US", US, {"label"}),
        ("415-555-2671 - work", "US", US, {"label"}),
        ("415-555-2671 (Bob's phone)", "US", US, {"label"}),
        ("+49 30 123456 (Büro)", "DE", "+4930123456", {"label", "landline"}),
        ("+7 912 345-67-89 моб", None, "+79123456789", {"label"}),
        ("+49 30 1234 (taxi)", "DE", "+49301234", {"label", "landline"}),
        ("415-555-2671 DNC", "US", US, {"label", "do_not_contact"}),
        ("415-555-2671 (don't text!)", "US", US, {"label", "do_not_contact"}),
        ("opted out 415-555-2671", "US", US, {"label", "do_not_contact"}),
    ],
)
def test_words_beside_a_number_are_kept_out_of_it_and_said(raw, region, e164, warnings):
    cell = read_number(raw, region)
    assert (cell.e164, set(cell.warnings)) == (e164, warnings)


@pytest.mark.parametrize("raw", ["1-800-FLOWERS", "1-800-356-9377", "1 800 FLOWERS"])
def test_vanity_letters_are_digits(raw):
    cell = read_number(raw, "US")
    assert cell.e164 == "+18003569377"
    assert (NumberWarning.VANITY in cell.warnings) == ("FLOWERS" in raw)


@pytest.mark.parametrize(
    "raw",
    [
        "+49 30 12345O6",  # phonenumbers drops the O, and with it a digit
        "+49 30 123456 neu",  # valid with the letters dialled and valid without them
    ],
)
def test_letters_of_unclear_meaning_are_refused(raw):
    assert read_number(raw, "DE").reason == Reason.LETTERS


@pytest.mark.parametrize(
    ("raw", "extension"),
    [
        ("415-555-2671 x12", "12"),
        ("(415) 555-2671 ext. 4455", "4455"),
        ("415-555-2671 #9", "9"),
        ("+1 415 555 2671;ext=7", "7"),
        ("415-555-2671,123", "123"),
        ("415-555-2671 x12 (work)", "12"),
    ],
)
def test_an_extension_is_kept_apart_and_warned_about(raw, extension):
    cell = read_number(raw, "US")
    assert (cell.e164, cell.extension) == (US, extension)
    assert NumberWarning.EXTENSION in cell.warnings


@pytest.mark.parametrize(
    ("e164", "fictitious"),
    [
        ("+14155550100", True),
        ("+14155550199", True),
        ("+14155550200", False),
        ("+18005550199", True),
        ("+18005550128", False),  # only one toll-free number is reserved
        ("+442079460999", True),
        ("+442079461000", False),
        ("+61491570006", True),
        ("+61491570007", False),
        ("+33199001234", True),
        ("+493023125999", True),
        ("+46701740605", True),
        ("+46701740604", False),
    ],
)
def test_numbers_kept_for_films_are_said_to_be_nobodys(e164, fictitious):
    assert (NumberWarning.FICTITIOUS in read_number(e164, None).warnings) == fictitious


@pytest.mark.parametrize(
    ("raw", "region", "warnings"),
    [
        ("+447400123456", "GB", ()),
        ("+447400123456", None, ()),
        ("+447400123456", "US", ("country_mismatch",)),
        ("011 44 7400 123456", "US", ("country_mismatch",)),
        ("876-234-5678", "US", ("country_mismatch",)),  # Jamaica, dialled as at home
        ("020 7123 4567", "GB", ("landline",)),
        ("800-234-5678", "US", ("toll_free",)),
        ("900-234-5678", "US", ("premium",)),
        ("901 23 45 67", "ES", ("shared_cost",)),
    ],
)
def test_doubtful_lines_are_kept_with_a_warning(raw, region, warnings):
    cell = read_number(raw, region)
    assert cell.reason is None
    assert cell.warnings == warnings


@pytest.mark.parametrize(
    ("raw", "region", "e164"),
    [
        ("+44 (0)7400 123456", "US", "+447400123456"),
        ("0044 (0) 7400 123456", "GB", "+447400123456"),
        ("89123456789", "RU", "+79123456789"),
        ("011 15-2345-6789", "AR", "+5491123456789"),
        ("0 15 11 96123-4567", "BR", "+5511961234567"),
        ("02 1234 5678", "IT", "+390212345678"),
        ("456789", "GG", None),
        ("14110011", "AU", None),  # an exit code and nothing after it
    ],
)
def test_numbers_are_dialled_as_in_their_country(raw, region, e164):
    assert read_number(raw, region).e164 == e164


@pytest.mark.parametrize(
    "raw", ["4" * 100_000, "4 " * 50_000, "(" * 100_000, "41 cell " * 20_000, "=" + '"' * 100_000]
)
def test_a_cell_of_any_length_is_answered(raw):
    assert read_number(raw, "US").e164 is None


@pytest.mark.parametrize("region", ["us", " US ", "Us"])
def test_regions_are_read_in_any_case(region):
    assert read_number("(415) 555-2671", region).e164 == US


def test_without_a_country_only_numbers_with_a_plus_are_read():
    assert read_number("(415) 555-2671", None).reason == Reason.NO_COUNTRY
    assert read_number("(415) 555-2671", "").reason == Reason.NO_COUNTRY
    assert read_number("+1 415 555 2671", None).e164 == US


def test_an_unknown_region_is_said_in_words_with_the_likely_one():
    with pytest.raises(UnknownRegion, match='Unknown region "UK": did you mean GB'):
        read_number("+14155552671", "UK")
    with pytest.raises(UnknownRegion, match="two letters"):
        NumberReader("Narnia")
    with pytest.raises(UnknownRegion, match='"ZZ"'):
        NumberReader("US").read("4155552671", "ZZ")


def test_a_reader_uses_the_rows_country_before_the_files():
    reader = NumberReader("US")
    assert reader.read("07400 123456", "GB").e164 == "+447400123456"
    assert reader.read("07400 123456").reason == Reason.TOO_LONG
    assert reader.read("(415) 555-2671", "").e164 == US
    assert reader.read("(415) 555-2671").e164 == US


def test_a_reader_remembers_but_not_without_limit():
    reader = NumberReader("US", remember=3)
    first = reader.read("(415) 555-2671")
    assert reader.read("(415) 555-2671") is first
    for line in range(4):
        reader.read(f"415555267{line}")
    assert reader.read("(415) 555-2671") == first
    assert reader.read("(415) 555-2671") is not first


def explained(raw: str, region: str | None = "US") -> str:
    return explain(read_number(raw, region), raw)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("", "The cell is empty"),
        ("n/a", "“n/a” is not a phone number"),
        ("+999 123456", "does not say which country"),
        ("555-2671", "7 digits, too few"),
        ("45366", "may be a date"),
        ("2024-03-15", "may be a date"),
        ("415-555-26711", "11 digits, too many"),
        ("41555526710000000", "after the fifteenth"),
        ("123-456-7890", "no such number exists"),
        ("1.41556E+10", "column formatted as text"),
        ("415-555-2671/72", "more than one number"),
        ("262966", "short code"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_how_to_mend_it(raw, words):
    assert words in explained(raw)


def test_letters_of_unclear_meaning_are_explained():
    assert "digits only" in explained("+49 30 12345O6", "DE")


def test_a_long_cell_is_quoted_in_one_short_line():
    assert explained("call\nme " * 50).startswith("“call me call me call me call me call me…” is not")


def test_warnings_are_explained_and_a_number_without_doubt_needs_no_words():
    assert explained("+447400123456", "GB") == ""
    assert explained("'+44 20 7123 4567 x5") == (
        "+442071234567: an apostrophe before the number was removed; extension 5 cannot be reached by text "
        "and is kept apart; this is a landline and probably receives no texts; the number belongs to GB, not "
        "to the country declared for its row."
    )
    assert "belongs to no country" in explained("+800 1234 5678")


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words(reason):
    assert explain(NumberCell(None, reason), "4").endswith(".")


@pytest.mark.parametrize("warning", list(NumberWarning))
def test_every_warning_has_words(warning):
    assert explain(NumberCell(US, warnings=(warning,)), US).startswith(f"{US}: ")
