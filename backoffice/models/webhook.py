"""What providers tell us by themselves: where they call, every call as it came, and what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse

from backoffice.models.append_only import AppendOnly, AppendOnlyQuerySet, KeptFor
from backoffice.models.system import System
from backoffice.secrets import Secret, SecretField

# A worker that works on an endpoint's calls says so again within this time, or another one takes over.
LEASE = timedelta(seconds=settings.JOB_LEASE_SECONDS)
FORGOTTEN_AT_ONCE = 10_000


def new_public_id() -> str:
    """Not to be guessed: whoever knows the address may try signatures, nobody else."""
    return secrets.token_urlsafe(18)


class WebhookEndpoint(models.Model):
    """An address that one provider calls, and the secret it signs with. Kept by administrators; never removed, so that
    every call can be explained."""

    class Provider(models.TextChoices):
        TWILIO = "twilio", "Twilio"
        VONAGE_SMS = "vonage_sms", "Vonage SMS API"
        VONAGE_MESSAGES = "vonage_messages", "Vonage Messages API"
        TELNYX = "telnyx", "Telnyx"
        PLIVO = "plivo", "Plivo"
        BANDWIDTH = "bandwidth", "Bandwidth"
        SIGNED = "signed", "Another system that signs its calls"

    class Method(models.TextChoices):
        """How the Vonage SMS API signs; chosen in its dashboard."""

        MD5_HASH = "md5hash", "MD5 hash"
        MD5 = "md5", "MD5 HMAC"
        SHA1 = "sha1", "SHA-1 HMAC"
        SHA256 = "sha256", "SHA-256 HMAC"
        SHA512 = "sha512", "SHA-512 HMAC"

    public_id = models.CharField(max_length=40, unique=True, default=new_public_id, editable=False)
    system = models.ForeignKey(
        System,
        on_delete=models.PROTECT,
        related_name="webhook_endpoints",
        help_text="The system whose log files tell of the same messages: what both report counts once.",
    )
    provider = models.CharField(max_length=20, choices=Provider)
    # Exactly as the provider calls it: signatures are made over it. A request tells it wrong behind a proxy.
    address = models.URLField(max_length=300)
    secret = SecretField()
    previous_secret = SecretField()
    method = models.CharField(max_length=8, choices=Method, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # Calls that were not let in leave nothing but this.
    refused = models.PositiveBigIntegerField(default=0)
    refused_at = models.DateTimeField(null=True)
    refused_because = models.CharField(max_length=40, blank=True)
    # Who works on its calls: one worker at a time, so that they are read in their order.
    worker = models.CharField(max_length=40, blank=True)
    worked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(refused_because="") | Q(refused_at__isnull=False),
                name="endpoint_refused_because_and_at",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} → {self.system}"

    @property
    def path(self) -> str:
        return reverse("hook", args=[self.public_id])

    @property
    def secrets(self) -> list[Secret]:
        """Those that count now, the current one first."""
        both: tuple[Any, Any] = (self.secret, self.previous_secret)
        return [secret for secret in both if secret]

    def refuse(self, reason: str, now: datetime) -> None:
        """Count a call that was not let in."""
        WebhookEndpoint.objects.filter(pk=self.pk).update(
            refused=F("refused") + 1, refused_at=now, refused_because=reason
        )

    def claim(self, worker: str, now: datetime) -> bool:
        """Take the endpoint's calls for this worker, or keep them; False while another one has them."""
        free = Q(worked_until=None) | Q(worked_until__lt=now) | Q(worker=worker)
        mine = WebhookEndpoint.objects.filter(free, pk=self.pk)
        return bool(mine.update(worker=worker, worked_until=now + LEASE))

    def release(self, worker: str) -> None:
        WebhookEndpoint.objects.filter(pk=self.pk, worker=worker).update(worker="", worked_until=None)


class WebhookCallQuerySet(AppendOnlyQuerySet):
    def forget(self, before: datetime) -> int:
        """Remove calls whose time is over, unless they still wait; the database refuses for younger ones."""
        gone = self.filter(received_at__lt=before).exclude(work__status=WebhookWork.Status.WAITING)
        pks = list(gone.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
        if not pks:
            return 0
        with transaction.atomic():
            WebhookWork.objects.filter(call__in=pks).delete()
            return int(self.filter(pk__in=pks)._raw_delete(self.db))


class WebhookCall(AppendOnly):
    """One call of a provider as it came, after its signature held. Written by backoffice.webhooks.receive; what became
    of it is its WebhookWork."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="calls")
    received_at = models.DateTimeField()
    http_method = models.CharField(max_length=4)
    query = models.TextField(blank=True)  # as it stood behind the "?"
    headers = models.JSONField(default=dict)  # those needed to read the body; never a credential
    body = models.BinaryField(blank=True)
    secret_used = models.CharField(max_length=8, choices=[("current", "Current"), ("previous", "Previous")])
    signed_at = models.DateTimeField(null=True)  # by the provider's clock, where it signs a time
    # Signed too long ago to be let in, but somebody asks not to be texted.
    is_late = models.BooleanField(default=False)

    objects: ClassVar[Any] = WebhookCallQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="call_latest_of_endpoint"),
            models.Index(fields=["received_at"], name="call_by_age"),
        ]

    def __str__(self) -> str:
        return f"call {self.pk}"


KEPT_CALLS = KeptFor("{row}.received_at", settings.WEBHOOK_CALL_DAYS)


class WebhookWorkQuerySet(models.QuerySet["WebhookWork"]):
    def waiting(self, now: datetime) -> WebhookWorkQuerySet:
        """Calls to be worked on now."""
        due = Q(not_before=None) | Q(not_before__lte=now)
        return self.filter(due, status=WebhookWork.Status.WAITING)

    def settle(self, calls: Iterable[int], status: str, note: str, now: datetime) -> int:
        """Write what became of these calls, of those that still wait. The note may quote them: no database keeps a
        NUL."""
        plain = note.replace("\x00", "")[:300]
        return self.filter(call__in=list(calls), status=WebhookWork.Status.WAITING).update(
            status=status, note=plain, done_at=now, not_before=None
        )


class WebhookWork(models.Model):
    """How far the work on one call is. Written with the call; moved by backoffice.webhooks.work, and by staff who
    want it tried again."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    call = models.OneToOneField(WebhookCall, primary_key=True, on_delete=models.PROTECT, related_name="work")
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, related_name="work", db_index=False
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    # Parts of one long message have the same; they are read together.
    whole = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=300, blank=True)  # what became of it, or why not, as staff read it
    done_at = models.DateTimeField(null=True)

    objects = WebhookWorkQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["endpoint", "call"], condition=Q(status="waiting"), name="work_waiting"),
            models.Index(fields=["endpoint", "call"], condition=Q(status="failed"), name="work_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.note}".strip()
