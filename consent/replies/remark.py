"""What is left when nobody asked for anything: a remark a person should see, an opt-out word in an ordinary sense, or
neither."""

from consent.replies import english_senses, french, other_languages, spanish
from consent.replies.normalise import Folded
from consent.replies.pattern import joined
from consent.replies.prompts import COPIED, FOOTER
from consent.replies.request import NO_REQUEST, REVOKE, last_word
from consent.replies.shapes import Reply, ReplyClass, nothing, unclear
from consent.replies.words import EVERYDAY_WORDS, OPT_OUT_WORDS

_DOUBT = joined(
    english_senses.DOUBT, spanish.DOUBT, french.DOUBT, other_languages.DOUBT, english_senses.REFUSAL
)
_ORDINARY = joined(english_senses.ORDINARY, english_senses.MISSED, spanish.ORDINARY, french.ORDINARY)
_AUTOMATIC = joined(english_senses.AUTOMATIC, spanish.AUTOMATIC, french.AUTOMATIC)

# What a reply shows instead of saying it.
_REFUSING_SIGNS = frozenset("🚫⛔👎🖕🙅✋❌")
_LEFT_ALONE = "may be a wish to be left alone"


def automatic(folded: Folded) -> Reply | None:
    """What a machine answered: it revokes nothing, but a request in it is shown to a person. None if a person wrote."""
    found = folded.find(_AUTOMATIC)
    if found is None:
        return None
    if request := folded.without(FOOTER).find(REVOKE):
        return unclear(request, "an automatic answer that asks for no more messages")
    return nothing(found, "an automatic answer")


def remark(folded: Folded, own: str) -> Reply:
    """A reply in which no request was found."""
    said = folded.without(NO_REQUEST).without(_ORDINARY)
    if reply := last_word(folded, said):
        return reply
    if doubt := said.find(_DOUBT):
        return unclear(doubt, _LEFT_ALONE)
    if len(folded.words) == 1 and (sign := _refusing_sign(own)):
        return unclear(sign, _LEFT_ALONE)
    if left := set(said.words) & OPT_OUT_WORDS - EVERYDAY_WORDS:
        return unclear(min(left), "an opt-out word in a longer sentence")
    if copied := folded.find(COPIED):
        return unclear(copied, "repeats how to opt out")
    if named := set(folded.words) & OPT_OUT_WORDS:
        return nothing(min(named), "an opt-out word in an ordinary sense", klass=ReplyClass.REVIEW)
    return nothing("", "says nothing about being texted")


def wordless(own: str, *, empty: bool) -> Reply:
    """A reply with no words of the person's own: signs, or only what others wrote."""
    if sign := _refusing_sign(own):
        return unclear(sign, _LEFT_ALONE)
    return nothing("", "an empty message" if empty else "only a reaction, a quotation, a link or signs")


def _refusing_sign(own: str) -> str | None:
    return next((sign for sign in own if sign in _REFUSING_SIGNS), None)
