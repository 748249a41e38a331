"""A shortcut past phonenumbers for cells of certain shape: a plus sign or a declared country, digits, and
spaces, dots, hyphens or parentheses between them.

Nothing here knows a country. The patterns of every calling code are compiled, when first needed, from the
metadata of the installed phonenumbers, so an upgrade of the library cannot drift away from the shortcut. The
shortcut only ever says "valid, and this is the number" or nothing; phonenumbers then decides and gives the
reason. A differential test holds the two to the same answer.
"""

import re
from functools import cache
from typing import Final, NamedTuple

from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    PhoneMetadata,
    PhoneNumberDesc,
    PhoneNumberType,
    country_code_for_region,
)

from consent.numbers.cell import NumberCell, NumberWarning, warnings_about
from consent.numbers.fictitious import RESERVED

# E.164 allows 15 digits; the shortest international numbers in use have 7.
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
# Written with separators. A single "1234567.0" is a damaged integer, which the careful path mends first.
_PLAIN: Final = re.compile(r"(?! *\+?[0-9]+\.0{1,2} *\Z)[ (.\-]*(\+?)([0-9][0-9 ().\-]{5,30})")
_EXTENSION: Final = re.compile(
    r"([+0-9 ().\-]{7,24}?) ?(?:ext(?:\.|ension)?|x) ?([0-9]{1,6})", re.IGNORECASE | re.ASCII
)
_SEPARATORS: Final = str.maketrans("", "", " ().-")


class Line(NamedTuple):
    """What the numbering plan says about a valid number."""

    line_type: str
    region: str


class _Plan:
    """How numbers are dialled inside one region: exit code, trunk prefix, possible lengths."""

    def __init__(self, metadata: PhoneMetadata) -> None:
        general = metadata.general_desc
        assert general is not None, "every region has a general pattern"
        self.code = str(metadata.country_code)
        self.exit = re.compile(metadata.international_prefix or r"(?!)", re.ASCII)
        self.general = re.compile(general.national_number_pattern or r"(?!)", re.ASCII)
        prefix = metadata.national_prefix_for_parsing
        self.trunk = re.compile(prefix, re.ASCII) if prefix else None
        self.transform = metadata.national_prefix_transform_rule
        self.lengths = frozenset(general.possible_length)
        self.local_lengths = frozenset(general.possible_length_local_only)
        self.longest = max(self.lengths)

    def dial(self, digits: str) -> str:
        """The number, with its calling code and valid or not, that these digits reach when dialled here."""
        exit_code = self.exit.match(digits)
        # No calling code begins with 0, so what looked like an exit code was part of the number.
        if exit_code and digits[exit_code.end() : exit_code.end() + 1] != "0":
            return international("+" + digits[exit_code.end() :])
        if digits.startswith(self.code):
            rest = self._without_trunk(digits[len(self.code) :])
            foreign = not self.general.fullmatch(digits) and self.general.fullmatch(rest)
            if foreign or self._too_long(digits):
                return international(f"+{self.code}{rest}")
        return f"+{self.code}{self.significant(digits)}"

    def significant(self, number: str) -> str:
        """The number without its trunk prefix, if what remains is long enough to be a number."""
        bare = self._without_trunk(number)
        size = len(bare)
        fits = size not in self.local_lengths and (size in self.lengths or size > self.longest)
        return bare if fits else number

    def _too_long(self, number: str) -> bool:
        return len(number) not in self.local_lengths and len(number) > self.longest

    def _without_trunk(self, number: str) -> str:
        prefix = self.trunk.match(number) if self.trunk and number else None
        if prefix is None or self.trunk is None:
            return number
        if self.transform and prefix.groups() and prefix.groups()[-1] is not None:
            bare = self.trunk.sub(self.transform, number, count=1)
        else:
            bare = number[prefix.end() :]
        # A number that fits the plan as it stands is not taken apart into one that does not.
        if self.general.fullmatch(number) and not self.general.fullmatch(bare):
            return number
        return bare


class _CallingCode:
    """All regions behind one calling code, and the patterns that tell them and their types of line apart."""

    def __init__(self, code: int) -> None:
        self.code = str(code)
        self.start = len(self.code) + 1
        self.regions = COUNTRY_CODE_TO_REGION_CODE[code]
        self.plan = _Plan(_metadata(self.regions[0], code))
        self.trunk = self.plan.trunk
        self.reserved = RESERVED.get(self.code)
        self.by_length: dict[int, tuple[re.Pattern[str], tuple[Line | None, ...]]] = {}

    def significant(self, number: str) -> str:
        """The number without a trunk prefix left in after its calling code: +44 (0)7400 is +447400."""
        if self.trunk is None or not self.trunk.match(number, self.start):
            return number
        return number[: self.start] + self.plan.significant(number[self.start :])

    def cell(
        self, number: str, region: str | None, found: tuple[str, ...], extension: str | None = None
    ) -> NumberCell | None:
        """The cell of a number of this calling code; None if the number is not valid."""
        size = len(number)
        known = self.by_length.get(size)
        if known is None:
            known = self.by_length[size] = self._compile(size - self.start)
        pattern, lines = known
        match = pattern.fullmatch(number)
        line = lines[match.lastindex or 0] if match else None
        if line is None:
            return None
        fictitious = self.reserved is not None and self.reserved.fullmatch(number) is not None
        warnings = warnings_about(line.line_type, fictitious, region is not None and region != line.region)
        if found or extension:
            warnings = (*found, *([NumberWarning.EXTENSION] if extension else ()), *warnings)
        return NumberCell(number, None, line.line_type, line.region, extension, warnings)

    def _compile(self, length: int) -> tuple[re.Pattern[str], tuple[Line | None, ...]]:
        """One pattern for all national numbers of this length; the group that matched names the line.

        Regions are tried in phonenumbers' order, and within a region types in phonenumbers' order.
        """
        branches: list[str] = []
        lines: list[Line | None] = [None]
        for region in self.regions:
            metadata = _metadata(region, int(self.code))
            # Leading digits settle the region, whether or not the rest of the number is valid there.
            leading = metadata.leading_digits if len(self.regions) > 1 else None
            guard = f"(?={leading})" if leading else ""
            general = _pattern(metadata.general_desc, length)
            types = _types(metadata, length)
            if general and types:
                kinds = "|".join(f"({pattern})" for pattern, _ in types)
                branches.append(rf"{guard}(?=(?:{general})\Z)(?:{kinds})")
                lines += [Line(line_type, region) for _, line_type in types]
            if leading:
                branches.append(rf"{guard}(\d*)")
                lines.append(None)
        pattern = re.compile(rf"\+{self.code}(?:{'|'.join(branches) or '(?!)'})", re.ASCII)
        assert pattern.groups == len(lines) - 1, "a metadata pattern captures groups of its own"
        return pattern, tuple(lines)


