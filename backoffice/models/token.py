"""The keys that other systems show to the API."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from backoffice.models.system import System
from backoffice.statements import ask, moment

MARK = "smsb_"  # what every token begins with, so that scanners for leaked secrets can know it
SHOWN = len(MARK) + 4  # characters that stay visible
BYTES = 32  # of randomness: 256 bits, so a plain fast hash is enough to keep
USED_AT_MOST_EVERY = timedelta(minutes=1)


class Scope(StrEnum):
    """What a token may do."""

    SEND_CHECKS = "send_checks"
    SUPPRESSIONS = "suppressions"
    CONSENT_READ = "consent_read"
    CONSENT_WRITE = "consent_write"
    PREFLIGHT = "preflight"


SCOPE_WORDS = {
    Scope.SEND_CHECKS: "Ask whether numbers may be texted",
    Scope.SUPPRESSIONS: "Read the suppression list and its changes",
    Scope.CONSENT_READ: "Read what is known of a number’s consent",
    Scope.CONSENT_WRITE: "Report opt-outs, and opt-ins from its forms",
    Scope.PREFLIGHT: "Have a message checked before it is sent",
}


def digest_of(secret: str) -> str:
    """SHA-256, in hexadecimal: all that is kept of a token."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


SEEN_SECONDS = 5
SEEN_AT_MOST = 1_000  # tokens
_seen: dict[str, tuple[float, ApiToken]] = {}  # by digest; until when

_FIELDS = ("id", "system_id", "scopes", "expires_at", "revoked_at", "last_used_at")
_BY_DIGEST = (
    f"SELECT {', '.join(_FIELDS)} FROM backoffice_apitoken AS token WHERE digest = %(digest)s"  # noqa: S608
    " AND EXISTS (SELECT 1 FROM backoffice_system WHERE id = token.system_id AND is_active)"
)


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def of_secret(self, secret: str, *, just_seen: bool = False) -> ApiToken | None:
        """The token with this secret, valid or not: asked at every request. The hash is looked up, not compared, so
        no clock can tell how much of a guess was right.

        With `just_seen` it may be as it was some seconds ago, for a caller whose own statement asks whether it was
        revoked. That its system was switched off it learns those seconds later; nothing else ever changes."""
        digest = digest_of(secret)
        if just_seen and (seen := _seen.get(digest)) and time.monotonic() < seen[0]:
            return seen[1]
        token = self._of_digest(digest)
        if token is not None:
            if len(_seen) >= SEEN_AT_MOST:
                _seen.clear()
            _seen[digest] = (time.monotonic() + SEEN_SECONDS, token)
        return token

    def _of_digest(self, digest: str) -> ApiToken | None:
        rows = ask(_BY_DIGEST, {"digest": digest})
        for pk, system_id, scopes, *moments in rows:
            return ApiToken.from_db(
                self.db, _FIELDS, (pk, system_id, json.loads(scopes), *map(moment, moments))
            )
        return None

    def valid(self, now: datetime) -> ApiTokenQuerySet:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)

    def issue(
        self,
        system: System,
        name: str,
        scopes: list[str],
        *,
        by: Any,
        now: datetime,
        expires_at: datetime | None = None,
    ) -> tuple[ApiToken, str]:
        """A new token and its secret, which nobody can read again."""
        secret = MARK + secrets.token_urlsafe(BYTES)
        token = self.create(
            system=system,
            name=name,
            digest=digest_of(secret),
            prefix=secret[:SHOWN],
            scopes=sorted(Scope(scope).value for scope in scopes),
            created_by=by,
            created_at=now,
            expires_at=expires_at,
        )
        return token, secret


class ApiToken(models.Model):
    """What one System shows to be let in. Made and revoked by administrators, never changed; the secret is shown once
    and only its hash is kept."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=80)  # what it is for, in the words of who made it
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=12)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)  # to the minute: written at most once in one

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            # A form that was sent twice makes one token.
            models.UniqueConstraint(
                fields=["system", "name"], condition=Q(revoked_at=None), name="token_name_once_per_system"
            ),
            models.CheckConstraint(
                condition=Q(revoked_by=None, revoked_at=None)
                | Q(revoked_by__isnull=False, revoked_at__isnull=False),
                name="token_revoked_by_and_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @property
    def scope_words(self) -> list[str]:
        return [SCOPE_WORDS[Scope(scope)] for scope in self.scopes]

    def is_over(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def revoke(self, *, by: Any, now: datetime) -> bool:
        """From the next request on it opens nothing. False if it was revoked already."""
        return bool(
            ApiToken.objects.filter(pk=self.pk, revoked_at=None).update(revoked_by=by, revoked_at=now)
        )

    def note_use(self, now: datetime) -> None:
        if self.last_used_at is None or now - self.last_used_at >= USED_AT_MOST_EVERY:
            ApiToken.objects.filter(pk=self.pk).update(last_used_at=now)
            self.last_used_at = now
