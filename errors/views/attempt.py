"""One send: what was asked of the provider, everything that was reported about it, and what stands around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.words import phone, staff_words
from consent.models import Flag
from consent.views.evidence import people_of
from errors import life
from errors.catalogue import Advice, Explanation, Meaning, explain, normal_code, provider_label
from errors.encoding import forcing
from errors.models import DIMENSIONS, AttemptEvent, ErrorCode, NumberFinding, Pattern, SendAttempt
from errors.slices import agree
from errors.standing import standing
from errors.views.attempt_list import rows_of

AROUND = timedelta(hours=24)  # other sends to the number within this time may be the same text twice
SHOWN = 20
PATTERNS = 500
S = life.Status
SAID = {
    S.UNMAPPED: "The provider used a word for its state that nobody has explained yet.",
    S.QUEUED: "It waits to be handed to the provider.",
    S.SUBMIT_UNKNOWN: "The request went out and no answer came back: nobody knows whether it was sent. Look it up at "
    "the provider before anybody sends it again.",
    S.ACCEPTED: "The provider took it; nothing is known of what came after.",
    S.SCHEDULED: "The provider took it and sends it at a later time.",
    S.SENDING: "The provider is handing it to the operator.",
    S.SENT: "Handed to the operator; delivery is not confirmed.",
    S.DELIVERY_UNKNOWN: "Handed to the operator; no final report came within the time that reports take.",
    S.CANCELED: "It was called off before it was sent.",
    S.BLOCKED: "Our own checks held it back; nothing was sent.",
    S.PARTIALLY_DELIVERED: "Some parts of it arrived and some did not: the person did not get the whole text.",
    S.EXPIRED: "It was not delivered in the time it was valid for.",
    S.UNDELIVERED: "The operator did not deliver it.",
    S.FAILED: "It failed.",
    S.REJECTED: "The provider refused it; nothing was sent.",
    S.DELIVERED: "It arrived at the phone.",
    S.READ: "It arrived, and was opened.",
}


@dataclass(frozen=True, slots=True)
class Why:
    """The code of a send, explained. `page` is the code's own, where it has one."""

    meaning: Meaning
    explanation: Explanation
    advice: Advice
    page: ErrorCode | None


@require_GET
@needs("errors.view_sendattempt")
def attempt(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    sent = get_object_or_404(SendAttempt.objects.select_related("number", "batch", "system"), pk=pk)
    to = phone(sent.number.e164) if sent.number else sent.recipient or "nobody known"
    others = _around(sent)
    context: dict[str, Any] = {
        "title": f"Text to {to}",
        "subtitle": " · ".join(filter(None, [sent.campaign, staff_words(sent.submitted_at)])),
        "crumbs": [("Send log", reverse("errors:attempt_list"))],
        "current": "attempts",
        "sent": sent,
        "provider": provider_label(sent.provider),
        "said": SAID[S(sent.status)],
        "why": _why(sent),
        "forcing": forcing(sent.body) if sent.encoding == "UCS-2" else (),
        "request_cells": sorted(sent.request.items()) if isinstance(sent.request, dict) else [],
        "events": _events(sent),
        "people": people_of([sent.number_id]).get(sent.number_id, []) if sent.number_id else [],
        "chain": rows_of(_chain(sent)),
        "around": rows_of(others),
        "same_text": {other.pk for other in others if _is_same_text(sent, other)},
        "standing": standing(sent.number, sent.sender, sent.submitted_at, now) if sent.number else [],
        "finding": NumberFinding.objects.filter(number=sent.number_id).first() if sent.number_id else None,
        "flags": _flags(sent) if sent.number_id and can(request.user, "consent.view_flag") else [],
        "patterns": _patterns(sent) if can(request.user, "errors.view_pattern") else [],
    }
    return render_in_admin(request, "errors/attempt.html", context)


def _why(sent: SendAttempt) -> Why | None:
    """What the code means; also for a failure that came without one, never for a success."""
    if not sent.error_code and not sent.is_failed:
        return None
    book = ErrorCode.objects.as_catalogue()
    # Reports carry the codes of receipts, those of a refusal too: the phase is for the advice alone.
    meaning = book.look_up(sent.provider, sent.error_code, title=sent.error_text)
    facts = meaning.facts
    phase = facts.phase_in(S(sent.status))
    page = ErrorCode.objects.filter(
        provider=facts.provider,
        product=facts.product,
        phase=facts.phase.value,
        code_normal=normal_code(facts.code, facts.provider, facts.product),
    ).first()
    return Why(meaning, explain(facts, phase), facts.advice(phase), page if sent.error_code else None)


def _events(sent: SendAttempt) -> QuerySet[AttemptEvent]:
    """Every report, as they happened; those of a voided file too, which the page says."""
    rows = AttemptEvent.objects.of_attempts([sent.key]).select_related("batch")
    return rows.order_by("occurred_at", "received_at", "pk")


def _chain(sent: SendAttempt) -> list[SendAttempt]:
    """The other tries of the same message: the one that this repeats, what else repeats it, what repeats this one."""
    family = Q(parent=sent.pk)
    if sent.parent_id:
        family |= Q(pk=sent.parent_id) | Q(parent=sent.parent_id)
    tries = SendAttempt.objects.filter(family).exclude(pk=sent.pk).select_related("number")
    return list(tries.order_by("submitted_at", "pk")[:SHOWN])


def _around(sent: SendAttempt) -> list[SendAttempt]:
    """Other sends to the same number about the same time."""
    if not sent.number_id:
        return []
    near = SendAttempt.objects.filter(number=sent.number_id).between(
        sent.submitted_at - AROUND, sent.submitted_at + AROUND
    )
    return list(near.exclude(pk=sent.pk).select_related("number").latest_first()[:SHOWN])


def _is_same_text(sent: SendAttempt, other: SendAttempt) -> bool:
    """The same words from the same sender: perhaps sent twice."""
    if sent.body_hash is None or other.body_hash is None:
        return bool(sent.body) and (sent.body, sent.sender) == (other.body, other.sender)
    return (sent.body_hash, sent.sender) == (other.body_hash, other.sender)


def _flags(sent: SendAttempt) -> QuerySet[Flag]:
    """What is open about the number: a bad number, a block that nobody recorded."""
    return Flag.objects.open().filter(number=sent.number_id).order_by("severity", "pk")[:SHOWN]


def _patterns(sent: SendAttempt) -> Sequence[Pattern]:
    """Patterns that somebody works on and that this send is part of, while they were seen."""
    live = Pattern.objects.open().filter(
        first_seen_at__lte=sent.submitted_at + AROUND, last_seen_at__gte=sent.submitted_at - AROUND
    )
    mine = attributes_of(sent)
    return [pattern for pattern in live.by_impact()[:PATTERNS] if agree(pattern.attributes, mine)]


def attributes_of(sent: SendAttempt) -> dict[str, str]:
    """The send as the most narrow slice it is in."""
    found = {name: str(value) for name in DIMENSIONS if (value := getattr(sent, name)) is not None}
    return {**dict.fromkeys(DIMENSIONS, ""), **found, "hour": f"{sent.submitted_at.astimezone(UTC):%H}"}
