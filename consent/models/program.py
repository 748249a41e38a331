"""What one agrees to."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from backoffice.models import FixedInUse
from consent import ledger, notices, wording


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


class Wording(FixedInUse):
    """One version of a text as a person saw it. A text that somebody agreed to is evidence: it is not edited, it gets
    a last day and a successor."""

    FIXED = ("code", "program", "kind", "text", "language", "prechecked", "valid_from", "succeeds")

    Kind = wording.Kind

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="wordings")
    kind = models.CharField(
        max_length=12,
        choices=[(kind.value, kind.label) for kind in wording.Kind],
        default=wording.Kind.OPT_IN,
    )
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
    valid_until = models.DateField(null=True, blank=True, help_text="Its last day. Empty: still shown.")
    succeeds = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="successor"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_from=None)
                | models.Q(valid_until=None)
                | models.Q(valid_from__lte=models.F("valid_until")),
                name="wording_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def is_in_use(self) -> bool:
        return self.consent_records.exists()

    def as_version(self) -> wording.Version:
        return wording.Version(
            key=self.pk or 0,
            program=self.program_id,
            kind=wording.Kind(self.kind),
            language=self.language,
            place=self.place,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )

    def clean(self) -> None:
        """One version at a time is shown to one language at one place."""
        super().clean()
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValidationError({"valid_until": "The last day lies before the first one."})
        before = self.succeeds
        if before is not None and (before.program_id, before.kind) != (self.program_id, self.kind):
            raise ValidationError(
                {"program": f"The successor of “{before.code}” has its program and its kind."}
            )
        others = Wording.objects.filter(program=self.program_id, kind=self.kind).exclude(pk=self.pk)
        mine = self.as_version()
        for other in others.order_by("pk"):
            # The one before it ends when it begins: consent.registry sees to that.
            if other.pk == self.succeeds_id and _begins_before(other, self):
                continue
            if wording.overlap(mine, other.as_version()):
                raise ValidationError(
                    {
                        "valid_from": f"“{other.code}” was shown there in the same language at the same time. Give "
                        "that one a last day, or this one another place."
                    }
                )


def _begins_before(one: Wording, other: Wording) -> bool:
    return other.valid_from is not None and (one.valid_from is None or one.valid_from < other.valid_from)


class Notice(models.Model):
    """The text that is offered for one situation in one language: for a program, or for all that have none of their
    own. Kept by supervisors; the product drafts with it and never sends it."""

    Situation = notices.Situation

    situation = models.CharField(
        max_length=20, choices=[(each.value, each.label) for each in notices.Situation]
    )
    language = models.CharField(max_length=8, choices=list(notices.LANGUAGES.items()), default="en")
    program = models.ForeignKey(
        Program, null=True, blank=True, on_delete=models.CASCADE, related_name="notices"
    )
    text = models.TextField(help_text="{program}, {brand} and {sender} are filled in.")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        permissions = [("draft_notice", "May export drafts of reconfirmation texts")]
        constraints = [
            models.UniqueConstraint(
                fields=["situation", "language", "program"], name="notice_once_per_program"
            ),
            models.UniqueConstraint(
                fields=["situation", "language"],
                condition=models.Q(program=None),
                name="notice_once_for_all",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_situation_display()} ({self.language})"
