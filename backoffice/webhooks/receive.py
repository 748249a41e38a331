"""Keep a call that is vouched for, before its provider gets an answer; what it means is found out later.

One thing does not wait: a text that asks to stop takes effect in the same transaction.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from backoffice.models import WebhookCall, WebhookEndpoint, WebhookWork
from backoffice.secrets import CannotUnseal
from backoffice.webhooks import bell, signatures
from backoffice.webhooks.providers import PROVIDERS
from backoffice.webhooks.shapes import Call, Inbound, Said, Unreadable
from backoffice.webhooks.signatures import Doubt, NotSigned, Proof

log = logging.getLogger(__name__)
TOO_LARGE = "too_large"
# Headers that say how to read the body, or that tell calls apart. Those that prove anything are not kept.
KEPT_HEADERS = (
    *("content-type", "user-agent", "telnyx-timestamp", "webhook-timestamp", "webhook-id"),
    *("i-twilio-idempotency-token", "x-plivo-signature-v3-nonce"),
)
_said_last: dict[str, float] = {}  # by endpoint: when a refusal was last logged


def room(name: str) -> Any:
    """What a room above does with a call."""
    return import_string(settings.WEBHOOK_ROOMS[name])


def receive(endpoint: WebhookEndpoint, call: Call, *, now: datetime) -> WebhookCall:
    """Keep the call and tell the workers. Raises NotSigned, after counting it, and keeps nothing then."""
    try:
        proof = _check(endpoint, call, now)
        said = _read(endpoint, call)
        if proof.is_late and not any(_is_heard_late(endpoint, one) for one in said):
            raise NotSigned(Doubt.TOO_OLD)
    except NotSigned as refusal:
        refuse(endpoint, refusal.doubt, now)
        raise
    kept = _keep(endpoint, call, proof, said, now)
    bell.ring()
    return kept


def refuse(endpoint: WebhookEndpoint, reason: str, now: datetime) -> None:
    """Count it; say so in the log once a minute at most, however often somebody tries."""
    endpoint.refuse(reason, now)
    since = _said_last.get(endpoint.public_id)
    if since is None or time.monotonic() - since > 60:
        _said_last[endpoint.public_id] = time.monotonic()
        log.warning("a call to webhook endpoint %s was refused: %s", endpoint.pk, reason)


def _check(endpoint: WebhookEndpoint, call: Call, now: datetime) -> Proof:
    provider = PROVIDERS[endpoint.provider]
    try:
        secrets = [secret.reveal() for secret in endpoint.secrets]
    except CannotUnseal as error:
        raise NotSigned(Doubt.NOTHING_TO_CHECK_WITH) from error
    return signatures.check(
        provider.scheme, call, secrets, method=endpoint.method, has_time=provider.signs_time, now=now
    )


def _read(endpoint: WebhookEndpoint, call: Call) -> list[Said]:
    """What it says; nothing where it cannot be read: it is kept all the same, and its work says why."""
    try:
        return PROVIDERS[endpoint.provider].read(call)
    except Unreadable:
        return []


def _is_heard_late(endpoint: WebhookEndpoint, one: Said) -> bool:
    """A wish not to be texted is never dropped for being late, and a part of a text may be part of one."""
    return isinstance(one, Inbound) and (one.part is not None or room("asks_to_stop")(endpoint.system, one))


def _keep(
    endpoint: WebhookEndpoint, call: Call, proof: Proof, said: Sequence[Said], now: datetime
) -> WebhookCall:
    headers = {name: call.headers[name][:200] for name in KEPT_HEADERS if name in call.headers}
    used = "previous" if endpoint.secrets[proof.place] == endpoint.previous_secret else "current"
    with transaction.atomic():
        kept = WebhookCall.objects.create(
            endpoint=endpoint,
            received_at=call.received_at,
            http_method=call.http_method,
            query=call.query,
            headers=headers,
            body=call.body,
            secret_used=used,
            signed_at=proof.signed_at,
            is_late=proof.is_late,
        )
        WebhookWork.objects.create(call=kept, endpoint=endpoint)
        whole = [one for one in said if isinstance(one, Inbound) and one.part is None]
        if whole:
            _heed(endpoint, [replace(one, is_late=proof.is_late) for one in whole], now)
    return kept


def _heed(endpoint: WebhookEndpoint, messages: Sequence[Inbound], now: datetime) -> None:
    try:
        with transaction.atomic():
            room("at_once")(endpoint.system, messages, now=now)
    except Exception:
        # Whatever keeps a room from heeding it at once must not keep the call from being kept: the work on it comes
        # to the same place, and says on its page what is wrong.
        log.exception("a message could not be heeded at once; it waits for its turn")
