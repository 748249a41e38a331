"""What each kind of rule is written like, and what it does in plain words: for those who write rules."""

from dataclasses import dataclass
from typing import Final

from errors.preflight.content import CATEGORIES
from errors.preflight.findings import Code
from errors.preflight.message import Purpose
from errors.preflight.rules import Kind, Rule

_BEYOND: Final = "beyond letters, digits and spaces"


@dataclass(frozen=True, slots=True)
class Form:
    """How rules of one kind are written.

    `does` is the sentence about a rule, with {provider}, {place}, {subject}, {value} and {note} in it. `place`:
    may it name a country or state, or must it? `subjects`: the words that the check asks for; empty: free words
    where `subject` names what to write, none at all where it does not. `value` names what to write; `is_pattern`: a
    regular expression; `values`: the words that are understood. `codes`: the findings it leads to.
    """

    label: str
    does: str
    codes: tuple[Code, ...]
    group: str
    provider: bool = False
    place: bool | None = None  # must, may (False), None: no place is asked for
    subject: str = ""
    subjects: tuple[str, ...] = ()
    value: str = ""
    values: tuple[str, ...] = ()
    is_pattern: bool = False
    note: str = ""  # what the note is used for, where it is part of a finding

    @property
    def fixed_value(self) -> str:
        """The one value there is, so that nobody has to write it."""
        return self.values[0] if len(self.values) == 1 else ""


_DAYS: Final = ("mon-fri", "sat", "sun", "holiday")
_PATTERN: Final = "Regular expression"
_IN_TEXT: Final = "Text"
_CATEGORIES: Final = tuple(code.value for code in CATEGORIES)

