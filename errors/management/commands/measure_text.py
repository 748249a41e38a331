"""manage.py measure_text: what messages take on the network, for scripts and for checking by hand."""

from typing import Any

from backoffice.asked import Unreadable, text
from consent.management.json_lines import JsonLinesCommand
from errors.encoding import Encoding, Forcing, forcing, measure


class Command(JsonLinesCommand):
    help = (
        'Reads JSON lines such as {"text": "See you at 5"}, with an "id" if you like. Prints for each, in '
        "order, one JSON line with the encoding (GSM-7 or UCS-2), the segments, the units (septets or UTF-16 "
        "code units), and the characters that force UCS-2: their places, counted from 0, and what may be "
        "written instead. A line that cannot be read gets a line with its error. Ends with 1 if there was any."
    )

    needs = "text"
    form = '{"text": the message as it would be sent}'

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        written = text(asked, "text")
        if written is None:
            raise Unreadable('"text" is null; write it as text in quotes')
        found = measure(written)
        forced = forcing(written) if found.encoding is Encoding.UCS_2 else ()
        return {
            "encoding": found.encoding,
            "segments": found.segments,
            "units": found.units,
            "forcing": [_forcing(char) for char in forced],
        }


def _forcing(found: Forcing) -> dict[str, Any]:
    return {
        "char": found.char,
        "code": found.code,
        "name": found.name,
        "at": found.at,
        "instead": found.instead,
        "faithful": found.faithful,
    }
