"""Rules of the check before the send, as staff see and change them: every version a row."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from errors.preflight import Code, Kind, Rule, Standing
from errors.preflight.kinds import FORMS, Form, leads_to, told

# What a rule says; the rest of a row is about who said it.
CONTENT = ("value", "standing", "valid_from", "valid_until", "last_checked", "source", "prevents", "note")


class StaleRule(Exception):
    """Somebody changed the rule after it was read."""


class PreflightRuleQuerySet(models.QuerySet["PreflightRule"]):
    def in_use(self) -> PreflightRuleQuerySet:
        """The version of each rule that counts."""
        return self.filter(replaced_at=None)

    def readable(self) -> PreflightRuleQuerySet:
        """Without kinds of another release, which have no form any more; the table of rules has them."""
        return self.filter(kind__in=[kind.value for kind in Kind])

    def saying(self, words: str) -> PreflightRuleQuerySet:
        """Those that have these words, are called so, prevent this code, or lead to this finding."""
        plain = words.casefold()
        kinds = [
            kind.value
            for kind, form in FORMS.items()
            if plain in form.label.casefold() or any(plain == code.value for code in form.codes)
        ]
        wanted = Q(prevents__icontains=words) | Q(kind__in=kinds)
        for field in ("subject", "value", "source", "note", "reason"):
            wanted |= Q(**{f"{field}__icontains": words})
        return self.filter(wanted)

    def in_order(self) -> PreflightRuleQuerySet:
        """As the check looks through them."""
        return self.order_by("place_in_book", "pk")


class PreflightRule(models.Model):
    """One version of one rule; `series` is the rule through all of them. Written by errors.rulebook alone: a change
    saves another version and retires this one, so that every finding of the past can still be explained."""

    class Standing(models.TextChoices):
        AGREED = Standing.AGREED.value, "Agreed"
        DISPUTED = Standing.DISPUTED.value, "Sources differ"
        UNCONFIRMED = Standing.UNCONFIRMED.value, "Not confirmed"

    series = models.UUIDField(default=uuid.uuid4)
    version = models.PositiveIntegerField(default=1)
    place_in_book = models.PositiveIntegerField()  # the same for all versions
    kind = models.CharField(max_length=24, choices=[(kind.value, FORMS[kind].label) for kind in Kind])
    provider = models.CharField(max_length=24, blank=True)
    place = models.CharField(max_length=6, blank=True)  # "US" or "US-TX"
    subject = models.CharField(max_length=80, blank=True)
    value = models.TextField(blank=True)
    standing = models.CharField(max_length=12, choices=Standing, default=Standing.AGREED)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    last_checked = models.DateField()
    source = models.CharField(max_length=300)
    prevents = models.JSONField(default=list, blank=True)  # ["twilio 30007", "twilio 30441-30477"]
    note = models.CharField(max_length=300, blank=True)
    is_active = models.BooleanField(default=True)
    # What the release in use says: {field of CONTENT: value}; None for rules of our own.
    shipped = models.JSONField(null=True)
    is_changed = models.BooleanField(default=False)  # it says something else than the release
    reason = models.CharField(max_length=500, blank=True)  # why this version was made
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )  # None: it came with a release
    saved_at = models.DateTimeField(db_default=Now())
    replaced_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = PreflightRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "version"], name="rule_version_once"),
            models.UniqueConstraint(fields=["series"], condition=Q(replaced_at=None), name="rule_one_in_use"),
            models.CheckConstraint(condition=~Q(source=""), name="rule_has_a_source"),
            models.CheckConstraint(
                condition=Q(saved_by=None) | ~Q(reason=""), name="rule_change_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(
                fields=["place_in_book", "id"], condition=Q(replaced_at=None), name="rule_in_use_in_order"
            )
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.form.label, self.provider, self.place, self.subject)))

    @property
    def form(self) -> Form:
        return FORMS[Kind(self.kind)]

    @property
    def is_own(self) -> bool:
        return self.shipped is None

    @property
    def told(self) -> str:
        """What it does, as a sentence."""
        return told(self.as_rule())

    @property
    def leads_to(self) -> list[Code]:
        return leads_to(self.as_rule())

    @property
    def only_warns(self) -> bool:
        """What nobody agrees on stops nothing."""
        return self.standing != self.Standing.AGREED

    def as_rule(self) -> Rule:
        return Rule(
            Kind(self.kind),
            self.provider,
            self.place,
            self.subject,
            self.value,
            Standing(self.standing),
            self.valid_from,
            self.last_checked,
            self.source,
            tuple(self.prevents),
            self.note,
            self.valid_until,
            str(self.series),
        )


class RuleStamp(models.Model):
    """The one row that says which rules these are: another stamp with every change of any of them, so that what was
    read once can be kept. Written in the transaction of the change."""

    stamp = models.CharField(max_length=32)
    shipped = models.CharField(
        max_length=32, blank=True
    )  # digest of the release's rows that are in the table

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="rule_stamp_is_one_row")]

    def __str__(self) -> str:
        return self.stamp
