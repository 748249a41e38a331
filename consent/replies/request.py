"""Requests in plain language: no more messages, another person's number, texts again, help."""

from dataclasses import replace

from consent.replies import (
    english,
    english_requests,
    english_senses,
    english_wishes,
    french,
    other_languages,
    spanish,
)
from consent.replies.normalise import Folded, fold
from consent.replies.pattern import joined
from consent.replies.prompts import COPIED, Prompt
from consent.replies.shapes import (
    Meaning,
    Reply,
    ReplyClass,
    ReplyScope,
    call_for_help,
    explicit,
    likely,
    unclear,
    wish_for_texts,
    wrong_number,
)
from consent.replies.slips import KEYWORDS, PHRASE_WORDS, meant, run_together
from consent.replies.whole_message import between, keyword
from consent.replies.words import (
    ALONE,
    ASKED_ABOUT_ME,
    COURTESY,
    EVERYDAY_WORDS,
    FILLERS,
    NEARLY_ME,
    NEARLY_STOP,
    PER_SE,
    TEXTING,
)

# "Reply STOP to end", "don't stop", "don't call, text": blanked before a request is looked for.
NO_REQUEST = joined(
    COPIED, english.NEGATED, english.TEXT_RATHER, spanish.NEGATED, french.NEGATED, other_languages.NEGATED
)
REVOKE = joined(english_requests.REVOKE, spanish.REVOKE, french.REVOKE, other_languages.REVOKE)

_TO_SENDER = joined(english_requests.REVOKE_SENDER, spanish.REVOKE_SENDER, french.REVOKE_SENDER)
_WRONG_NUMBER = joined(
    english_wishes.WRONG_NUMBER, spanish.WRONG_NUMBER, french.WRONG_NUMBER, other_languages.WRONG_NUMBER
)
_START = joined(english_wishes.START, spanish.START, french.START)
_HELP = joined(english_wishes.HELP, spanish.HELP, french.HELP)

# Words that leave no doubt what should stop, even in a joking tone.
_ABOUT_TEXTING = frozenset(
    ["text", "texts", "texting", "message", "messages", "messaging", "unsubscribe", "list"]
)
_PLAIN = "asks in plain language for no more messages"
_SPOKEN_OF = "speaks of the opt-out word or of when to text, perhaps without asking for an end"
_ANSWERS = "an opt-out word that may answer our question instead"
_IN_JEST = "reads like a request to stop, in a joking tone"

_SHORT = 3  # words of a message that may be one mistyped keyword
_FEW = 7  # words of a message whose first or last word decides
_LONGEST_MENDED = 25  # words of a message whose slips are looked at


def request(folded: Folded, prompt: Prompt) -> Reply | None:
    """A request to stop, or word that the person is not the one we mean; None if there is neither."""
    said = folded.without(NO_REQUEST)
    if found := said.find(_WRONG_NUMBER):
        return wrong_number(found)
    joking = english_senses.BANTER.find(folded.loose) is not None
    if found := said.find(REVOKE):
        if joking and _ABOUT_TEXTING.isdisjoint(folded.words):
            return unclear(found, _IN_JEST)
        if folded.find(english_senses.SPOKEN_OF):
            return unclear(found, _SPOKEN_OF)
        return likely(found, _PLAIN, scope=ReplyScope.ALL)
    if unspaced := other_languages.UNSPACED.search(folded.squeezed):
        return likely(unspaced.group(), _PLAIN, scope=ReplyScope.ALL)
    if found := said.find(_TO_SENDER):
        if folded.find(english_senses.SPOKEN_OF):
            return unclear(found, _SPOKEN_OF)
        if any(map(prompt.asks_with, PER_SE.intersection(found.split()))):
            return unclear(found, _ANSWERS)
        return unclear(found, _IN_JEST) if joking else likely(found, "an opt-out word and little else")
    return _sentence_alone(folded, said, prompt, joking=joking)


def mistyped(folded: Folded, prompt: Prompt) -> Reply | None:
    """A request with slips of the finger, read as what was meant; None if that is no request to stop.

    A keyword is looked for in short messages only; in longer ones the mended words must make up a whole request.
    """
    if len(folded.words) > _LONGEST_MENDED:
        return None
    short = len(folded.words) <= _SHORT
    mended = [_mended(folded, KEYWORDS + PHRASE_WORDS if short else PHRASE_WORDS)]
    if short:
        mended += [run_together(folded.squeezed), meant(folded.squeezed, KEYWORDS)]
    for text in filter(None, mended):
        again = fold(text)
        reply = (keyword(again, prompt) if short else None) or request(again, prompt)
        if reply is not None and reply.meaning is Meaning.STOP:
            klass = ReplyClass.REVOKE_LIKELY if reply.klass is ReplyClass.REVOKE_EXPLICIT else reply.klass
            return replace(reply, klass=klass, why=f"a slip of the finger for {' '.join(again.words)!r}")
    return None


def wish(folded: Folded) -> Reply | None:
    """A wish to be texted (again), or a call for help; None if there is neither."""
    if found := folded.find(_START):
        return wish_for_texts(found)
    if found := folded.find(_HELP):
        return call_for_help(found)
    return None


def last_word(folded: Folded, said: Folded) -> Reply | None:
    """A remark that ends in the keyword, or a few words that begin with it. `said` is without ordinary senses."""
    found = said.find(english_senses.LAST_WORD)
    if not found and len(folded.words) <= _FEW and not english_senses.ASKS.find(folded.loose):
        found = said.find(english_senses.FEW_WORDS)
    if found:
        joking = english_senses.BANTER.find(folded.loose) is not None
        return unclear(found, _IN_JEST) if joking else likely(found, "ends or begins with an opt-out word")
    return None


def _sentence_alone(folded: Folded, said: Folded, prompt: Prompt, *, joking: bool) -> Reply | None:
    """One sentence, or what stands before or after a comma, is an opt-out word by itself."""
    for piece in said.strict.replace(" , ", " . ").split(" . "):
        core = between(tuple(piece.strip(" .").split()), FILLERS)
        word = "".join(core)
        if word not in PER_SE | ALONE:
            continue
        beside = set(folded.words).difference(core)
        if joking or (word in EVERYDAY_WORDS and not beside <= FILLERS):
            return unclear(word, "an opt-out word among other remarks")
        if word in EVERYDAY_WORDS and not beside <= COURTESY and prompt.asks_something_else():
            return unclear(word, _ANSWERS)
        why = "a sentence that is an opt-out word by itself"
        return explicit(word, why) if beside <= COURTESY else likely(word, why)
    return None


def _mended(folded: Folded, targets: tuple[str, ...]) -> str | None:
    """The text with slips mended; None if there are none."""
    words = folded.strict.split()
    mended = [
        _mended_word(before, word, after, targets)
        for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False)
    ]
    return " ".join(mended) if mended != words else None


def _mended_word(before: str, word: str, after: str, targets: tuple[str, ...]) -> str:
    if word in NEARLY_STOP and after in TEXTING:
        return "stop"
    if word in NEARLY_ME and before in ASKED_ABOUT_ME:
        return "me"
    return meant(word, targets) or word
