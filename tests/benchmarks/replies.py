"""Reading replies: how many labelled texts are read as labelled, per tier and language, and how fast.

A request to stop that is read as nothing, as a start or as a call for help, and an ordinary text that is read as a
request to stop, are never tolerated. Slower than 2,000 replies a second is too slow for a day's inbound log.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from consent.replies import Meaning, read

CASES = Path(__file__).parents[1] / "cases"
FILES = ("keywords.jsonl", "replies_more.jsonl")
REPLIES_PER_SECOND = 2_000


def main() -> int:
    wrong = 0
    for name in FILES:
        cases = list(_cases(name))
        print(f"{name}: {len(cases)} labelled texts")
        wrong += _print_agreement(cases)
        print()
    return int(bool(wrong) | _too_slow())


def _cases(name: str) -> Iterator[dict[str, Any]]:
    for line in (CASES / name).read_text().splitlines():
        yield json.loads(line)


def _print_agreement(cases: list[dict[str, Any]]) -> int:
    """Prints a line per tier and language; returns how many readings are of the intolerable kinds."""
    texts: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    lost: Counter[tuple[str, str]] = Counter()
    silenced: Counter[tuple[str, str]] = Counter()
    for case in cases:
        key = (case["tier"], case["lang"])
        meaning = read(case["text"], last_outbound=case.get("context", {}).get("last_outbound", "")).meaning
        accepted = {case["expected"], *case.get("also_accept", [])}
        texts[key] += 1
        right[key] += meaning in accepted
        if meaning not in accepted:
            lost[key] += case["expected"] == "stop" and meaning is not Meaning.UNCLEAR
            silenced[key] += case["expected"] == "none" and meaning is Meaning.STOP
    print("  tier   language  texts   as labelled   stops lost   silenced wrongly")
    for tier, language in sorted(texts):
        key = (tier, language)
        share = f"{right[key]} ({right[key] / texts[key]:.1%})"
        print(
            f"  {tier}  {language:8}  {texts[key]:5}  {share:>14}  {lost[key]:10}  {silenced[key]:15}".rstrip()
        )
    return lost.total() + silenced.total()


def _too_slow() -> int:
    texts = [case["text"] for name in FILES for case in _cases(name)] * 3
    read("warm up")
    started = time.process_time()
    for text in texts:
        read(text)
    speed = len(texts) / (time.process_time() - started)
    print(f"speed: {speed:,.0f} replies a second on one core (at least {REPLIES_PER_SECOND:,})")
    return int(speed < REPLIES_PER_SECOND)
