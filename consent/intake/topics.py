"""What a person decides about the cells of a consent file, with the file's own rows as proof.

Which way round a yes goes, what the system's own words mean, how its dates are written, which clock and
country they stand for, and which program they are about. Nothing here is decided; it is asked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from phonenumbers import SUPPORTED_REGIONS

from backoffice.files.rows import Row
from backoffice.imports.importer import Proof, Question, Topic
from backoffice.models import System
from consent.cells import Meaning, Polarity, guess_polarity, read_status, word_key
from consent.date_order import DateOrderEvidence, OrderFinding, learn_order
from consent.intake.plan import vocabulary_of
from consent.intake.targets import TARGETS
from consent.intake.words import MEANINGS
from consent.models import Program
from consent.moments import BLANK_WORDS, YEAR_LAST, DateOrder, read_moment

PROOF_ROWS = 6
SHOWN_WORDS = 60
LOOKED_AT = 500  # cells to choose proof from
LONGEST_SHOWN = 60  # characters of a cell
ORDERS = {
    DateOrder.MDY: "Month first, as in 3/14/2026",
    DateOrder.DMY: "Day first, as in 14/3/2026",
    DateOrder.YMD: "Year first, or the month in letters",
}
HELD = "Not known: the row is held"


@dataclass(frozen=True)
class File:
    """The columns a person chose, the rules so far, and rows to show."""

    system: System
    columns: Mapping[str, list[str]]
    rules: Mapping[str, Any]
    headers: Sequence[str]
    rows: Sequence[Row]
    now: datetime

    def present(self, target: str) -> list[str]:
        return [header for header in self.columns.get(target, []) if header in self.headers]

    def cells(self, header: str) -> Iterator[str]:
        place = self.headers.index(header)
        return (row.cells[place] for row in self.rows)

    def first_filled(self, target: str) -> list[str]:
        """Of each row the cell that counts for the target, as the import itself chooses it."""
        places = [self.headers.index(header) for header in self.present(target)]
        return [next((row.cells[at] for at in places if row.cells[at].strip()), "") for row in self.rows]


def topics(file: File, unread: Sequence[str]) -> list[Topic]:
    """Everything to ask, in the order in which to ask it."""
    names = {target.name for target in TARGETS[file.system.kind]}
    found = []
    if "status" in names:
        statuses = file.present("status")
        if statuses:
            found.append(_polarity(file, statuses))
            found.append(_vocabulary(file, statuses, unread))
        elif file.system.stores_a_status:
            found.append(_whole_file(file))
    if file.present("at"):
        found.append(dates(file))
    found.append(_rest(file, names))
    return [topic for topic in found if topic.questions]


# --- Status -------------------------------------------------------------------------------------------------


def _polarity(file: File, headers: Sequence[str]) -> Topic:
    return Topic(
        title="What a “yes” means",
        help="“Yes” in “Accepts texts” and “Yes” in “Do not text” are opposites. These rows are read both "
        "ways; choose the right one.",
        questions=tuple(_polarity_of(file, header) for header in headers),
        confirm="I compared these rows with what the system says, and the reading chosen is the right one.",
    )


def _polarity_of(file: File, header: str) -> Question:
    cells = list(file.cells(header))
    guess = guess_polarity(header, cells)
    chosen = file.rules.get("polarity", {}).get(header) or guess.polarity or ""
    seen = Counter(cell.strip() for cell in cells)
    shown = [text for text, _ in seen.most_common() if text][:PROOF_ROWS]
    vocabulary = vocabulary_of(file.rules)
    return Question(
        name=f"polarity-{file.headers.index(header)}",
        rule=("polarity", header),
        label=f"A “yes” in “{header}” means",
        help=guess.why,
        choices=tuple(
            (way.value, f"{label} ({_tally(seen, way, vocabulary)})")
            for way, label in ((Polarity.OPT_IN, "opted in"), (Polarity.OPT_OUT, "opted out"))
        ),
        answer=str(chosen),
        required=True,
        proof=_both_ways(file, header, shown, vocabulary),
    )


def _both_ways(file: File, header: str, shown: Sequence[str], vocabulary: Mapping[str, Meaning]) -> Proof:
    """One row of the file for each of the usual cells."""
    place = file.headers.index(header)
    numbers = file.first_filled("number")
    rows = []
    for text in shown:
        at = next(n for n, row in enumerate(file.rows) if row.cells[place].strip() == text)
        both = (_reading(text, way, vocabulary) for way in (Polarity.OPT_IN, Polarity.OPT_OUT))
        rows.append((str(file.rows[at].line), short(numbers[at]), short(text), *both))
    return Proof(("Line", "Number", header, "If yes = opted in", "If yes = opted out"), tuple(rows))


def _reading(text: str, polarity: Polarity, vocabulary: Mapping[str, Meaning]) -> str:
    meaning = read_status(text, polarity, vocabulary).meaning
    return MEANINGS[meaning] if meaning is not None else HELD


def _tally(seen: Mapping[str, int], polarity: Polarity, vocabulary: Mapping[str, Meaning]) -> str:
    """Of the rows looked at: "4,100 opted in, 12 opted out"."""
    counts: Counter[str] = Counter()
    for text, count in seen.items():
        counts[_reading(text, polarity, vocabulary)] += count
    said = [f"{counts[MEANINGS[way]]:,} {MEANINGS[way].lower()}" for way in (Meaning.IN, Meaning.OUT)]
    return ", ".join(said) + f" of {sum(seen.values()):,} rows looked at"


def _vocabulary(file: File, headers: Sequence[str], unread: Sequence[str]) -> Topic:
    """The distinct cells, those that nobody explained first."""
    vocabulary = vocabulary_of(file.rules)
    spelling = {word_key(word): word for word in vocabulary}
    polarities = {header: _chosen_polarity(file, header) for header in headers}
    counts: Counter[str] = Counter()
    texts: dict[str, tuple[str, Polarity]] = {}
    for header in headers:
        for cell in file.cells(header):
            if key := word_key(cell):
                counts[key] += 1
                texts.setdefault(key, (cell.strip(), polarities[header]))
    for word in unread:
        if key := word_key(word):
            texts.setdefault(key, (word.strip(), polarities[headers[0]]))
    questions = []
    for key, (text, polarity) in texts.items():
        usual = read_status(text, polarity).meaning
        known = vocabulary.get(spelling.get(key, ""))
        is_open = usual is None and known is None
        question = Question(
            name=f"word-{hashlib.sha256(key.encode()).hexdigest()[:12]}",
            rule=("vocabulary", spelling.get(key, text)),
            label=short(text),
            choices=(
                ("", f"{MEANINGS[usual]} (usual reading)" if usual is not None else HELD),
                *((meaning.value, label) for meaning, label in MEANINGS.items()),
            ),
            answer=known.value if known else "",
            note=f"{counts[key]:,}" if counts[key] else "further down",
        )
        questions.append((not is_open, -counts[key], question))
    questions.sort(key=lambda entry: entry[:2])
    more = len(questions) - SHOWN_WORDS
    return Topic(
        title="What the words mean",
        help="How each word of the status columns is read. A word that is not known holds its rows until "
        "somebody says what it means; nothing is guessed."
        + (f" {more:,} rarer words are not listed and are held if they are not known." if more > 0 else ""),
        questions=tuple(question for *_, question in questions[:SHOWN_WORDS]),
        as_table=True,
    )


def _chosen_polarity(file: File, header: str) -> Polarity:
    """What is chosen so far; a column nobody judged yet is shown as one that asks for consent."""
    chosen = file.rules.get("polarity", {}).get(header) or guess_polarity(header, []).polarity
    return Polarity(chosen) if chosen in set(Polarity) else Polarity.OPT_IN


def _whole_file(file: File) -> Topic:
    return Topic(
        title="What the whole file says",
        help="No column is the consent status, so one status counts for every row. A list that says “opted "
        "in” as a whole is a claim: without proof it permits nothing.",
        questions=(
            Question(
                name="status",
                rule=("status",),
                label="Every row means",
                choices=(
                    ("", "Choose"),
                    *((way.value, MEANINGS[way]) for way in MEANINGS if way is not Meaning.UNKNOWN),
                ),
                answer=str(file.rules.get("status") or ""),
                required=True,
            ),
        ),
        confirm="I checked that this is so for every row of the file.",
    )


# --- Dates --------------------------------------------------------------------------------------------------


def dates(file: File) -> Topic:
    cells = file.first_filled("at")
    evidence = learn_order(cells)
    saved = str(file.rules.get("date_order") or "")
    is_open = evidence.finding is OrderFinding.OPEN
    needed = is_open or evidence.finding is OrderFinding.CONTRADICTED
    offered = [order for order in ORDERS if order in evidence.candidates or not is_open]
    if evidence.order and evidence.finding is OrderFinding.PROVED:
        proposed = evidence.order.value  # what the file proves goes before what was so in other files
    else:
        proposed = saved if saved in offered else evidence.order.value if evidence.order else ""
    return Topic(
        title="Dates and times",
        questions=(
            Question(
                name="date_order",
                rule=("date_order",),
                label="Dates are written",
                help=_order_in_words(evidence, file),
                choices=(
                    ("", "Choose" if needed else "No choice is needed"),
                    *((order.value, ORDERS[order]) for order in offered),
                ),
                answer=proposed,
                required=needed,
                proof=_each_order(file, cells, evidence),
            ),
            Question(
                name="time_zone",
                rule=("time_zone",),
                label="Clock of times that name no zone",
                help=_zone_in_words(file.system),
                answer=str(file.rules.get("time_zone") or ""),
                suggestions=_zones(),
            ),
        ),
        contradicts=_contradiction(evidence, saved),
        # Year first leaves such a date without a time; the other two take day for month.
        misreads=evidence.finding is OrderFinding.PROVED and saved in set(YEAR_LAST) - {evidence.order},
    )


def _contradiction(evidence: DateOrderEvidence, saved: str) -> str:
    if evidence.finding is OrderFinding.UNNEEDED or saved in evidence.candidates:
        return ""
    if evidence.finding is OrderFinding.CONTRADICTED and saved:
        return ""  # single cells are wrong in any order; each says so itself
    if not saved:
        return "Nobody has said yet how the dates of this file are written."
    label = ORDERS[DateOrder(saved)].split(",")[0].lower()
    return f"The saved mapping reads dates “{label}”, which does not fit this file."


def _order_in_words(evidence: DateOrderEvidence, file: File) -> str:
    if evidence.finding is OrderFinding.UNNEEDED:
        return "Every date begins with its year or names its month, so its order cannot be mistaken."
    if evidence.finding is OrderFinding.PROVED and evidence.order is not None:
        sample = evidence.samples[0]
        line = file.rows[sample.row - 1].line
        label = ORDERS[evidence.order].split(",")[0].lower()
        return f"Line {line} proves “{label}”: “{short(sample.text)}” is a date in no other order."
    if evidence.finding is OrderFinding.CONTRADICTED:
        return (
            "No single order reads every date. Choose the right one; rows whose date it cannot read keep "
            "their "
            "status without a time."
        )
    return (
        "No date of this file has a day above 12, so both orders are possible. Ask who exported it, or "
        "compare one row "
        "with the system."
    )


def _each_order(file: File, cells: Sequence[str], evidence: DateOrderEvidence) -> Proof:
    """Cells that rule an order out, then those that two orders read differently, then the usual ones; each as a
    date in every order."""
    telling = {sample.row - 1 for sample in evidence.samples}
    filled = [at for at, cell in enumerate(cells) if cell.strip().casefold() not in BLANK_WORDS][:LOOKED_AT]
    zone = ZoneInfo(file.system.time_zone) if file.system.time_zone else None
    days = {at: [_day(cells[at], order, zone, file.now) for order in ORDERS] for at in {*filled, *telling}}
    shown = sorted(days, key=lambda at: (at not in telling, len(set(days[at])) == 1, at))[:PROOF_ROWS]
    rows = tuple((str(file.rows[at].line), short(cells[at]), *days[at]) for at in shown)
    return Proof(("Line", "Cell", *(label.split(",")[0] for label in ORDERS.values())), rows)


def _day(cell: str, order: DateOrder, zone: ZoneInfo | None, now: datetime) -> str:
    read = read_moment(cell, zone=zone, order=order, now=now)
    moment = read.at or read.claimed_at
    if moment is None:
        return "not a date"
    local = moment.astimezone(zone) if zone else moment
    return f"{local.day} {local:%b %Y}"


def _zone_in_words(system: System) -> str:
    if system.time_zone:
        return f"Left empty, it is {system.name}’s own: {system.time_zone}."
    return (
        "Left empty, such times count as uncertain by up to a day, and never prove that an opt-in came after "
        "a STOP."
    )


@cache
def _zones() -> tuple[str, ...]:
    return tuple(
        sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    )


# --- The rest -----------------------------------------------------------------------------------------------


def _rest(file: File, names: set[str]) -> Topic:
    questions = [region(file)]
    if file.system.kind == System.Kind.PROVIDER:
        questions.append(
            Question(
                name="is_complete",
                rule=("is_complete",),
                label="The file lists",
                help="From a complete list it follows that a number it names no more is not blocked any more. It "
                "follows only when every row can be read.",
                choices=(("", "Some blocked numbers"), ("yes", "Every blocked number")),
                answer="yes" if file.rules.get("is_complete") else "",
            )
        )
    programs = list(Program.objects.filter(is_active=True).order_by("name", "pk"))
    if "program" in names or file.system.kind == System.Kind.REPLIES:
        questions.append(program(file, programs))
    if "error_code" in names and file.present("error_code"):
        questions.append(
            Question(
                name="blocked_codes",
                rule=("blocked_codes",),
                label="Error codes that mean “opted out”",
                help="Separated by commas. A message refused with one of them proves that an opt-out is on "
                "file there.",
                answer=", ".join(str(code) for code in file.rules.get("blocked_codes", [])),
                several=True,
            )
        )
    return Topic(title="Numbers and program", questions=tuple(questions))


def region(file: File) -> Question:
    system = file.system
    own = (
        f"{system.name}’s own: {system.default_region}"
        if system.default_region
        else "none: such numbers are rejected"
    )
    return Question(
        name="region",
        rule=("region",),
        label="Country of numbers without a country code",
        help=f"Two letters, such as US. Left empty, it is {own}. A filled country cell goes first.",
        answer=str(file.rules.get("region") or ""),
        suggestions=tuple(sorted(SUPPORTED_REGIONS)),
    )


def program(file: File, programs: Sequence[Program]) -> Question:
    is_replies = file.system.kind == System.Kind.REPLIES
    from_column = bool(file.present("program"))
    if is_replies:
        label, help_text = (
            "Program of senders nobody assigned",
            "A reply counts for the programs of the number it was sent to.",
        )
    elif from_column:
        label, help_text = "Program of rows that name none", "Left empty, such rows are held."
    else:
        label, help_text = "Program of the whole file", "What the people in it agree or object to."
    only = programs[0].code if len(programs) == 1 else ""
    return Question(
        name="program",
        rule=("program",),
        label=label,
        help=help_text,
        choices=(
            ("", "None" if from_column or is_replies else "Choose"),
            *((p.code, p.name) for p in programs),
        ),
        answer=str(file.rules.get("program") or only),
        required=not from_column and not is_replies,
    )


def short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
