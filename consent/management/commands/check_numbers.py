"""manage.py check_numbers: how the importer reads given phone cells, for scripts and for checking by hand."""

from typing import Any

from backoffice.asked import Unreadable, text
from consent.management.json_lines import JsonLinesCommand
from consent.numbers import NumberReader, UnknownRegion


class Command(JsonLinesCommand):
    help = (
        'Reads JSON lines such as {"raw": "(415) 555-0100", "default_region": "US"}, with an "id" if you '
        "like; the region may be null. Prints for each, in order, one JSON line with the number in E.164 "
        "form or the reason why there is none, its type, region and warnings. A line that cannot be read "
        "gets a line with its error. Ends with 1 if there was any."
    )

    needs = "raw"
    form = '{"raw": the cell, "default_region": two letters or null}'

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.reader = NumberReader(None)

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            cell = self.reader.read(text(asked, "raw") or "", text(asked, "default_region"))
        except UnknownRegion as problem:
            raise Unreadable(str(problem)) from problem
        extension = {"ext": cell.extension} if cell.extension else {}
        return {
            "e164": cell.e164,
            "reason": cell.reason,
            "type": cell.line_type,
            "region": cell.region,
            "warnings": list(cell.warnings),
            **extension,
        }
