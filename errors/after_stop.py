"""Tell the ledger which messages went out after a revocation.

The log and the ledger meet here, whichever spoke first: consent.reconcile asks for the numbers it looks at, and
whoever writes attempts has their numbers looked at if somebody has ever said no for them. Only such numbers cost
anything, each by the index of its own sends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.urls import reverse

from backoffice.models.lookups import among
from consent import bulk
from consent.confirmations import judge
from consent.models import SendAfterStop
from consent.revoked import revoked_since, touch_revoked
from errors import life
from errors.catalogue import Catalogue, Category, Phase
from errors.models import ErrorCode, SendAttempt

S = life.Status
# The provider took it and tried. What it refused, or never answered, is not known to have left us.
LEFT = frozenset(
    {
        *(S.ACCEPTED, S.SENDING, S.SENT, S.DELIVERY_UNKNOWN, S.DELIVERED, S.READ),
        *(S.PARTIALLY_DELIVERED, S.EXPIRED, S.UNDELIVERED),
    }
)
HANDED_ON = frozenset({S.SENT, S.DELIVERED, S.READ, S.PARTIALLY_DELIVERED})


class Sent(NamedTuple):
    """One attempt that may have left us."""

    key: UUID
    pk: int
    number_id: int
    sender: str
    submitted_at: datetime
    provider: str
    message_ref: str
    status: str
    error_code: str
    error_text: str


def notice_sends(number_ids: Collection[int]) -> dict[str, int]:
    """Bring the ledger's notices of these numbers in step with the log; returns what was noticed, changed and taken
    back. Safe to run twice. A notice stays when retention takes its attempt away."""
    since = revoked_since(_worth_a_look(number_ids))
    if not since:
        return {}
    left = {send.key: send for send in _left_us(since)}
    known = {notice.key: notice for notice in SendAfterStop.objects.for_numbers(since)}
    # Of a message whose text nobody knew the text may have come.
    texts = _texts([key for key in left if key not in known or known[key].is_confirmation is None])
    new = [_row(send, texts[key]) for key, send in left.items() if key not in known]
    changed = [notice for key, notice in known.items() if key in left and _update(notice, left[key], texts)]
    wrong = _still_logged([key for key in known if key not in left])
    bulk.pour(SendAfterStop, _FIELDS, new)
    SendAfterStop.objects.bulk_update(changed, _CHANGING, batch_size=500)
    if wrong:
        SendAfterStop.objects.filter(key__any_of=wrong).delete()
    counts = {"noticed": len(new), "changed": len(changed), "taken back": len(wrong)}
    return {name: count for name, count in counts.items() if count}


def follow(number_ids: Iterable[int | None]) -> int:
    """Attempts to these numbers are new or changed: those with a revocation are looked at again. Call it in the
    transaction of the attempts; returns how many there are."""
    return touch_revoked({pk for pk in number_ids if pk is not None})


def take_back(attempts: Collection[SendAttempt]) -> int:
    """These attempts never were: their file was voided. Returns how many notices went with them."""
    gone = SendAfterStop.objects.filter(key__any_of=[attempt.key for attempt in attempts])
    bulk.touch(list(gone.order_by().values_list("number_id", flat=True).distinct()))
    return gone.delete()[0]


def _worth_a_look(number_ids: Collection[int]) -> set[int]:
    """The few of these numbers that have a notice, or a message sent after a revocation was received, whatever became
    of either."""
    if not number_ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_WORTH_A_LOOK.format(among=among(number_ids)))
        return {number_id for (number_id,) in cursor.fetchall()}


# By hand, and good for both databases: asked for every number, and answered by indexes alone. A person who spoke for
# all their lines is always worth it.
_WORTH_A_LOOK = """
SELECT number_id FROM consent_sendafterstop WHERE number_id {among}
UNION ALL
SELECT number_id FROM consent_consentrecord AS said WHERE act = 'revoke' AND number_id {among} AND EXISTS (
    SELECT 1 FROM errors_sendattempt AS sent
    WHERE sent.number_id = said.number_id AND sent.submitted_at > said.received_at)
