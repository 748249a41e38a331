from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from backoffice.models.append_only import AppendOnly


class AuditEntry(AppendOnly):
    """Who did what, when, to what, and why. Written in the transaction of the act itself by backoffice.audit;
    never changed. Holds ids, codes and words of staff, no number and no message text."""

    at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit entries"
        # Taking a list along leaves nothing but an entry here.
        permissions = [
            ("export_list", "Can take lists along as files"),
            ("export_long_list", "Can take long lists along as files"),
        ]
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_of_object"),
            models.Index(fields=["actor", "-id"], name="audit_of_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
