"""The shortcut and phonenumbers must read every cell alike: number, type, region, extension and warnings."""

import random
from collections.abc import Iterator
from functools import cache

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberFormat, PhoneNumberType

from consent.numbers import NumberCell, read_number
from consent.numbers.clean import clean
from consent.numbers.fast import fast_cell
from consent.numbers.judge import judge

SLICES = 12
CASES = 300_000
PLACES = [(code, region) for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() for region in regions]
DIALLABLE = [region for _, region in PLACES if region != "001"]
# Written by people abroad and at home; {n} the national number, {t} the trunk prefix, {c} the calling code.
FORMS = (
    "+{c}{n}",
    "+{c}{n}",
    "+{c} {s}",
    "+{c} (0){n}",
    "+{c}{t}{n}",
    "{n}",
    "{s}",
    "{t}{n}",
    "{t} {s}",
    "{c}{n}",
    "{c}{t}{n}",
    "00{c}{n}",
    "011{c}{n}",
    "00 {c} {s}",
    "{s} x12",
    "{t}{n} ext. 345",
    "+{c} {s} extension 6",
    "{t}{n}.0",
    " {n}.00 ",
)
KINDS = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
    "mobile",
)


def carefully(raw: str, region: str | None) -> NumberCell:
    """The reading without the shortcut."""
    text, found, refused = clean(raw)
    return NumberCell(None, refused, warnings=found) if refused else judge(text, region, found)


def shortcut(raw: str, region: str | None) -> NumberCell | None:
    """What the shortcut makes of the cell as it stands or cleaned."""
    text, found, _ = clean(raw)
    return fast_cell(raw, region) or fast_cell(text, region, found)


@pytest.mark.parametrize("part", range(SLICES))
def test_the_shortcut_never_disagrees_with_phonenumbers_in_any_region(part: int):
    cases = generated(part)
    assert len(cases) >= CASES / SLICES
    disagreements = []
    for position, (raw, region) in enumerate(cases):
        # What the shortcut leaves is read carefully in any case: a sample of it will do.
        if shortcut(raw, region) is None and position % 10:
            continue
        cell, slow = read_number(raw, region), carefully(raw, region)
        if cell != slow:
            disagreements.append((raw, region, cell, slow))
    assert disagreements[:5] == []


def test_the_cases_hold_many_numbers_the_shortcut_takes_and_many_it_leaves():
    cases = generated(0)
    taken = sum(shortcut(raw, region) is not None for raw, region in cases)
    assert 0.25 < taken / len(cases) < 0.75


@pytest.mark.parametrize(("code", "region"), PLACES)
def test_the_shortcut_takes_every_kind_of_number_of_every_region(code: int, region: str):
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    # Fewer than seven digits are left to the careful path: they may be a short code.
    for example in examples(metadata):
        assert len(f"{code}{example}") < 7 or fast_cell(f"+{code}{example}", None) is not None
        assert len(example) < 7 or region == "001" or fast_cell(example, region) is not None


@pytest.mark.parametrize(
    ("raw", "region"),
    [
        ("(415) 555-2671", "US"),
        ("1.415.555.2671", "US"),
        ("07400 123456", "GB"),
        ("+44 (0)7400 123456", "US"),
        ("0044 7400 123456", "DE"),
        ("011 15-2345-6789", "AR"),  # the trunk prefix is rewritten, not just removed
        ("0 15 11 96123-4567", "BR"),
        ("415-555-2671 ext. 12", "US"),
    ],
)
def test_the_shortcut_takes_the_usual_spellings(raw: str, region: str):
    assert fast_cell(raw, region) == carefully(raw, region)


@cache
def generated(part: int) -> tuple[tuple[str, str | None], ...]:
    """Every region's kinds of number, at and near their possible lengths, in many spellings; none twice."""
    rng = random.Random(part)
    cases: dict[tuple[str, str | None], None] = {}
    while len(cases) < CASES / SLICES:
        for code, region in PLACES[part::SLICES]:
            cases.update(dict.fromkeys(around(rng, code, region)))
    return tuple(cases)


