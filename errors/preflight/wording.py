"""What marketing must say: how to opt out, in a way that works from this sender, and who is speaking."""

import re
from collections.abc import Iterator
from typing import Final

from errors.preflight.body import quoted
from errors.preflight.findings import Code, Finding, joined
from errors.preflight.links import links_in
from errors.preflight.message import Message, Purpose
from errors.preflight.rules import Kind, RuleBook
from errors.preflight.sender import Sender, SenderKind

_STOP: Final = re.compile(r"(?i)\bstop\b")
# A name at the beginning of a sentence, before a colon or dash or in brackets; "- Name" at the end.
_INTRODUCED: Final = re.compile(
    r"(?:^|[.!?\n]\s*)\W*(?:\[([^\]\n]{2,30})\]|\(([^)\n]{2,30})\)|([^:\n.!?]{2,30}?) ?(?::|-|–|—|\|)(?=\s))"
)
_SIGNED: Final = re.compile(r"(?:^|[\s.!?])[-–—~] ?[^\W\d_][\w&' ]{1,29}$")
# Words that begin with a capital and name nobody.
_CAPITALISED: Final = """
i ok sms mms stop help yes no start end quit reply text txt msg msgs rates std hi hello hey dear sir
madam mr mrs ms dr free sale off new now today tomorrow tonight only just last first monday tuesday
wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun january
february march april may june july august september october november december jan feb mar apr jun
jul aug sep sept oct nov dec am pm est pst cst mst edt pdt code pin otp your our the a an all save
shop buy get use visit call click see don't dont order orders offer offers deal deals reminder alert
update notice important urgent sms2end stop2end christmas easter black cyber eur usd gbp vip terms
apply t&cs ts&cs t&c url http https www if it is this we you my and or for to of on in at by with
from final flash big everything everyone nothing something someone let that these those there here
what when where why how who winter summer spring autumn fall weekend delivery package appointment
payment account booking reservation ticket huge hurry enjoy exclusive limited happy birthday thanks
thank please confirm
"""
_NOBODY: Final = frozenset(_CAPITALISED.split())
_WORD: Final = re.compile(r"[^\W\d_][\w&'’-]*")
_GREETING: Final = re.compile(r"(?i)\b(?:hi|hello|hey|dear|hola|bonjour|hallo|mr\.?|mrs\.?|ms\.?)\s+$")
# At the beginning of a sentence any word has a capital; a name says or does something.
_ACTING: Final = re.compile(r" (?:is|has|here|wants|invites|offers|team|says|will|thanks|wishes|now|just)\b")
_SENTENCE_START: Final = re.compile(r"(?:^|[.!?:;\n]\s*|[\"“(]\s*)$")


def check_wording(message: Message, sender: Sender, place: str | None, rules: RuleBook) -> Iterator[Finding]:
    if not message.body.strip():
        return
    if message.purpose is Purpose.MARKETING:
        yield from _way_out(message, sender, place, rules)
    yield from _dead_end(message, sender, rules)
    yield from _reply(message, sender, rules)
    yield from _brand(message, sender)


def _way_out(message: Message, sender: Sender, place: str | None, rules: RuleBook) -> Iterator[Finding]:
    text = message.body
    ways = list(rules.search(Kind.OPT_OUT_WORDING, text))
    if not ways:
        yield Finding(
            Code.OPTOUT_MISSING,
            "Marketing without a word on how to opt out.",
            "Say how, for example: Reply STOP to opt out.",
        )
        return
    numbered = rules.one(Kind.OPT_OUT_NUMBER, place=place) if place else None
    if numbered and not re.search(rf"\b(?:{numbered.value})\b", f"{text} {sender.text}"):
        yield Finding(
            Code.OPTOUT_FR_SHORT_CODE,
            f"The text does not name the number that takes STOP; in {place} {numbered.note}.",
            "Write STOP and that number.",
            joined(match.span() for _, match in ways),
            numbered,
        )


def _dead_end(message: Message, sender: Sender, rules: RuleBook) -> Iterator[Finding]:
    """STOP is offered where it cannot arrive: nobody needs to offer it in a service text, but then it must work."""
    if sender.is_answered:
        return
    for rule, match in rules.search(Kind.OPT_OUT_REPLY, message.body):
        yield Finding(
            Code.OPTOUT_UNREACHABLE,
            f"{quoted(message.body, match.span())} asks for a reply, but nobody can reply to the name "
            f"{sender.text}.",
            "Name a number or a link to opt out, or send from a number.",
            (match.span(),),
            rule,
        )
        return


def _reply(message: Message, sender: Sender, rules: RuleBook) -> Iterator[Finding]:
    if sender.is_answered:
        return
    for rule, match in rules.search(Kind.REPLY_ASKED, message.body):
        words = message.body[match.start() : match.end() + 6]
        if not _STOP.search(words) and not re.search(r"\bto \+?\d{4,}", message.body[match.start() :]):
            yield Finding(
                Code.SENDER_ONE_WAY,
                f"{quoted(message.body, match.span())} asks for a reply, but nobody can reply to the name "
                f"{sender.text}.",
                "Send from a number, or ask for an answer another way.",
                (match.span(),),
                rule,
            )
            return


def _brand(message: Message, sender: Sender) -> Iterator[Finding]:
    if sender.kind is SenderKind.NAME or not any(map(str.islower, message.body.lower())):
        return
    brand = message.brand
    if not (brand.casefold() in message.body.casefold() if brand else names_someone(message.body)):
        yield Finding(
            Code.BRAND_MISSING,
            f"The text does not say who is speaking, and the sender {sender.text} is only a number.",
            f"Begin with the name: {brand or 'Acme'}: ...",
        )


def names_someone(text: str) -> bool:
    """Does a text seem to name a brand? Without knowing the name: a heading, a signature, a link, a proper name.

    Scripts without capitals get the benefit of the doubt.
    """
    if not re.search("[A-Za-z]", text):
        return True
    for opening in _INTRODUCED.finditer(text):
        words = next(filter(None, opening.groups()))
        if not _GREETING.match(f"{words.split()[0]} ") and _proper(words):
            return True
    if _SIGNED.search(text) or links_in(text):
        return True
    if text.upper() == text:
        return False
    return any(
        word[0][0].isupper()
        and _base(word[0]) not in _NOBODY
        and not _GREETING.search(text[: word.start()])
        and (
            not _SENTENCE_START.search(text[: word.start()])
            or _base(word[0]) != word[0].casefold()
            or _ACTING.match(text, word.end())
        )
        for word in _WORD.finditer(text)
    )


def _proper(words: str) -> bool:
    return any(word[0].isupper() and _base(word) not in _NOBODY for word in _WORD.findall(words))


def _base(word: str) -> str:
    """In small letters, without the 's of a name."""
    return word.casefold().removesuffix("'s").removesuffix("’s")
