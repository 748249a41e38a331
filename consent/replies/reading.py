"""Reads one reply: what did this person say about being texted?

The stages, first answer wins: what the person typed themselves, whole-message words, answers to our own question,
machines, requests in plain language, slips of the finger, opt-ins and calls for help, remarks. A plausible request to
stop ends as a stop or before a person; only what is surely about something else ends as nothing.
"""

from consent.replies.normalise import LONGEST_READ, Folded, fold, visible
from consent.replies.own_words import own_words
from consent.replies.prompts import Prompt
from consent.replies.remark import automatic, remark, wordless
from consent.replies.request import mistyped, request, wish
from consent.replies.shapes import Reply, ReplyClass, unclear
from consent.replies.whole_message import answer, keyword
from consent.replies.words import PER_SE


def read(text: str | None, *, last_outbound: str = "") -> Reply:
    """What a reply means for consent, and what decided it.

    `text` is the body as received; None is an empty body (a picture alone). `last_outbound` is our last message to
    that number, empty if not known. Raises TypeError when either is no text. Takes time linear in the text.
    """
    text = "" if text is None else text
    for given in (text, last_outbound):
        if not isinstance(given, str):
            raise TypeError(
                f"a reply and the message before it are text, not {type(given).__name__}: {given!r:.80}"
            )
    seen, cut = visible(text)
    own = own_words(seen)
    folded = fold(own)
    if not folded.words:
        return wordless(own, empty=not seen)
    reply = _read_words(folded, own, Prompt.of(last_outbound))
    if cut and reply.klass is ReplyClass.NONE and any(word in text.casefold() for word in PER_SE):
        return unclear("", f"longer than {LONGEST_READ} characters, with an opt-out word in it")
    return reply


def _read_words(folded: Folded, own: str, prompt: Prompt) -> Reply:
    return (
        keyword(folded, prompt)
        or answer(folded, prompt)
        or automatic(folded)
        or request(folded, prompt)
        or mistyped(folded, prompt)
        or wish(folded)
        or remark(folded, own)
    )
