"""Reads one reply: what did this person say about being texted?

The stages, first answer wins: what the person typed themselves, whole-message words, answers to our own question,
requests in plain language, wrong numbers, slips of the finger, opt-ins, calls for help, doubts. A plausible request to
stop ends as a stop or before a person; only what is surely about something else ends as nothing.
"""

from dataclasses import replace

from consent.replies import english, english_senses, french, other_languages, spanish
from consent.replies.normalise import LONGEST_READ, Folded, fold, visible
from consent.replies.own_words import own_words
from consent.replies.pattern import Phrases, joined
from consent.replies.prompts import Prompt
from consent.replies.shapes import Meaning, Reply, ReplyClass, ReplyScope
from consent.replies.slips import PER_SE_LIKE, PHRASE_WORDS, meant
from consent.replies.words import (
    AGREEMENTS,
    COURTESY,
    FILLERS,
    HELP_WORDS,
    OPT_OUT_WORDS,
    PER_SE,
    REFUSALS,
    SOFT_START_WORDS,
    SOFT_STOP_WORDS,
    START_WORDS,
    STOP_ALL,
    STOP_WORDS,
    YES_WORDS,
)

_NEGATED = joined(english.NEGATED, spanish.NEGATED, french.NEGATED)
_REVOKE = joined(english.REVOKE, spanish.REVOKE, french.REVOKE, other_languages.REVOKE)
_REVOKE_SENDER = joined(english.REVOKE_SENDER, spanish.REVOKE_SENDER, french.REVOKE_SENDER)
_WRONG_NUMBER = joined(
    english.WRONG_NUMBER, spanish.WRONG_NUMBER, french.WRONG_NUMBER, other_languages.WRONG_NUMBER
)
_START = joined(english.START, spanish.START, french.START)
_HELP = joined(english.HELP, spanish.HELP, french.HELP)
_DOUBT = joined(english_senses.DOUBT, spanish.DOUBT, french.DOUBT, english_senses.REFUSAL)
_ORDINARY = joined(
    english_senses.ORDINARY, english_senses.MISSED, english.TEXT_RATHER, spanish.ORDINARY, french.ORDINARY
)
_LAST_WORD = english_senses.LAST_WORD
_AUTOMATIC = joined(english_senses.AUTOMATIC, spanish.AUTOMATIC, french.AUTOMATIC)

# Opt-out words of no other sense, when a sentence consists of one.
_ALONE = frozenset("stopall unsub arret arretez arrete basta paren desuscribir desabonner".split())
# What a reply shows instead of saying it.
_REFUSING_SIGNS = frozenset("🚫⛔👎🖕🙅✋❌")
# Opt-out words that mean nothing else, so that "hi" or "I want to" around them changes nothing.
_SURE_WORDS = frozenset("stopall unsub unsubscribeme optmeout nomore notexts notexting nomoretexts stopit dnc".split())
_WRITTEN_APART = frozenset(
    ("opt out", "opt out all", "stop all", "end all", "quit all", "cancel all", "unsubscribe all", "stop everything",
     "no mas", "ya no mas", "dar de baja", "darme de baja", "darse de baja", "cancelar suscripcion", "arret tout",
     "stop tout", "stop sms", "stop pub")
)  # fmt: skip
# These answer many business questions ("do you want to cancel?"), so little may stand around them.
_BUSINESS_WORDS = frozenset("end quit cancel revoke".split())
_SHORT = 3
_LONGEST_SLIP = 25


def read(text: str | None, *, last_outbound: str = "") -> Reply:
    """What a reply means for consent, and what decided it.

    `text` is the body as received; None is an empty body (a picture alone). `last_outbound` is our last message to
    that number, empty if not known. Raises TypeError when either is no text. Takes time linear in the text.
    """
    if text is None:
        text = ""
    if not isinstance(text, str) or not isinstance(last_outbound, str):
        wrong = text if not isinstance(text, str) else last_outbound
        raise TypeError(f"a reply and the message before it are text, not {type(wrong).__name__}")
    seen, cut = visible(text)
    own = own_words(seen)
    folded = fold(own)
    if not folded.words:
        return _without_words(own, seen)
    reply = _read_words(folded, own, Prompt(visible(last_outbound)[0]))
    if cut and reply.klass is ReplyClass.NONE and any(word in text.casefold() for word in PER_SE):
        return _review(
            Meaning.UNCLEAR, "", f"longer than {LONGEST_READ} characters and names an opt-out word"
        )
    return reply


