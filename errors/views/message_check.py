"""Check a message before it is sent: what it becomes on the way, what it costs, and what is wrong with it. Nothing
that is typed here is stored, and none of it stands in an address or a log."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from consent.models import Program, Sender
from errors.audience import MOST_ROWS, draft_findings, is_of_text
from errors.bubbles import Bubble, Place, bubbles, code_of
from errors.encoding import Forcing, Measure, Plainer, forcing, measure, money, plainer
from errors.message_form import MessageCheckForm
from errors.models import NumberFinding
from errors.preflight import (
    Code,
    Consent,
    Finding,
    Message,
    Severity,
    Verdict,
    verdict,
)
from errors.preflight.recipient import read_recipient
from errors.recipients import Recipient, branded, programs_of, recipients
from errors.rulebook import day_of, in_force

# Shown in the words themselves, character by character.
_ENCODING = {Code.BODY_UCS2, Code.BODY_UCS2_COSTLY}
SHOWN = 12  # characters that force UCS-2
FAITHFUL, RESPELLED = "faithful", "respelled"


@dataclass(frozen=True, slots=True)
class Note:
    """One finding with its number on the page."""

    number: int
    finding: Finding

    @property
    def places(self) -> tuple[Place, ...]:
        return () if self.finding.code in _ENCODING else self.finding.places


@dataclass(frozen=True, slots=True)
class Forced:
    """A character that forces UCS-2, as it is shown: a mark needs something to sit on, what leaves no ink its code."""

    char: Forcing

    @property
    def code(self) -> str:
        return code_of(self.char.char)

    @property
    def shown(self) -> str:
        return f"◌{self.char.char}" if unicodedata.combining(self.char.char) else self.char.char


@dataclass(frozen=True, slots=True)
class Offer:
    """Another way to write the text. `name` is what the button sends; `costs`: how much less a message costs."""

    name: str
    plainer: Plainer
    costs: str

    @property
    def changes(self) -> list[tuple[str, str, int]]:
        """What is written instead of what, and how often."""
        counted: dict[tuple[str, str], int] = {}
        for change in self.plainer.changes:
            key = (_seen(change.was), _seen(change.instead))
            counted[key] = counted.get(key, 0) + 1
        return [(was, instead, times) for (was, instead), times in counted.items()]


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything the page says about one message. `without` is what the text would take without the characters that
    nothing can be written for; `recipient` is None for a number we do not know, `looked_up` says whether we looked."""

    message: Message
    measure: Measure
    characters: int
    bubbles: Sequence[Bubble]
    forcing: Sequence[Forced]
    offers: Sequence[Offer]
    kept: Sequence[str]
    without: Measure
    notes: Sequence[Note]
    verdict: Verdict
    price: str
    recipient: Recipient | None
    unreached: NumberFinding | None
    looked_up: bool

    @property
    def of_text(self) -> Verdict:
        """What the text alone comes to, whoever gets it."""
        return verdict(note.finding for note in self.notes if is_of_text(note.finding))

    @property
    def left(self) -> int:
        """Units that still fit into the last segment."""
        return self.bubbles[-1].left

    @property
    def more_forcing(self) -> int:
        return len(self.forcing) - SHOWN

    @property
    def not_looked_at(self) -> list[str]:
        """What a text without recipient or sender could not be checked for."""
        missing = []
        if not self.message.to:
            missing.append("number, consent, holds and repeats, for want of a recipient")
            if not self.message.country:
                missing.append("what the recipient's country wants, for want of a country")
        if not self.message.sender:
            missing.append("the sender, for want of one")
        if not self.message.body:
            missing.append("the text, for want of one")
        return missing

    @property
    def has_double(self) -> bool:
        return any(run.is_double for bubble in self.bubbles for run in bubble.runs)

    @property
    def has_noted(self) -> bool:
        return any(note.places for note in self.notes)

    @property
    def has_legend(self) -> bool:
        return bool(self.forcing) or self.has_double or self.has_noted


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs("errors.view_sendattempt")
def message_check(request: HttpRequest) -> HttpResponse:
    """The page; by the buttons it works without script."""
    now = timezone.now()
    form = MessageCheckForm(request.POST) if request.method == "POST" else MessageCheckForm()
    if form.is_bound and request.POST.get("use") in (FAITHFUL, RESPELLED) and form.is_valid():
        form = _rewritten(request, form)
    return render_in_admin(request, "errors/message_check.html", page_of_check(request, form, now))


@never_cache
@sensitive_post_parameters()
@require_POST
@needs("errors.view_sendattempt")
def message_check_live(request: HttpRequest) -> HttpResponse:
    """The answer alone, for the page while somebody types."""
    shown = page_of_check(request, MessageCheckForm(request.POST), timezone.now())
    return render(request, "errors/_message_check.html", shown)


