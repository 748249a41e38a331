"""Replies that are one word and courtesy: keywords, and short answers to what we asked."""

from consent.replies.normalise import Folded
from consent.replies.prompts import Prompt
from consent.replies.shapes import (
    Reply,
    ReplyClass,
    ReplyScope,
    call_for_help,
    explicit,
    likely,
    nothing,
    start,
    unclear,
    wish_for_texts,
)
from consent.replies.words import (
    AGREEMENTS,
    COURTESY,
    EVERYDAY_WORDS,
    FILLERS,
    HELP_WORDS,
    PER_SE,
    REFUSALS,
    SOFT_START_WORDS,
    SOFT_STOP_WORDS,
    START_WORDS,
    STOP_ALL,
    STOP_WORDS,
    SURE_WORDS,
    WRITTEN_APART,
    YES_WORDS,
)


def keyword(folded: Folded, prompt: Prompt) -> Reply | None:
    """The reply if it is a keyword with nothing around it but courtesy, or little else; else None."""
    if folded.squeezed in STOP_WORDS | STOP_ALL:
        return _stop(folded.squeezed, between(folded.words, COURTESY), prompt, polite=True)
    core = between(folded.words, COURTESY)
    if reply := _polite(folded.squeezed, core, prompt):
        return reply
    core = between(folded.words, FILLERS)
    word = "".join(core)
    if word in STOP_WORDS | STOP_ALL | SOFT_STOP_WORDS or _repeated(core):
        return _stop(word, core, prompt, polite=False)
    if word in START_WORDS:
        refused = not REFUSALS.isdisjoint(folded.words)
        return unclear(word, "an opt-in word with a no") if refused else wish_for_texts(word)
    return None


def answer(folded: Folded, prompt: Prompt) -> Reply | None:
    """The reply if it is a short answer to the message before it; else None."""
    said = [word for word in folded.words if word not in COURTESY]
    word = "".join(said)
    if prompt.offers_to_stop_with(word):
        return likely(word, "the answer that our message offered to end it")
    if word in REFUSALS and prompt.asks_to_go_on():
        return likely(word, "answers no to our question whether to go on texting")
    agrees = word in AGREEMENTS or (said and AGREEMENTS.issuperset(said))
    if agrees and prompt.asks_to_opt_in():
        return start(word, "agrees to our question whether to text", klass=ReplyClass.YES)
    if word in YES_WORDS and len(folded.words) == 1:
        if word == "yes" and not prompt.known:
            return start(word, "a bare YES: an opt-in only if we had asked for it", klass=ReplyClass.YES)
        return nothing(word, "a bare yes that answers no question about texting", klass=ReplyClass.YES)
    return None


def between(words: tuple[str, ...], fillers: frozenset[str]) -> tuple[str, ...]:
    """The words between leading and trailing fillers; all of them if they are nothing but fillers."""
    start, end = 0, len(words)
    while start < end and words[start] in fillers:
        start += 1
    while end > start and words[end - 1] in fillers:
        end -= 1
    return words[start:end] or words


def _polite(squeezed: str, core: tuple[str, ...], prompt: Prompt) -> Reply | None:
    """A keyword that stands alone or with courtesy."""
    word = "".join(core)
    if word in STOP_WORDS | STOP_ALL | SOFT_STOP_WORDS or _repeated(core) or _run_on(squeezed):
        return _stop(word, core, prompt, polite=True)
    word = core[0] if len(set(core)) == 1 else word  # start start
    if word in START_WORDS | SOFT_START_WORDS and prompt.uses(word) and not prompt.offers(word):
        return unclear(word, "an opt-in word that may answer our question instead")
    if word in START_WORDS:
        return start(word, "the whole message is an opt-in word")
    if word in SOFT_START_WORDS:
        return wish_for_texts(word)
    if word in HELP_WORDS:
        return (
            nothing(word, "our message offered this word as an answer")
            if prompt.uses(word)
            else call_for_help(word)
        )
    return None


def _stop(word: str, core: tuple[str, ...], prompt: Prompt, *, polite: bool) -> Reply | None:
    """The whole message is an opt-out word.

    The regulator's words act whatever we asked, the others may answer our question. With more than courtesy around it a
    word decides only if it has no other sense: "ok stop" does, "I want to cancel" does not.
    """
    per_se = not PER_SE.isdisjoint((word, *core))
    sure = word in STOP_ALL or (EVERYDAY_WORDS.isdisjoint(core) and (per_se or word in SURE_WORDS))
    if not polite and not sure:
        return None
    may_answer = prompt.uses(word) or (word in SOFT_STOP_WORDS and prompt.asks_something_else())
    if not per_se and may_answer and not prompt.offers_to_stop_with(word):
        return unclear(word, "an opt-out word that may answer our question instead")
    scope = ReplyScope.ALL if word in STOP_ALL else ReplyScope.SENDER
    as_listed = len(core) == 1 or " ".join(core) in WRITTEN_APART or _repeated(core)
    if polite and as_listed and word not in SOFT_STOP_WORDS:
        return explicit(word, "the whole message is an opt-out word", scope=scope)
    return likely(word, "an opt-out word and little else", scope=scope)


def _repeated(core: tuple[str, ...]) -> bool:
    """Opt-out words and nothing else: stop stop, stop end."""
    return len(core) > 1 and all(word in STOP_WORDS for word in core)


def _run_on(squeezed: str) -> bool:
    """stopstop, opt out opt out"""
    return any(
        len(squeezed) > len(word) and squeezed == word * (len(squeezed) // len(word)) for word in PER_SE
    )