FORMS: Final[dict[Kind, Form]] = {
    Kind.MOST_UNITS: Form(
        "Longest text of a provider",
        "A text to {provider} has at most {value} {subject}.",
        (Code.BODY_TOO_LONG,),
        "Limits",
        provider=True,
        subject="What is counted",
        subjects=("characters", "GSM-7", "UCS-2", "segments"),
        value="How many",
    ),
    Kind.HOUSE_SEGMENTS: Form(
        "Segments that are still fine",
        "A text of more than {value} segments gets a warning.",
        (Code.BODY_SEGMENTS,),
        "Limits",
        value="How many segments",
    ),
    Kind.MOST_MEDIA: Form(
        "Size of media messages",
        "A media message has at most {value} ({subject}).",
        (Code.MMS_TOO_MANY, Code.MMS_TOO_BIG, Code.MMS_MAYBE_TOO_BIG),
        "Limits",
        subject="What is counted",
        subjects=("count", "bytes", "careful bytes"),
        value="How many",
    ),
    Kind.MEDIA_TYPE: Form(
        "Type of file that is accepted",
        "Files of the type {subject} are accepted.",
        (Code.MMS_TYPE,),
        "Limits",
        subject="Type, such as image/jpeg",
        values=("yes",),
    ),
    Kind.TAKES_MEDIA: Form(
        "Country that takes media messages",
        "{place} takes media messages.",
        (Code.MMS_UNSUPPORTED,),
        "Limits",
        place=True,
        values=("yes",),
    ),
    Kind.REPEAT: Form(
        "Repetitions",
        "The same again within {value} is found ({subject}).",
        (
            *(Code.DUPLICATE_CONTENT, Code.DUPLICATE_AUTOMATIC, Code.DUPLICATE_INTENT),
            *(Code.DUPLICATE_PERSON, Code.LOOP),
        ),
        "Limits",
        subject="What is repeated",
        subjects=("same content", "one-time codes", "loop"),
        value="Within which time, such as “24 h”, “30 s” or “15 in 30 s”",
    ),
    Kind.ALPHA_SENDER: Form(
        "Names as senders in a country",
        "Names as senders in {place}: {value}.",
        (
            *(Code.SENDER_ALPHA_UNSUPPORTED, Code.SENDER_REGISTRATION_REQUIRED, Code.SENDER_UNREGISTERED),
            Code.TO_BLOCKED_COUNTRY,
        ),
        "Senders",
        place=True,
        value="What holds there",
        values=("yes", "no", "registration", "registration_available", "blocked"),
    ),
    Kind.SENDER_CHARACTERS: Form(
        "Signs in a sender's name",
        "A name to {provider} may hold {value} besides letters, digits and spaces.",
        (Code.SENDER_ALPHA_CHARSET,),
        "Senders",
        provider=True,
        subject="Which signs",
        subjects=(_BEYOND,),
        value="The signs, one after the other; empty: none",
    ),
    Kind.GENERIC_SENDER: Form(
        "Name that could be anyone's",
        "The sender {subject} could be anyone; networks filter such names.",
        (Code.SENDER_ALPHA_GENERIC,),
        "Senders",
        subject="The name in small letters",
        values=("yes",),
    ),
    Kind.FOREIGN_NUMERIC: Form(
        "Country that blocks foreign numbers",
        "Senders that are numbers of another country are stopped for {place}: {note}.",
        (Code.SENDER_FOREIGN_NUMERIC,),
        "Senders",
        place=True,
        values=("blocked",),
        note="Ends the sentence “in GB …”",
    ),
    Kind.SHORT_CODE_FORM: Form(
        "Short codes of a country",
        "Short codes of {place} look like this: {note}.",
        (Code.SENDER_FOREIGN_SHORT_CODE,),
        "Senders",
        place=True,
        value=_PATTERN,
        is_pattern=True,
        note="Ends the sentence “those have …”",
    ),
    Kind.SENDER_FORM: Form(
        "Form of a name in a country",
        "The sender of {subject} texts to {place} has this form: {note}.",
        (Code.SENDER_INDIA_HEADER, Code.SENDER_AD_AFFIX),
        "Senders",
        place=True,
        subject="Purpose",
        subjects=(Purpose.MARKETING.value, Purpose.TRANSACTIONAL.value),
        value=_PATTERN,
        is_pattern=True,
        note="What the form is, in words",
    ),
    Kind.NUMERIC_REGISTRATION: Form(
        "Registration of numbers",
        "A {subject} that sends to {place} needs its {value}.",
        (Code.SENDER_UNREGISTERED, Code.SENDER_REGISTRATION_REQUIRED),
        "Senders",
        place=True,
        subject="Kind of number",
        subjects=("long code", "toll-free", "short code"),
        value="What it needs, such as “10DLC campaign”",
    ),
    Kind.DLT: Form(
        "Registered ids",
        "Texts to {place} need the registered ids of {value}.",
        (Code.DLT_MISSING,),
        "Senders",
        place=True,
        value="Of what, such as “entity and template”",
    ),
    Kind.OPT_OUT_NUMBER: Form(
        "Number that takes STOP",
        "Where marketing to {place} says STOP, it names the number: {note}.",
        (Code.OPTOUT_FR_SHORT_CODE,),
        "Senders",
        place=True,
        value=_PATTERN,
        is_pattern=True,
        note="Ends the sentence “in FR …”",
    ),
    Kind.HOURS: Form(
        "Hours of marketing",
        "Marketing to {place} is allowed {value} ({subject}), by the recipient's clock.",
        (Code.TIME_QUIET_HOURS, Code.TIME_QUIET_HOURS_WARN, Code.TIME_SUNDAY, Code.TIME_HOLIDAY),
        "Time",
        place=True,
        subject="Which days",
        subjects=_DAYS,
        value="From when until when, such as “08:00-21:00”, or “none”",
    ),
    Kind.UNSOCIAL_HOURS: Form(
        "Hours in which texts are expected",
        "Outside {value} a text gets a warning, by the recipient's clock.",
        (Code.TIME_QUIET_HOURS_WARN,),
        "Time",
        value="From when until when, such as “08:00-21:00”",
    ),
    Kind.DAILY_CAP: Form(
        "Marketing texts a day",
        "At most {value} marketing texts to one number in 24 hours, {place}.",
        (Code.TIME_FREQUENCY,),
        "Time",
        place=False,
        value="How many",
    ),
    Kind.AREA: Form(
        "Where an area code is",
        "Numbers with the area code {subject} are in {place}, on the clock of {value}.",
        (Code.TIME_QUIET_HOURS, Code.TIME_ZONE_UNKNOWN),
        "Time",
        place=True,
        subject="Area code of North America, three digits",
        value="Time zones, such as “America/Chicago”, with a space between several",
    ),
    Kind.SHORTENER: Form(
        "Link shortener",
        "Links of {subject} get a warning: everybody shares it, so carriers distrust it.",
        (Code.LINK_SHORTENER,),
        _IN_TEXT,
        subject="Host name, such as bit.ly",
        values=("yes",),
    ),
    Kind.INTERNAL_HOST: Form(
        "Host name of the office",
        "Links to hosts that end in {subject} open only inside the office.",
        (Code.LINK_MALFORMED, Code.LINK_IP),
        _IN_TEXT,
        subject="Last part of the host name",
        values=("yes",),
    ),
}

