"""Who was called by name in a note about a flag."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q

from consent.models.flag import FlagEvent


class MentionQuerySet(models.QuerySet["Mention"]):
    def of(self, person: User) -> Self:
        return self.filter(person=person)

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Mention(models.Model):
    """One colleague named in one note. Written by consent.desk.comment; read once they open the flag."""

    event = models.ForeignKey(FlagEvent, on_delete=models.PROTECT, related_name="mentions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField(null=True)

    objects = MentionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "person"], name="mention_once_per_note"),
        ]
        indexes = [
            models.Index(fields=["person", "id"], name="mention_of_person"),
            models.Index(fields=["person"], condition=Q(read_at=None), name="mention_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.event_id}"
