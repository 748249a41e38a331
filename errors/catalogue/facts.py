"""What is known about one error code, and what follows from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from errors.catalogue.categories import Category, CategoryFacts, Retry
from errors.catalogue.channels import provider_label
from errors.life import Status


class Phase(StrEnum):
    """When a code arises. SUBMIT: the provider refused the request. DELIVERY: it had accepted it. ACCOUNT: while
    setting something up. WEBHOOK: while the provider called us."""

    SUBMIT = "submit"
    DELIVERY = "delivery"
    ACCOUNT = "account"
    WEBHOOK = "webhook"

    @property
    def label(self) -> str:
        return _PHASE_LABELS[self]


_PHASE_LABELS = {
    Phase.SUBMIT: "When the request was made",
    Phase.DELIVERY: "After it was accepted",
    Phase.ACCOUNT: "While setting up the account",
    Phase.WEBHOOK: "While the provider called us",
}


class Confidence(StrEnum):
    """How far the source of a code can be trusted."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    CONTRADICTED = "contradicted"

    @property
    def label(self) -> str:
        return self.value.capitalize()

    @classmethod
    def of(cls, source: str) -> Confidence:
        """As the source's own remarks say: a conflict, or that it is not verified, partial, or the only one."""
        if "CONFLICT" in source:
            return cls.CONTRADICTED
        if re.search(r"unverified|\bpartial\b|single source", source, re.IGNORECASE):
            return cls.UNCONFIRMED
        return cls.CONFIRMED


class Scope(StrEnum):
    """What an opt-out reported by a provider ends."""

    SENDER = "sender"
    ACCOUNT = "account"
    REGISTRY = "registry"
    EITHER = "either"

    @property
    def label(self) -> str:
        return _SCOPE_LABELS[self]


_SCOPE_LABELS = {
    Scope.SENDER: "Messages from this sender or messaging service",
    Scope.ACCOUNT: "Messages from the whole account",
    Scope.REGISTRY: "A national register; the person did not write STOP to us",
    Scope.EITHER: "Not said: treat it as a STOP, do not quote it as one",
}


_SYMBOL = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")


@dataclass(frozen=True, slots=True)
class Advice:
    """Whether the same message may be tried again, and why."""

    retry: Retry
    words: str


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """One code of one provider. `code` is the text as the provider writes it: leading zeros count.

    `retry` is what the catalogue says, `is_permanent` what the provider itself says (None: nothing)."""

    provider: str
    product: str
    phase: Phase
    code: str
    name: str
    category: Category
    retry: Retry
    source: str = ""
    confidence: Confidence = Confidence.UNCONFIRMED
    catalogue: str = ""  # the file it comes from; "" for codes only met in logs
    is_permanent: bool | None = None
    is_ambiguous: bool = False
    is_notice: bool = False
    mark: str = ""  # why it is ambiguous, a notice, or of another scope than the sender
    scope: Scope = Scope.SENDER
    valid_from: date | None = None
    split_from: tuple[str, ...] = ()
    split_into: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.provider, self.product, self.phase.value, self.code)

    @property
    def is_named(self) -> bool:
        """Its title is a symbol that some answers carry instead of the code, e.g. EC_NO_RESPONSE."""
        return _SYMBOL.fullmatch(self.name) is not None

    @property
    def spellings(self) -> frozenset[str]:
        """The texts under which logs usually carry it."""
        return frozenset({self.code, *([self.name] if self.is_named else [])})

    @property
    def provider_label(self) -> str:
        return provider_label(self.provider, self.product)

    @property
    def kind(self) -> CategoryFacts:
        return self.category.facts

    @property
    def is_failure(self) -> bool:
        """Whether a message failed because of it: successes and notices look like codes, too."""
        return self.category is not Category.OK and not self.is_notice

    def phase_in(self, status: Status) -> Phase:
        """Whether a message that ended like this was refused with the code, or accepted before it. Some providers
        call a request "failed" that they never took: then the code is one that only arises at the request."""
        refused = status is Status.REJECTED or (status is Status.FAILED and self.phase is Phase.SUBMIT)
        return Phase.SUBMIT if refused else Phase.DELIVERY

    def advice(self, phase: Phase | None = None) -> Advice:
        """What to do about the same message when the code came in `phase` (None: where it usually comes)."""
        return advice(
            self.category, phase or self.phase, said=self.retry, is_ambiguous=self.is_ambiguous, why=self.mark
        )


# Whatever a single code says, these are never tried again as they are.
_NEVER = frozenset(
    {
        Category.OK,
        Category.INVALID_NUMBER,
        Category.NUMBER_INACTIVE,
        Category.NOT_SMS_CAPABLE,
        Category.OPTED_OUT,
        Category.RECIPIENT_BLOCKED,
        Category.DUPLICATE,
    }
)
NOTHING_SENT = "The provider refused the request, so nothing was sent."
MAY_HAVE_ARRIVED = (
    "The provider had accepted it, so the person may have received it: the same text may arrive twice."
)
_RETRY_WORDS = {
    Retry.YES: "It may be tried again soon.",
    Retry.LATER: "It may be tried again later.",
    Retry.ONCE: "It may be tried once more, later.",
    Retry.AFTER_FIX: "It may be sent again after what is wrong was changed, not before.",
    Retry.CHECK_FIRST: "Find out first what became of this one; the code does not prove that it failed.",
    Retry.NEVER: "Do not send it again to this number as it is.",
}


def advice(
    category: Category,
    phase: Phase,
    *,
    said: Retry | None = None,
    is_ambiguous: bool = False,
    why: str = "",
) -> Advice:
    """Whether to retry: decided by kind and phase together; a code's own word (`said`) refines it.

    Refused at submit means that nothing was sent; after acceptance an unchanged retry may be a duplicate."""
    retry = _retry(category, phase, said or category.facts.retry, is_ambiguous)
    words = [_RETRY_WORDS[retry]]
    if retry is Retry.NEVER and category is Category.OK:
        return Advice(retry, "There is nothing to try again.")
    if is_ambiguous and why:
        words.append(f"{why[0].upper()}{why[1:]}.")
    elif category.facts.pace:
        words.append(category.facts.pace)
    if phase is Phase.SUBMIT and not is_ambiguous:
        words.append(NOTHING_SENT)
    elif phase is Phase.DELIVERY and retry in (Retry.YES, Retry.LATER, Retry.ONCE):
        words.append(MAY_HAVE_ARRIVED)
    return Advice(retry, " ".join(words))


def _retry(category: Category, phase: Phase, said: Retry, is_ambiguous: bool) -> Retry:
    if is_ambiguous:
        return Retry.CHECK_FIRST
    if category in _NEVER:
        return Retry.NEVER
    accepted = phase is Phase.DELIVERY
    if said is Retry.NEVER:
        # "No" without a known reason is no knowledge that it failed.
        return Retry.CHECK_FIRST if category is Category.UNKNOWN else Retry.NEVER
    if category is Category.PROVIDER_ERROR and accepted and said in (Retry.YES, Retry.LATER):
        return Retry.CHECK_FIRST
    if category is Category.UNKNOWN and said in (Retry.YES, Retry.LATER):
        return Retry.ONCE
    if said is Retry.YES and accepted:
        return Retry.LATER
    return said