def around(rng: random.Random, code: int, region: str) -> Iterator[tuple[str, str | None]]:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    trunk = metadata.national_prefix or rng.choice(("0", "1", "8", "9"))
    for example in examples(metadata):
        for national in (
            resembling(rng, example),
            resembling(rng, example),
            boundary(rng, example, metadata),
        ):
            form = rng.choice(FORMS)
            raw = form.format(c=code, n=national, s=separated(rng, national), t=trunk)
            own = region if region != "001" else None
            yield raw, rng.choice((own, own, None, rng.choice(DIALLABLE)))


def examples(metadata: PhoneMetadata) -> list[str]:
    """One example of every kind of number the region has."""
    kinds = (getattr(metadata, kind) for kind in KINDS)
    return [kind.example_number for kind in kinds if kind is not None and kind.example_number]


def resembling(rng: random.Random, example: str) -> str:
    """The same length, the first digits kept: mostly valid."""
    kept = rng.randrange(1, len(example) + 1)
    return example[:kept] + digits(rng, len(example) - kept)


def boundary(rng: random.Random, example: str, metadata: PhoneMetadata) -> str:
    """A length on, just under or just over a possible one."""
    desc = metadata.general_desc
    size = rng.choice((*desc.possible_length, *desc.possible_length_local_only)) + rng.choice((-1, 0, 0, 1))
    return (example[: rng.randrange(1, 5)] + digits(rng, 17))[:size]


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def separated(rng: random.Random, number: str) -> str:
    """Groups of digits with the separators people use."""
    cut, second = sorted((rng.randrange(1, 5), rng.randrange(3, 9)))
    form = rng.choice(("{} {} {}", "({}) {}-{}", "{}-{}-{}", "{}.{}.{}", "{} {}{}"))
    return form.format(number[:cut], number[cut:second], number[second:])


def test_the_shortcut_says_what_phonenumbers_says_when_asked_directly():
    rng = random.Random(7)
    agreed = 0
    for raw, region in rng.sample(generated(3), 8_000):
        cell = fast_cell(raw, region)
        if cell is not None:
            number = phonenumbers.parse(raw, region)
            assert phonenumbers.is_valid_number(number), raw
            assert cell.e164 == phonenumbers.format_number(number, PhoneNumberFormat.E164)
            assert cell.region == phonenumbers.region_code_for_number(number)
            assert cell.line_type == PhoneNumberType.to_string(phonenumbers.number_type(number))
            assert cell.extension == number.extension
            agreed += 1
    assert agreed > 1_000


@given(
    raw=st.text(alphabet="+0123456789 ().-x", min_size=1, max_size=24),
    region=st.sampled_from([None, "US", "GB", "DE", "AR", "BR", "IT", "RU", "GG", "NF", "JP"]),
)
@settings(max_examples=1_500, deadline=None)
def test_any_run_of_digits_and_separators_is_read_alike(raw: str, region: str | None):
    assert read_number(raw, region) == carefully(raw, region)


@given(
    digits=st.text(alphabet="0123456789", min_size=6, max_size=16), region=st.sampled_from([None, "US", "FR"])
)
@settings(max_examples=1_500, deadline=None)
def test_anything_shaped_like_e164_is_read_alike(digits: str, region: str | None):
    assert read_number(f"+{digits}", region) == carefully(f"+{digits}", region)


@given(raw=st.text(max_size=40), region=st.sampled_from([None, "US", "DE"]))
@settings(max_examples=1_000, deadline=None)
def test_no_text_whatever_is_an_accident(raw: str, region: str | None):
    cell = read_number(raw, region)
    assert (cell.e164 is None) != (cell.reason is None)
    assert cell == carefully(raw, region)