@cache
def _calling_code(code: int) -> _CallingCode:
    return _CallingCode(code)


def _types(metadata: PhoneMetadata, length: int) -> list[tuple[str, str]]:
    """(pattern, type name) in the order in which phonenumbers asks."""
    special = [
        (metadata.premium_rate, PhoneNumberType.PREMIUM_RATE),
        (metadata.toll_free, PhoneNumberType.TOLL_FREE),
        (metadata.shared_cost, PhoneNumberType.SHARED_COST),
        (metadata.voip, PhoneNumberType.VOIP),
        (metadata.personal_number, PhoneNumberType.PERSONAL_NUMBER),
        (metadata.pager, PhoneNumberType.PAGER),
        (metadata.uan, PhoneNumberType.UAN),
        (metadata.voicemail, PhoneNumberType.VOICEMAIL),
    ]
    patterns = [(_pattern(desc, length), kind) for desc, kind in special]
    fixed, mobile = _pattern(metadata.fixed_line, length), _pattern(metadata.mobile, length)
    if metadata.same_mobile_and_fixed_line_pattern:
        patterns.append((fixed, PhoneNumberType.FIXED_LINE_OR_MOBILE))
    else:
        either = rf"(?=(?:{fixed})\Z)(?:{mobile})" if fixed and mobile else None
        patterns.append((either, PhoneNumberType.FIXED_LINE_OR_MOBILE))
        patterns.append((fixed, PhoneNumberType.FIXED_LINE))
        patterns.append((mobile, PhoneNumberType.MOBILE))
    return [(pattern, PhoneNumberType.to_string(kind)) for pattern, kind in patterns if pattern]


def _pattern(desc: PhoneNumberDesc | None, length: int) -> str | None:
    """The pattern of one kind of number; None if the kind does not exist or has no numbers of this length."""
    if desc is None or (desc.possible_length and length not in desc.possible_length):
        return None
    return desc.national_number_pattern or None


def _metadata(region: str, code: int) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    assert metadata is not None, f"phonenumbers lists {region} under +{code} and has no rules for it"
    return metadata


@cache
def plan_for(region: str) -> _Plan:
    """How numbers are dialled in a region."""
    return _Plan(_metadata(region, country_code_for_region(region)))


class _CallingCodes(dict[str, _CallingCode | None]):
    """The calling code of a number by its first three digits; no code is the beginning of another."""

    def __missing__(self, digits: str) -> _CallingCode | None:
        sizes = () if digits[:1] in ("", "0") else (1, 2, 3)
        codes = [int(digits[:size]) for size in sizes if int(digits[:size]) in COUNTRY_CODE_TO_REGION_CODE]
        self[digits] = _calling_code(codes[0]) if codes else None
        return self[digits]


_CODES: Final = _CallingCodes()


def international(number: str) -> str:
    """A number with its calling code, without a trunk prefix left in after it."""
    code = _CODES[number[1:4]]
    return code.significant(number) if code else number


def fast_cell(text: str, region: str | None, found: tuple[str, ...] = ()) -> NumberCell | None:
    """The number in a cell of certain shape; None when phonenumbers has to look.

    `found` are the warnings that cleaning the cell has already raised.
    """
    if _E164.fullmatch(text):
        code = _CODES[text[1:4]]
        return code.cell(code.significant(text), region, found) if code else None
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        return _written_out(plain, region, found)
    parts = _EXTENSION.fullmatch(text)
    plain = _PLAIN.fullmatch(parts[1]) if parts else None
    if parts is None or plain is None:
        return None
    return _written_out(plain, region, found, extension=parts[2])


def _written_out(
    plain: re.Match[str], region: str | None, found: tuple[str, ...], extension: str | None = None
) -> NumberCell | None:
    """A number with separators: after a plus, or as dialled in the declared country."""
    digits = plain[2].translate(_SEPARATORS)
    if not 7 <= len(digits) <= 20:
        return None  # few digits may be a short code, many are two numbers or damage
    if plain[1]:
        number = international("+" + digits)
    elif region is None:
        return None
    else:
        number = plan_for(region).dial(digits)
    code = _CODES[number[1:4]] if _E164.fullmatch(number) else None
    return code.cell(number, region, found, extension) if code else None