def _read_words(folded: Folded, own: str, prompt: Prompt) -> Reply:
    """A reply that has words of the person's own."""
    reply = _whole_message(folded, prompt) or _answer(folded, prompt)
    if reply is not None:
        return reply
    if _AUTOMATIC.find(folded.loose):
        return _automatic(folded)
    return _request(folded) or _slip(folded, prompt) or _wish(folded) or _remainder(folded, own)


def _whole_message(folded: Folded, prompt: Prompt) -> Reply | None:
    """The message is a keyword, with nothing around it but courtesy, or little else."""
    words = folded.words
    core = _between(words, COURTESY)
    return _keyword(folded.squeezed, core, prompt, polite=True) or _keyword(
        folded.squeezed, _between(words, FILLERS), prompt, polite=len(core) == len(_between(words, FILLERS))
    )


def _keyword(squeezed: str, core: tuple[str, ...], prompt: Prompt, *, polite: bool) -> Reply | None:
    """Reads the words that are left between fillers; `polite` says that only courtesy was left out."""
    word = "".join(core)
    if squeezed in STOP_WORDS | STOP_ALL:
        return _stop_word(squeezed, core, prompt, polite=True)
    if word in STOP_WORDS | STOP_ALL | SOFT_STOP_WORDS or _repeated(squeezed, core):
        return _stop_word(word, core, prompt, polite=polite)
    if word in START_WORDS or (word in SOFT_START_WORDS and polite):
        if word in SOFT_START_WORDS and prompt.uses(word) and not prompt.asks_to_opt_in():
            return _review(Meaning.UNCLEAR, word, "an opt-in word that may answer our question instead")
        return _sender(Meaning.START, ReplyClass.START, word, "the whole message is an opt-in word")
    if word in HELP_WORDS and polite:
        if prompt.uses(word):
            return Reply(Meaning.NONE, ReplyClass.NONE, None, word, "our message offered this word as an answer")
        return Reply(Meaning.HELP, ReplyClass.HELP, None, word, "the whole message asks for help")
    return None


def _stop_word(word: str, core: tuple[str, ...], prompt: Prompt, *, polite: bool) -> Reply | None:
    """The whole message is an opt-out word.

    The regulator's words act whatever we asked; other words may answer our question, and everyday words such as CANCEL
    decide only when nothing but courtesy surrounds them.
    """
    per_se = not PER_SE.isdisjoint((word, *core))
    sure = word in STOP_ALL or (_BUSINESS_WORDS.isdisjoint(core) and (per_se or word in _SURE_WORDS))
    if not polite and not sure:
        return None
    if not per_se and prompt.uses(word):
        return _review(Meaning.UNCLEAR, word, "an opt-out word that may answer our question instead")
    scope = ReplyScope.ALL if word in STOP_ALL else ReplyScope.SENDER
    written_so = len(core) == 1 or " ".join(core) in _WRITTEN_APART or all(piece in STOP_WORDS for piece in core)
    if polite and written_so and word not in SOFT_STOP_WORDS:
        return Reply(Meaning.STOP, ReplyClass.REVOKE_EXPLICIT, scope, word, "the whole message is an opt-out word")
    return Reply(Meaning.STOP, ReplyClass.REVOKE_LIKELY, scope, word, "an opt-out word and little else")


def _between(words: tuple[str, ...], fillers: frozenset[str]) -> tuple[str, ...]:
    """The words between leading and trailing fillers; all of them if they are nothing but fillers."""
    start, end = 0, len(words)
    while start < end and words[start] in fillers:
        start += 1
    while end > start and words[end - 1] in fillers:
        end -= 1
    return words[start:end] or words


