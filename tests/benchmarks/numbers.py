"""Phone cells per core: reading them here, and plain phonenumbers on the same cells in the same run.

The plain side parses, asks whether the number is valid and formats it: what one would write without this
package. Ours also says region, type and warnings. The memory of cells already read (NumberReader) is left out
on purpose.
"""

import random
import statistics
import time
from collections.abc import Callable

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from consent.numbers import read_number

ROUNDS = 7
MIXED_CELLS = 20_000
E164_CELLS = 10_000
# Where the cells come from: mostly US and British, and six countries more.
REGIONS = {"US": 50, "GB": 20, "CA": 5, "DE": 5, "FR": 5, "IN": 5, "BR": 5, "AU": 5}

Cell = tuple[str, str]


def main() -> int:
    """Print ratios and rates as least/median/most of interleaved rounds; 1 if a median misses its goal."""
    rng = random.Random(20260301)
    missed = False
    for name, cells, goal in (
        ("mixed cells", mixed_cells(rng, MIXED_CELLS), 3.5),
        ("already E.164", [e164_cell(rng) for _ in range(E164_CELLS)], 8.0),
    ):
        read_here(cells)  # both sides compile their patterns when first asked
        read_with_phonenumbers(cells)
        rates = [(rate(read_with_phonenumbers, cells), rate(read_here, cells)) for _ in range(ROUNDS)]
        ratios = sorted(here / plain for plain, here in rates)
        print(
            f"phone cells, {name}: {spread(ratios, '.1f')}x plain phonenumbers (goal {goal}x); "
            f"cells/s per core: here {spread([here for _, here in rates], ',.0f')}, "
            f"phonenumbers {spread([plain for plain, _ in rates], ',.0f')}"
        )
        missed = missed or statistics.median(ratios) < goal
    return int(missed)


def read_here(cells: list[Cell]) -> None:
    for raw, region in cells:
        read_number(raw, region)


def read_with_phonenumbers(cells: list[Cell]) -> None:
    for raw, region in cells:
        try:
            number = phonenumbers.parse(raw, region)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            phonenumbers.format_number(number, PhoneNumberFormat.E164)


def rate(read: Callable[[list[Cell]], None], cells: list[Cell]) -> float:
    """Cells per second of processor time, so that other work on the machine counts less."""
    started = time.process_time()
    read(cells)
    return len(cells) / (time.process_time() - started)


def spread(values: list[float], form: str) -> str:
    return f"{min(values):{form}}/{statistics.median(values):{form}}/{max(values):{form}}"


def mixed_cells(rng: random.Random, count: int) -> list[Cell]:
    """Half are E.164 already; the rest is what people and spreadsheets make of numbers."""
    ways: dict[Callable[[random.Random], Cell], int] = {
        e164_cell: 50,
        lambda rng: national(rng, "US"): 18,
        lambda rng: national(rng, pick_region(rng)): 8,
        lambda rng: written(rng, "{international}"): 8,
        exit_code_cell: 2,
        lambda rng: (f"+44 (0){_valid(rng, 'GB').national_number}", "GB"): 2,
        lambda rng: written(rng, "{national} ext. 12"): 1,
        lambda rng: written(rng, "tel:{e164}"): 2,
        lambda rng: written(rng, "{digits}.0"): 3,
        full_width_cell: 1,
        lambda rng: ("4.15E+09", "US"): 1,
        lambda rng: ("", "US"): 2,
        lambda rng: (f"{rng.randrange(10**9):09}", "US"): 1,
        lambda rng: (f"(555) {rng.randrange(100, 999)}-{rng.randrange(10**4):04}", "US"): 1,
    }
    return [way(rng) for way in rng.choices(list(ways), list(ways.values()), k=count)]


def pick_region(rng: random.Random) -> str:
    return rng.choices(list(REGIONS), list(REGIONS.values()))[0]


def e164_cell(rng: random.Random) -> Cell:
    return written(rng, "{e164}")


def national(rng: random.Random, region: str) -> Cell:
    """Written as at home; in North America in one of the usual five ways."""
    number = _valid(rng, region)
    if region not in ("US", "CA"):
        return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL), region
    digits = str(number.national_number)
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    form = rng.choice(["({}) {}-{}", "{}-{}-{}", "{}.{}.{}", "{}{}{}", "1-{}-{}-{}"])
    return form.format(area, exchange, line), region


def written(rng: random.Random, form: str) -> Cell:
    region = pick_region(rng)
    number = _valid(rng, region)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return (
        form.format(
            e164=e164,
            digits=e164[1:],
            national=phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL),
            international=phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
        ),
        region,
    )


def exit_code_cell(rng: random.Random) -> Cell:
    raw, _ = written(rng, "00{digits}")
    return raw, "GB"


def full_width_cell(rng: random.Random) -> Cell:
    raw, region = e164_cell(rng)
    return raw.translate({ord(char): ord(char) + 0xFEE0 for char in "+0123456789"}), region


def _valid(rng: random.Random, region: str) -> PhoneNumber:
    """A valid mobile number: the example of the region with other digits at its end."""
    kind = PhoneNumberType.FIXED_LINE if region in ("US", "CA") else PhoneNumberType.MOBILE
    example = phonenumbers.example_number_for_type(region, kind)
    while True:
        changed = PhoneNumber(
            example.country_code, example.national_number // 10**6 * 10**6 + rng.randrange(10**6)
        )
        if phonenumbers.is_valid_number(changed):
            return changed


if __name__ == "__main__":
    main()
