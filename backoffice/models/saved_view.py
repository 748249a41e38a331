"""The filter of a list that somebody keeps under a name."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def of_list(self, name: str) -> Self:
        """The views of one list, by their names."""
        return self.filter(list_name=name).order_by(Lower("name"), "pk")

    def seen_by(self, person: User) -> Self:
        """Their own, and what is shared with everybody."""
        return self.filter(Q(owner=person) | Q(is_shared=True))


class SavedView(models.Model):
    """One filter of one list: checked parameters, never an address, and never what names a person. Written by its
    owner; while it is shared, by whoever may share."""

    list_name = models.CharField(max_length=60)  # the name of its address, e.g. "consent:flag_list"
    name = models.CharField(max_length=60)
    query = models.JSONField(default=dict)  # {"severity": "S1", "tab": "mine"}
    words = models.TextField()  # what the parameters meant when it was saved
    # Takes private views along only: who shared one stands in the audit log, and cannot be deleted.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    is_shared = models.BooleanField(default=False)
    is_pinned = models.BooleanField(default=False)  # stands above the list, with its count

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        permissions = [("share_savedview", "Can share saved views with everybody")]
        constraints = [
            models.UniqueConstraint(
                "list_name", "owner", Lower("name"), condition=Q(is_shared=False), name="saved_view_own_name"
            ),
            models.UniqueConstraint(
                "list_name", Lower("name"), condition=Q(is_shared=True), name="saved_view_shared_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name