# Kinds whose rows are looked for in the text: (label, sentence, findings)
_SEARCHED: Final = {
    Kind.OPT_OUT_WORDING: (
        "Words that offer a way out",
        "Marketing that holds these words offers a way to opt out ({subject}).",
        (Code.OPTOUT_MISSING,),
    ),
    Kind.OPT_OUT_REPLY: (
        "Way out by a reply",
        "These words ask for a reply to opt out, which needs a sender that can be answered ({subject}).",
        (Code.OPTOUT_UNREACHABLE,),
    ),
    Kind.REPLY_ASKED: (
        "Words that ask for a reply",
        "These words ask for a reply, which needs a sender that can be answered ({subject}).",
        (Code.SENDER_ONE_WAY,),
    ),
    Kind.PLACEHOLDER: (
        "Field that was not filled in",
        "Words like these are a field that was not filled in ({subject}).",
        (Code.BODY_PLACEHOLDER,),
    ),
    Kind.PLACEHOLDER_FIELD: (
        "Field in brackets that was not filled in",
        "Words like these are a field that was not filled in ({subject}).",
        (Code.BODY_PLACEHOLDER,),
    ),
    Kind.BLANK_MERGE: (
        "Field filled with nothing",
        "Words like these come from a field that was filled with nothing ({subject}).",
        (Code.BODY_BLANK_MERGE,),
    ),
    Kind.SENSITIVE: (
        "Personal data",
        "Words like these are a {subject}, which no text should carry.",
        (Code.CONTENT_SENSITIVE,),
    ),
    Kind.SPAMMY: (
        "Words that read like spam",
        "Words like these read like spam to filters ({subject}).",
        (Code.BODY_SPAMMY,),
    ),
}
for _kind, (_label, _does, _codes) in _SEARCHED.items():
    FORMS[_kind] = Form(
        _label, _does, _codes, _IN_TEXT, subject="What to call it", value=_PATTERN, is_pattern=True
    )
FORMS[Kind.CONTENT] = Form(
    "Content that carriers filter",
    "Words like these are about what carriers filter: {subject}, {place}.",
    CATEGORIES,
    _IN_TEXT,
    place=False,
    subject="Which content",
    subjects=_CATEGORIES,
    value=_PATTERN,
    is_pattern=True,
)
FORMS[Kind.CONTENT_UNLESS] = Form(
    "What only looks like such content",
    "Words like these are not about {subject}, though they look like it, {place}.",
    CATEGORIES,
    _IN_TEXT,
    place=False,
    subject="Which content it is not",
    subjects=_CATEGORIES,
    value=_PATTERN,
    is_pattern=True,
)


_SAID: Final = {
    "registration": "they are registered first",
    "registration_available": "allowed; they can be registered",
}


def leads_to(rule: Rule) -> list[Code]:
    """The findings that the rule may lead to; one that is about a finding leads to no other."""
    codes = FORMS[rule.kind].codes
    return [code for code in codes if code == rule.subject] or list(codes)


def told(rule: Rule) -> str:
    """What the rule does, as a sentence."""
    form = FORMS[rule.kind]
    where = rule.place or ("everywhere" if form.place is False else "any country")
    return form.does.format(
        provider=rule.provider or "any provider",
        place=where,
        subject=rule.subject.removeprefix("content."),
        value=_SAID.get(rule.value, rule.value) or "nothing",
        note=rule.note or "no words given",
    )
