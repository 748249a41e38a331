"""A regular expression on trial: how long it takes on the texts that are hardest for it.

Nothing stops Python's matcher once it runs, so the trial runs in a process that can be ended."""

import json
import subprocess
import sys
from typing import Final

from errors.preflight.regular import hard_texts
from errors.preflight.rules import BadRule

MOST_SECONDS: Final = 2.0
_TRIAL: Final = (
    "import json, re, sys\n"
    "expression, texts = json.load(sys.stdin)\n"
    "found = re.compile(expression)\n"
    "for text in texts:\n"
    "    for _ in found.finditer(text): pass\n"
)


def refuse_slow(expression: str) -> None:
    """Raises BadRule for an expression that is found in an empty text, or that takes too long on some text."""
    texts = hard_texts(expression)
    try:
        subprocess.run(  # noqa: S603 - our own program; the expression is its input
            [sys.executable, "-I", "-c", _TRIAL],
            input=json.dumps([expression, texts]).encode(),
            check=True,
            capture_output=True,
            timeout=MOST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise BadRule(
            f"On some texts of 5,000 characters it takes longer than {MOST_SECONDS:.0f} seconds. Write how often "
            "something may repeat, such as {0,40} instead of *, and look for whole words with \\b."
        ) from None
