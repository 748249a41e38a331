"""What a person decides about the cells of a provider's log, with the file's own rows as proof."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from backoffice.imports.importer import Question, Topic
from consent.intake.topics import File, dates, program, region, short
from consent.models import Program
from errors.catalogue import read_status
from errors.intake.plan import INBOUND, folded_word, present
from errors.intake.words import STATUSES
from errors.life import Status

SHOWN_WORDS = 60
NOT_KNOWN = "Not known: the send is kept, and counts as neither sent nor failed"
IS_INBOUND = "A message that came in"
_MEANINGS = {INBOUND: IS_INBOUND, **{s.value: STATUSES[s] for s in Status if s is not Status.UNMAPPED}}


def topics(file: File, unread: Sequence[str]) -> list[Topic]:
    """Everything to ask, in the order in which to ask it."""
    file = replace(file, columns={name: present(names, file.headers) for name, names in file.columns.items()})
    found = [_origin(file)]
    if file.present("status"):
        found.append(_vocabulary(file, unread))
    if file.present("at"):
        found.append(dates(file))
    found.append(_rest(file))
    return found


def _origin(file: File) -> Topic:
    rules = file.rules
    return Topic(
        title="Where the log comes from",
        questions=(
            Question(
                name="provider",
                rule=("provider",),
                label="Provider of rows that name none",
                help="What status words and error codes mean depends on it.",
                answer=str(rules.get("provider") or ""),
                required=not file.present("provider"),
                suggestions=PROVIDERS,
            ),
            Question(
                name="account",
                rule=("account",),
                label="Account of rows that name none",
                help="Only needed where two accounts may use the same message reference.",
                answer=str(rules.get("account") or ""),
            ),
            Question(
                name="is_per_recipient",
                rule=("is_per_recipient",),
                label="One reference stands for",
                choices=(("", "One message"), ("yes", "A batch: each recipient is a message of its own")),
                answer="yes" if rules.get("is_per_recipient") else "",
            ),
        ),
    )


PROVIDERS = (
    *("twilio", "vonage", "plivo", "telnyx", "bandwidth", "infobip", "aws_sns", "aws_pinpoint"),
    *("sinch", "messagebird"),
)


def _vocabulary(file: File, unread: Sequence[str]) -> Topic:
    """Every word of the status columns, those that nobody explained first."""
    own: Mapping[str, str] = file.rules.get("vocabulary", {})
    spelling = {folded_word(word): word for word in own}
    providers = file.first_filled("provider") if file.present("provider") else []
    usual = str(file.rules.get("provider") or "")
    counts: Counter[str] = Counter()
    texts: dict[str, tuple[str, str]] = {}
    for at, cell in enumerate(file.first_filled("status")):
        if key := folded_word(cell):
            counts[key] += 1
            texts.setdefault(key, (cell.strip(), (providers[at] if providers else "") or usual))
    for word in (*unread, *own):
        texts.setdefault(folded_word(word), (word.strip(), usual))
    questions = []
    for key, (text, provider) in texts.items():
        known = read_status(provider, text)
        question = Question(
            name=f"word-{hashlib.sha256(key.encode()).hexdigest()[:12]}",
            rule=("vocabulary", spelling.get(key, text)),
            label=short(text),
            choices=(
                ("", f"{_meaning(known.status)} (usual reading)" if known else NOT_KNOWN),
                *_MEANINGS.items(),
            ),
            answer=own.get(spelling.get(key, ""), ""),
            note=f"{counts[key]:,}" if counts[key] else "further down",
        )
        questions.append((known is not None or key in spelling, -counts[key], question))
    questions.sort(key=lambda entry: entry[:2])
    more = len(questions) - SHOWN_WORDS
    return Topic(
        title="What the status words mean",
        help="How far each word says a message came. A word that is not known keeps its rows and says so; nothing is "
        "guessed." + (f" {more:,} rarer words are not listed." if more > 0 else ""),
        questions=tuple(question for *_, question in questions[:SHOWN_WORDS]),
        as_table=True,
    )


def _meaning(status: Status | None) -> str:
    return STATUSES[status] if status is not None else IS_INBOUND


def _rest(file: File) -> Topic:
    programs = list(Program.objects.filter(is_active=True).order_by("name", "pk"))
    return Topic(
        title="Numbers and program",
        questions=(
            Question(
                name="is_international",
                rule=("is_international",),
                label="Numbers without a plus sign",
                choices=(("", "Are numbers of one country"), ("yes", "Begin with their country code")),
                answer="yes" if file.rules.get("is_international") else "",
            ),
            region(file),
            program(file, programs),
            Question(
                name="blocked_codes",
                rule=("blocked_codes",),
                label="Further error codes that mean “opted out”",
                help="Separated by commas; those of the catalogue count anyway. A message refused with one of them "
                "proves that an opt-out is on file there.",
                answer=", ".join(str(code) for code in file.rules.get("blocked_codes", [])),
                several=True,
            ),
        ),
    )
