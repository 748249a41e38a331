"""Texts measured per second and core: here, with smsutil from PyPI and with sms-segments-calculator from npm.

All three get the same texts in the same run and say encoding and number of parts. smsutil and the npm package
always cut the text as well, so `parts` is timed beside `measure`. The npm package needs node and npm; where they
or the package are missing, the run says so and compares with smsutil alone.
"""

import json
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import smsutil

from errors.encoding import measure, parts
from tests.benchmarks.numbers import spread

ROUNDS = 7
TEXTS = 4_000
# The npm package is slow enough to be measured in fewer.
NPM_ROUNDS = 3
GOAL = 1.0
NPM_PACKAGE = "sms-segments-calculator@1.3.0"
# Reads texts, prints the seconds of each round and what was found for each text.
SCRIPT = """
const { SegmentedMessage } = require("sms-segments-calculator");
const { texts, rounds } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const measured = () => texts.map((text) => {
  const message = new SegmentedMessage(text);
  return [message.encodingName, message.segmentsCount];
});
measured();
const seconds = [];
for (let round = 0; round < rounds; round++) {
  const began = process.cpuUsage();
  measured();
  const spent = process.cpuUsage(began);
  seconds.push((spent.user + spent.system) / 1e6);
}
console.log(JSON.stringify({ seconds, found: measured() }));
"""

PHRASE = "your order is ready for pickup at our store today until six please bring the card and this code"
PEOPLE = ["😀", "🎉", "👍🏽", "👩‍💻", "🇮🇹"]
OTHERS = ["您的订单已发货请注意查收", "Ваш заказ готов к выдаче ", "تم تأكيد حجزك غدا ", "आपका ऑर्डर तैयार है "]


def main() -> int:
    """Print rates and ratios as least/median/most of the rounds; 1 if another is as fast."""
    rng = random.Random(20261122)
    texts = [a_text(rng) for _ in range(TEXTS)]
    ours = [measure(text) for text in texts]
    rates: dict[str, list[float]] = {"measure": [], "parts": [], "smsutil": []}
    for _ in range(ROUNDS):
        rates["measure"].append(rate(measure, texts))
        rates["parts"].append(rate(parts, texts))
        rates["smsutil"].append(rate(smsutil.split, texts))
    node = node_rounds(texts)
    if node:
        rates[NPM_PACKAGE] = [len(texts) / seconds for seconds in node["seconds"]]
        same = sum(list(one[:2]) == other for one, other in zip(ours, node["found"], strict=True))
        print(f"same encoding and segments as {NPM_PACKAGE}: {same:,} of {TEXTS:,} texts")
    for name, values in rates.items():
        print(f"texts/s per core, {name}: {spread(values, ',.0f')}")
    medians = {name: statistics.median(values) for name, values in rates.items()}
    missed = False
    for other in [name for name in rates if name not in ("measure", "parts")]:
        ratios = {name: medians[name] / medians[other] for name in ("measure", "parts")}
        print(f"{other}: measure {ratios['measure']:.1f}x, parts {ratios['parts']:.1f}x (goal over {GOAL}x)")
        missed = missed or min(ratios.values()) <= GOAL
    return int(missed)


def rate(work: Callable[[str], object], texts: list[str]) -> float:
    """Texts per second of processor time."""
    began = time.process_time()
    for text in texts:
        work(text)
    return len(texts) / (time.process_time() - began)


def node_rounds(texts: list[str]) -> dict | None:
    """What the npm package took and found; None if it cannot be had here."""
    if not (shutil.which("node") and shutil.which("npm")):
        print(f"{NPM_PACKAGE}: not measured, there is no node or npm here")
        return None
    with tempfile.TemporaryDirectory(prefix="backoffice-bench-npm-") as folder:
        install = [
            "npm",
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
            folder,
            NPM_PACKAGE,
        ]
        try:
            subprocess.run(install, check=True, capture_output=True, timeout=120)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as problem:
            print(f"{NPM_PACKAGE}: not measured, npm could not install it ({problem})")
            return None
        script = Path(folder) / "measure.js"
        script.write_text(SCRIPT)
        asked = json.dumps({"texts": texts, "rounds": NPM_ROUNDS}).encode()
        done = subprocess.run(
            ["node", str(script)], input=asked, check=True, capture_output=True, timeout=300
        )
    return json.loads(done.stdout)


def a_text(rng: random.Random) -> str:
    """Mostly plain texts of one or two parts; some with signs that cost more, emoji or another script."""
    words = " ".join(rng.choices(PHRASE.split(), k=rng.choice([8, 12, 16, 25, 32, 50, 80])))
    kind = rng.choices(["plain", "euro", "curly", "emoji", "other"], [60, 10, 15, 10, 5])[0]
    if kind == "euro":
        return f"{words} {{{rng.randrange(100)}}} for €{rng.randrange(100)}"
    if kind == "curly":
        return f"It’s here: “{words}” – thanks…"
    if kind == "emoji":
        return f"{rng.choice(PEOPLE)} {words} {''.join(rng.choices(PEOPLE, k=rng.randrange(1, 6)))}"
    if kind == "other":
        return rng.choice(OTHERS) * rng.randrange(1, 9)
    return f"Acme: {words}. Reply STOP to opt out."


if __name__ == "__main__":
    main()
