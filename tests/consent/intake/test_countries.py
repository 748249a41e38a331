"""Country cells."""

from __future__ import annotations

import pytest

from consent.intake.countries import region_of


@pytest.mark.parametrize(
    ("cell", "region"),
    [
        ("US", "US"),
        ("gbr", "GB"),
        ("Deutschland", "DE"),
        ("Korea, Republic of", "KR"),
        ("Hong Kong", "HK"),
        ("United States (US)", "US"),
        ("NA", "NA"),
        ("N/A", None),
        ("null", None),
        ("Narnia", None),
        ("", None),
    ],
)
def test_a_country_is_known_by_its_codes_and_usual_names(cell: str, region: str | None) -> None:
    assert region_of(cell) == region
