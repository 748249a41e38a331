"""manage.py read_replies: how replies to our messages are read, for scripts and for checking by hand."""

from typing import Any

from backoffice.asked import Unreadable, text
from consent.management.json_lines import JsonLinesCommand
from consent.replies import read


class Command(JsonLinesCommand):
    help = (
        'Reads JSON lines such as {"text": "Stop texting me"}, with an "id" and with our own last message as '
        '{"context": {"last_outbound": "..."}} if you like. Prints for each, in order, one JSON line with the '
        "meaning (stop, start, help, none, unclear), the class that says what is done about it, and its scope. "
        "A line that cannot be read gets a line with its error. Ends with 1 if there was any."
    )

    needs = "text"
    form = '{"text": the reply as received, or null for an empty body}'

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        reply = read(text(asked, "text") or "", last_outbound=_last_outbound(asked))
        return {"meaning": reply.meaning, "class": reply.klass, "scope": reply.scope}


def _last_outbound(asked: dict[str, Any]) -> str:
    """Raises Unreadable."""
    context = asked.get("context") or {}
    if not isinstance(context, dict):
        raise Unreadable('"context" is no object; write {"last_outbound": our last message}, or leave it out')
    return text(context, "last_outbound") or ""