def page_of_check(request: HttpRequest, form: MessageCheckForm, now: datetime) -> dict[str, Any]:
    """What the page and its live part show."""
    valid = form.is_bound and form.is_valid()
    is_blank = not valid or not (form.cleaned_data["body"] or form.cleaned_data["to"])
    return {
        "title": "Check a message",
        "subtitle": "What a text becomes on its way, and what would stop it. Nothing typed here is stored.",
        "current": "check",
        "form": form,
        "most_rows": MOST_ROWS,
        "may_see_rules": can(request.user, "errors.view_preflightrule"),
        "senders": Sender.objects.order_by("address").values_list("address", flat=True)[:200],
        "checked": None if is_blank else checked(form, request.user, now),
    }


def _rewritten(request: HttpRequest, form: MessageCheckForm) -> MessageCheckForm:
    """The form with the replacement text that somebody asked for."""
    body = form.cleaned_data["body"]
    instead = plainer(body, respelled=request.POST["use"] == RESPELLED).text
    return MessageCheckForm({**request.POST.dict(), "body": instead})


def checked(form: MessageCheckForm, user: User | AnonymousUser, now: datetime) -> Checked:
    """The check of a valid form, with what our records say where the person may see it."""
    message = form.message()
    programs = programs_in(form)
    looked_up = bool(message.to) and can(user, "consent.view_number")
    recipient = _recipient(message, programs, now) if looked_up else None
    message = _informed(branded(message, programs), recipient)
    rules = in_force(day_of(message.at, now))
    found = draft_findings(message, rules, now, recipient.recent if recipient else ())
    found.sort(key=lambda finding: list(Severity).index(finding.severity))
    notes = [Note(number, finding) for number, finding in enumerate(found, 1)]
    text, price = message.body, form.cleaned_data["price"]
    kept = _kept(text)
    return Checked(
        message=message,
        measure=measure(text),
        characters=len(text),
        bubbles=bubbles(text, [note.places for note in notes]),
        forcing=[Forced(char) for char in forcing(text)],
        offers=_offers(text, price),
        kept=kept,
        without=measure(_without(text, kept)),
        notes=notes,
        verdict=verdict(note.finding for note in notes),
        price=money(price, measure(text).segments),
        recipient=recipient,
        unreached=_unreached(recipient),
        looked_up=looked_up,
    )


def programs_in(form: MessageCheckForm) -> list[Program]:
    """The program that was chosen, else those of the sender."""
    chosen = form.cleaned_data["program"]
    return [chosen] if chosen else programs_of(form.cleaned_data["sender"])


def _recipient(message: Message, programs: Sequence[Program], now: datetime) -> Recipient | None:
    e164 = read_recipient(message).e164
    return recipients([e164], programs, now=now).get(e164) if e164 else None


def _unreached(recipient: Recipient | None) -> NumberFinding | None:
    """That texts do not reach the number, as its sends say."""
    return (
        NumberFinding.objects.filter(number=recipient.number_id, cleared_at=None).first()
        if recipient
        else None
    )


def _informed(message: Message, recipient: Recipient | None) -> Message:
    """The message with what we know. Without a recipient nobody's consent is in question."""
    if recipient is not None:
        return replace(message, consent=recipient.consent, held=recipient.held)
    return message if message.to else replace(message, consent=Consent.OPTED_IN)


def _offers(text: str, price: Decimal | None) -> list[Offer]:
    """The replacement that nobody notices, and the one that changes spelling, where they make the text cheaper or
    leave it in GSM-7."""
    offers: list[Offer] = []
    for name, respelled in ((FAITHFUL, False), (RESPELLED, True)):
        other = plainer(text, respelled=respelled)
        helps = bool(other.changes) and (other.saves > 0 or (other.is_gsm and not other.saves))
        if helps and all(offer.plainer.text != other.text for offer in offers):
            offers.append(Offer(name, other, money(price, other.saves)))
    return offers


def _kept(text: str) -> list[str]:
    """The characters that force UCS-2 and that nothing can be written for, each once."""
    return [char.char for char in forcing(text) if char.instead is None]


def _without(text: str, kept: Sequence[str]) -> str:
    return plainer(text, respelled=True).text.translate(dict.fromkeys(map(ord, kept)))


def _seen(written: str) -> str:
    """A piece of text that can be seen: a space, a line end or nothing by its name."""
    named = {"": "nothing", " ": "a space", "\n": "a line end"}
    return named.get(written) or code_of(written) or written