UNION ALL
SELECT number_id FROM consent_reading AS said WHERE value = 'out' AND number_id {among} AND EXISTS (
    SELECT 1 FROM errors_sendattempt AS sent
    WHERE sent.number_id = said.number_id AND sent.submitted_at > said.read_at)
UNION ALL
SELECT number_id FROM consent_systemrecord AS known WHERE number_id {among} AND EXISTS (
    SELECT 1 FROM consent_consentrecord AS said WHERE said.contact_id = known.contact_id AND said.act = 'revoke')
"""


def _left_us(since: Mapping[int, datetime]) -> list[Sent]:
    """The messages that left us for each number after its moment."""
    rows = (
        SendAttempt.objects.filter(number__any_of=list(since), submitted_at__gt=min(since.values()))
        .order_by("number_id", "submitted_at", "pk")
        .values_list(
            *("key", "pk", "number_id", "sender", "submitted_at", "provider", "message_ref"),
            *("status", "error_code", "error_text"),
        )
    )
    sends = [sent for sent in map(Sent._make, rows) if sent.submitted_at > since[sent.number_id]]
    if not sends:
        return []
    book = ErrorCode.objects.as_catalogue() if any(sent.error_code for sent in sends) else None
    return [sent for sent in sends if _left(sent, book)]


def _left(sent: Sent, book: Catalogue | None) -> bool:
    status = S(sent.status)
    if not sent.error_code or status in life.SUCCEEDED or book is None:
        return status in LEFT
    code = book.look_up(sent.provider, sent.error_code, title=sent.error_text).facts
    if code.category is Category.OPTED_OUT:
        return False  # the provider held it back because of the very revocation
    # Some providers call a message "failed" that they had accepted.
    return status in LEFT or (status is S.FAILED and code.phase_in(status) is Phase.DELIVERY)


_FIELDS = (
    *("key", "number_id", "sender", "sent_at", "provider", "message_ref", "origin", "link"),
    *("is_confirmation", "has_marketing", "went_through"),
)
_CHANGING = ("sent_at", "is_confirmation", "has_marketing", "went_through")  # as the log learns more


class _Text(NamedTuple):
    body: str
    origin: str


def _texts(keys: Sequence[UUID]) -> dict[UUID, _Text]:
    rows = SendAttempt.objects.filter(key__any_of=keys) if keys else SendAttempt.objects.none()
    found = {}
    for key, body, *names in rows.values_list("key", "body", "journey", "campaign", "template"):
        found[key] = _Text(body, " · ".join(filter(None, names))[:200])
    return found


def _row(sent: Sent, text: _Text) -> tuple[object, ...]:
    return (
        *(sent.key, sent.number_id, sent.sender, sent.submitted_at, sent.provider, sent.message_ref),
        *(text.origin, reverse("errors:attempt", args=[sent.pk])),
        *_judged(text.body),
        S(sent.status) in HANDED_ON,
    )


def _judged(body: str) -> tuple[bool | None, bool]:
    """Whether the text confirms an opt-out (None: it is not known), and whether it sells something as well."""
    if not body:
        return None, False
    found = judge(body)
    return found.confirms, found.sells


def _update(notice: SendAfterStop, sent: Sent, texts: Mapping[UUID, _Text]) -> bool:
    """Whether the notice says something else now."""
    before = [getattr(notice, name) for name in _CHANGING]
    notice.sent_at, notice.went_through = sent.submitted_at, S(sent.status) in HANDED_ON
    if notice.is_confirmation is None:
        notice.is_confirmation, notice.has_marketing = _judged(texts[sent.key].body)
    return before != [getattr(notice, name) for name in _CHANGING]


def _still_logged(keys: Sequence[UUID]) -> list[UUID]:
    """Those of the keys whose attempt is there: the log says otherwise of them than their notice."""
    if not keys:
        return []
    return list(SendAttempt.objects.filter(key__any_of=keys).values_list("key", flat=True))
