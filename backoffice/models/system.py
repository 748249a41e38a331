"""The connected places: whose files we read, whose statuses we compare, where corrections go."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from backoffice.models.fixed import FixedInUse


def check_time_zone(value: str) -> None:
    if value and value not in zoneinfo.available_timezones():
        raise ValidationError(
            f"“{value}” is not a time zone; write it like America/New_York or Europe/Paris."
        )


def check_record_url(value: str) -> None:
    if value and (not value.startswith(("https://", "http://")) or "{ref}" not in value):
        raise ValidationError("Write the whole address with {ref} where the record's id stands.")


class System(FixedInUse):
    """One connected place. Staff keep its settings; imports, readings, corrections and flags refer to it."""

    class Kind(models.TextChoices):
        PLATFORM = "platform", "Messaging platform"
        PROVIDER = "provider", "Provider block list"
        CRM = "crm", "CRM or list"
        FORM = "form", "Opt-in form log"
        REPLIES = "replies", "Inbound message log"
        STAFF = "staff", "Staff change log"
        REASSIGNED = "reassigned", "Reassigned or disconnected numbers"

    # The kinds that believe something that can be compared and corrected; the others only bring evidence.
    STORES = (Kind.PLATFORM, Kind.PROVIDER, Kind.CRM)

    FIXED = ("kind",)  # the rules read what it says by it

    class Delivery(models.TextChoices):
        CSV = "csv", "A CSV in the system's own columns"
        DROP = "drop", "A CSV put into its drop folder"
        HTTP = "http", "Written over HTTP"
        BY_HAND = "by_hand", "A person changes it in the system"

    slug = models.SlugField(unique=True, help_text="Short name used by commands and URLs, e.g. hubspot.")
    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    importer = models.CharField(
        max_length=20, default="consent", help_text="Which room reads this system's files: consent or errors."
    )
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        validators=[check_time_zone],
        help_text="The clock of times without a zone in its files. Empty: such times count as uncertain by up to "
        "a day, and never prove that an opt-in came after a STOP.",
    )
    default_region = models.CharField(
        max_length=2, blank=True, help_text="Country of numbers written without a country code, e.g. US."
    )
    overwrites_on_sync = models.BooleanField(
        default=False, help_text="Its sync writes its own consent value over what other systems hold."
    )
    subscribes_by_default = models.BooleanField(
        default=False, help_text="New contacts arrive in it as subscribed unless somebody says otherwise."
    )
    excludes = models.CharField(
        max_length=300,
        blank=True,
        help_text="Fields and lists that its sync leaves alone, as agreed with whoever runs it.",
    )
    expected_every_hours = models.PositiveIntegerField(
        default=24, help_text="An import older than this is shown as stale."
    )
    delivery = models.CharField(max_length=10, choices=Delivery, default=Delivery.CSV)
    record_url = models.CharField(
        max_length=300,
        blank=True,
        validators=[check_record_url],
        help_text="Address of a record's page in it, for those who change values by hand: https://…/contacts/{ref}",
    )
    is_active = models.BooleanField(default=True)
    notes = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(slug__regex=r"^[-a-zA-Z0-9_]+$"), name="system_slug_is_a_slug"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def is_in_use(self) -> bool:
        return self.consent_records.exists() or self.readings.exists()

    @property
    def stores_a_status(self) -> bool:
        return self.kind in self.STORES

    def is_stale(self, last_import_at: datetime | None, now: datetime) -> bool:
        return last_import_at is None or now - last_import_at > timedelta(hours=self.expected_every_hours)


class ColumnMappingQuerySet(models.QuerySet["ColumnMapping"]):
    def in_use(self) -> ColumnMappingQuerySet:
        return self.filter(replaced_at=None)


class ColumnMapping(models.Model):
    """How one System's columns are read: which column feeds which target, what its words mean.

    A mapping that a batch used is never edited: a change saves a new version and retires the old one, so that every
    batch can still be explained. Saved by staff in the import wizard, or shipped ready-made."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="mappings")
    name = models.CharField(max_length=80, default="standard")
    version = models.PositiveIntegerField(default=1)
    # {"target": ["Header", "Fallback header"]}; targets come from the importer's allow-list.
    columns = models.JSONField(default=dict)
    # Polarity and vocabulary of the status columns, date order, constants: see consent.intake.plan.RULES.
    rules = models.JSONField(default=dict)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = ColumnMappingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "name", "version"], name="mapping_version_once"),
            models.UniqueConstraint(
                fields=["system", "name"], condition=models.Q(replaced_at=None), name="mapping_one_in_use"
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by=None) | models.Q(confirmed_at__isnull=False),
                name="mapping_confirmed_by_and_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system.name}: {self.name} v{self.version}"

    def says_the_same(self, columns: dict[str, Any], rules: dict[str, Any]) -> bool:
        return self.columns == columns and self.rules == rules
