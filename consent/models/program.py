"""What one agrees to."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from consent import ledger


class Sender(models.Model):
    """A number, short code or sender name we text from. Programs that share one share its STOPs."""

    address = models.CharField(
        max_length=20, unique=True, help_text="As it appears in logs, e.g. +14155550100."
    )

    def __str__(self) -> str:
        return self.address


class Program(models.Model):
    """What one agrees to: a brand's purpose, its senders, its terms. Kept by compliance staff."""

    class Purpose(models.TextChoices):
        MARKETING = "marketing", "Marketing"
        TRANSACTIONAL = "transactional", "Transactional"

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    brand = models.CharField(max_length=80, blank=True)
    purpose = models.CharField(max_length=14, choices=Purpose, default=Purpose.MARKETING)
    senders = models.ManyToManyField(Sender, blank=True, related_name="programs")
    double_opt_in = models.BooleanField(
        default=False, help_text="A form alone waits for a reply from the handset."
    )
    double_opt_in_days = models.PositiveSmallIntegerField(
        default=7, help_text="How long that reply may take."
    )
    ttl_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Consent older than this has expired. Empty: it does not expire."
    )
    exempt_informational = models.BooleanField(
        default=False,
        help_text="Informational texts sent under an exemption: a STOP to one of them stops everything.",
    )
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    def terms(self) -> ledger.ProgramTerms:
        return ledger.ProgramTerms(
            code=self.code,
            double_opt_in=self.double_opt_in,
            double_opt_in_days=self.double_opt_in_days,
            ttl_days=self.ttl_days,
            senders=tuple(sorted(sender.address for sender in self.senders.all())),
            exempt_informational=self.exempt_informational,
        )


class Wording(models.Model):
    """One version of the opt-in text as a person saw it. A text in use is not edited: it gets a successor."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="wordings")
    code = models.CharField(
        max_length=60, unique=True, help_text="As forms report it, e.g. checkout-2026-03."
    )
    text = models.TextField()
    language = models.CharField(max_length=8, default="en")
    place = models.CharField(
        max_length=200, blank=True, help_text="Where it was shown: address or name of the form."
    )
    prechecked = models.BooleanField(default=False, help_text="The box was ticked before the person came.")
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.code