def _repeated(squeezed: str, core: tuple[str, ...]) -> bool:
    """Opt-out words and nothing else: stop stop, stopstop, stop end."""
    several = len(core) > 1 and all(word in STOP_WORDS for word in core)
    return several or (len(squeezed) > len("stop") and squeezed == "stop" * (len(squeezed) // len("stop")))


def _answer(folded: Folded, prompt: Prompt) -> Reply | None:
    """A short answer, read with the question it answers."""
    words = [word for word in folded.words if word not in COURTESY] or list(folded.words)
    word = "".join(words)
    if prompt.offers_to_stop_with(word):
        why = "the answer that our message offered to end it"
        return Reply(Meaning.STOP, ReplyClass.REVOKE_LIKELY, ReplyScope.SENDER, word, why)
    if word in REFUSALS and (prompt.asks_to_go_on() or prompt.asks_to_opt_in()):
        if prompt.asks_to_go_on():
            why = "answers no to our question whether to go on texting"
            return Reply(Meaning.STOP, ReplyClass.REVOKE_LIKELY, ReplyScope.SENDER, word, why)
    if word in AGREEMENTS and prompt.asks_to_opt_in():
        return _sender(Meaning.START, ReplyClass.YES, word, "agrees to our question whether to text")
    if word in YES_WORDS and len(folded.words) == 1:
        if word == "yes" and not prompt.known:
            return _sender(
                Meaning.START, ReplyClass.YES, word, "a bare YES; an opt-in only if we had asked for it"
            )
        return _sender(
            Meaning.NONE, ReplyClass.YES, word, "a bare yes that answers no question about texting"
        )
    return None


def _automatic(folded: Folded) -> Reply:
    """A machine answered. It revokes nothing, but a request in it is shown to a person."""
    if request := _found(_REVOKE, folded):
        return _review(Meaning.UNCLEAR, request, "an automatic answer that asks for no more messages")
    return Reply(
        Meaning.NONE, ReplyClass.NONE, None, _AUTOMATIC.find(folded.loose) or "", "an automatic answer"
    )


def _request(folded: Folded) -> Reply | None:
    """A request to stop, or word that the person is not the one we mean, in plain language."""
    meant_so = _without(_NEGATED, folded)
    wrong = _found(_WRONG_NUMBER, meant_so)
    if wrong:
        return Reply(
            Meaning.STOP,
            ReplyClass.WRONG_NUMBER,
            ReplyScope.ALL,
            wrong,
            "says that the number is another person's",
        )
    if english.TEXT_RATHER.find(meant_so.loose):
        return None
    banter = english_senses.BANTER.find(folded.loose)
    if request := _found(_REVOKE, meant_so):
        if banter and not {"text", "texts", "message", "messages", "unsubscribe", "list"} & set(folded.words):
            return _review(Meaning.UNCLEAR, request, "reads like a request to stop, in a joking tone")
        return Reply(
            Meaning.STOP,
            ReplyClass.REVOKE_LIKELY,
            ReplyScope.ALL,
            request,
            "asks in plain language for no more messages",
        )
    if request := _found(_REVOKE_SENDER, meant_so):
        if banter:
            return _review(Meaning.UNCLEAR, request, "reads like a request to stop, in a joking tone")
        return Reply(
            Meaning.STOP,
            ReplyClass.REVOKE_LIKELY,
            ReplyScope.SENDER,
            request,
            "an opt-out word and little else",
        )
    return _sentence_alone(folded, meant_so, joking=bool(banter))


def _sentence_alone(folded: Folded, meant_so: Folded, *, joking: bool) -> Reply | None:
    """One sentence, or what stands before or after a comma, is an opt-out word by itself."""
    for piece in meant_so.strict.replace(" , ", " . ").split(" . "):
        core = _between(tuple(piece.strip(" .").split()), FILLERS)
        word = "".join(core)
        if word not in PER_SE | _ALONE:
            continue
        if joking or (word in _BUSINESS_WORDS and not set(folded.words) <= FILLERS | {word}):
            return _review(Meaning.UNCLEAR, word, "an opt-out word among other remarks")
        courteous = set(folded.words) - set(core) <= COURTESY
        klass = ReplyClass.REVOKE_EXPLICIT if courteous else ReplyClass.REVOKE_LIKELY
        return Reply(Meaning.STOP, klass, ReplyScope.SENDER, word, "a sentence that is an opt-out word by itself")
    return None


def _slip(folded: Folded, prompt: Prompt) -> Reply | None:
    """A mistyped request, read as what was meant.

    A keyword is looked for in short messages only; in longer ones the mended words must make up a whole request.
    """
    if len(folded.words) > _LONGEST_SLIP:
        return None
    short = len(folded.words) <= _SHORT
    mended = " ".join(meant(word, PER_SE_LIKE + PHRASE_WORDS if short else PHRASE_WORDS) or word for word in folded.loose.split())
    again = _whole_message(fold(mended), prompt) if short else None
    again = again or _request(fold(mended))
    if again is None and short:
        mended = _run_together(folded.squeezed) or meant(folded.squeezed, PER_SE_LIKE) or ""
        again = _whole_message(fold(mended), prompt) or _request(fold(mended))
    if again is None or again.meaning is not Meaning.STOP:
        return None
    why = f"a slip of the finger for {mended.strip(' .')!r}"
    return replace(again, klass=_at_most_likely(again.klass), why=why)


def _at_most_likely(klass: ReplyClass) -> ReplyClass:
    return ReplyClass.REVOKE_LIKELY if klass is ReplyClass.REVOKE_EXPLICIT else klass


_RUN_TOGETHER = ("stop", "unsubscribe")
_RUN_ON = {
    "please": "please", "pls": "please", "plz": "please", "now": "now", "it": "it", "texting": "texting",
    "textingme": "texting me", "txting": "texting", "messages": "messages", "texts": "texts", "me": "me", "this": "this",
    "messaging": "messaging", "messagingme": "messaging me", "thanks": "thanks", "msgs": "messages", "txt": "text",
    "sms": "sms", "quit": "quit", "end": "end", "2quit": "quit", "2end": "end", "2stop": "", "2": "", "1": "",
    "spam": "spam", "spamming": "spamming", "contactingme": "contacting me", "unsubscribe": "unsubscribe",
}  # fmt: skip


def _run_together(squeezed: str) -> str | None:
    """A request written without spaces: stoptextingme."""
    for word in _RUN_TOGETHER:
        if squeezed.startswith(word) and squeezed[len(word) :] in _RUN_ON:
            return f"{word} {_RUN_ON[squeezed[len(word) :]]}".strip()
    return None


def _wish(folded: Folded) -> Reply | None:
    """A wish to be texted again, or a call for help."""
    if wish := _found(_START, folded):
        return _sender(Meaning.START, ReplyClass.START, wish, "asks in plain language to be texted")
    if call := _found(_HELP, folded):
        return Reply(Meaning.HELP, ReplyClass.HELP, None, call, "asks for help")
    return None


def _remainder(folded: Folded, own: str) -> Reply:
    """Nothing decided: a remark a person should see, an opt-out word in an ordinary sentence, or neither."""
    meant_so = _without(_ORDINARY, _without(_NEGATED, folded))
    if last := _found(_LAST_WORD, meant_so):
        if english_senses.BANTER.find(folded.loose):
            return _review(Meaning.UNCLEAR, last, "reads like a request to stop, in a joking tone")
        return Reply(Meaning.STOP, ReplyClass.REVOKE_LIKELY, ReplyScope.SENDER, last, "ends with an opt-out word")
    if doubt := _found(_DOUBT, meant_so):
        return _review(Meaning.UNCLEAR, doubt, "may be a wish to be left alone")
    if sign := next((sign for sign in own if sign in _REFUSING_SIGNS), ""):
        if len(folded.words) <= 1:
            return _review(Meaning.UNCLEAR, sign, "may be a wish to be left alone")
    left = set(meant_so.words) & (OPT_OUT_WORDS - _BUSINESS_WORDS)
    if left:
        return _review(Meaning.UNCLEAR, min(left), "an opt-out word in a longer sentence")
    if named := set(folded.words) & OPT_OUT_WORDS:
        return _review(Meaning.NONE, min(named), "an opt-out word in an ordinary sense")
    return Reply(Meaning.NONE, ReplyClass.NONE, None, "", "says nothing about being texted")


def _without_words(own: str, seen: str) -> Reply:
    """Nothing typed but signs, or nothing of the person's own."""
    if sign := next((sign for sign in own if sign in _REFUSING_SIGNS), ""):
        return _review(Meaning.UNCLEAR, sign, "may be a wish to be left alone")
    why = "only a reaction, a quotation or a link" if seen else "an empty message"
    return Reply(Meaning.NONE, ReplyClass.NONE, None, "", why)


def _found(group: Phrases, folded: Folded) -> str | None:
    for view in folded.views:
        if found := group.find(view):
            return found
    return None


def _without(group: Phrases, folded: Folded) -> Folded:
    """The reply with phrases blanked out."""
    strict, loose, named = (group.blank(view) for view in (folded.strict, folded.loose, folded.named))
    words = tuple(word for word in loose.split() if word not in ".,")
    return replace(folded, words=words, strict=strict, loose=loose, named=named)


def _sender(meaning: Meaning, klass: ReplyClass, matched: str, why: str) -> Reply:
    return Reply(meaning, klass, ReplyScope.SENDER, matched, why)


def _review(meaning: Meaning, matched: str, why: str) -> Reply:
    return Reply(meaning, ReplyClass.REVIEW, None, matched, why)
