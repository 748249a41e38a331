"""The two append-only tables everything is derived from: what happened, and what each system believed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from backoffice.models import AppendOnly, AppendOnlyQuerySet, ImportBatch, System
from consent import cells, ledger
from consent.models.people import Contact, Number
from consent.models.program import Program, Wording


def _choices(codes: type) -> list[tuple[str, str]]:
    return [(code.value, code.value.replace("_", " ")) for code in codes]  # type: ignore[attr-defined]


class LedgerQuerySet(AppendOnlyQuerySet):
    def effective(self, voided: Sequence[int] | None = None) -> LedgerQuerySet:
        """Rows whose batch was not voided; `voided` are those batches, where they are known already."""
        if voided is None:
            voided = ImportBatch.objects.voided_keys()
        return self.exclude(batch_id__in=voided) if voided else self.all()

    def for_numbers(self, number_ids: Iterable[int]) -> LedgerQuerySet:
        return self.filter(number_id__any_of=set(number_ids))


class ConsentRecord(AppendOnly):
    """One thing that happened: who did what, when, through what, with which proof. Written by imports, staff acts
    and corrections; never changed, never removed; reported twice it counts once (system, source_event_id)."""

    Act = ledger.Act
    Kind = ledger.Kind

    number = models.ForeignKey(Number, null=True, on_delete=models.PROTECT, related_name="consent_records")
    # A revocation that the person made for all their lines (call, e-mail) names the contact as well.
    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT, related_name="consent_records")
    act = models.CharField(max_length=12, choices=_choices(ledger.Act))
    kind = models.CharField(max_length=16, choices=_choices(ledger.Kind))
    program = models.ForeignKey(Program, null=True, on_delete=models.PROTECT, related_name="consent_records")
    for_all_programs = models.BooleanField(default=False)
    sender = models.CharField(max_length=20, blank=True)  # the one it was sent to; decides a STOP's scope
    occurred_at = models.DateTimeField(null=True)
    precision = models.CharField(max_length=16, choices=_choices(ledger.Precision))
    occurred_text = models.CharField(max_length=80, blank=True)  # as the source wrote it
    zone = models.CharField(max_length=64, blank=True)  # the clock used to read it
    spread_seconds = models.PositiveIntegerField(default=0)  # a local time that happened twice or never
    received_at = models.DateTimeField()
    stream = models.CharField(max_length=40, blank=True)
    sequence = models.BigIntegerField(null=True)
    clock = models.CharField(max_length=40, blank=True)  # who stamped the time
    wording = models.ForeignKey(Wording, null=True, on_delete=models.PROTECT, related_name="consent_records")
    wording_note = models.CharField(max_length=60, blank=True)  # a code no wording of ours has
    answers_prompt = models.BooleanField(null=True)  # of a YES; empty: to be judged from the records
    exempt_answer = models.BooleanField(default=False)  # a STOP that answered an exempted informational text
    clarification = models.CharField(max_length=12, blank=True, choices=_choices(ledger.Clarification))
    provider_acted = models.BooleanField(null=True)  # False: the provider saw the STOP word and let it pass
    copied_time = models.BooleanField(
        default=False
    )  # the source wrote its import's own time in row after row
    has_reference = models.BooleanField(default=False)
    reference = models.CharField(max_length=200, blank=True)  # ticket, call id, link to the proof
    proof = models.FileField(upload_to="proofs/%Y/%m/", blank=True, max_length=200)
    proof_sha256 = models.CharField(max_length=64, blank=True)
    words = models.TextField(blank=True)  # what the person wrote or said
    voids = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="voided_by")
    # A void of what a system asserts: assertions are readings, so they have their own link.
    voids_reading = models.ForeignKey(
        "Reading", null=True, on_delete=models.PROTECT, related_name="voided_by"
    )
    implied_until = models.DateTimeField(null=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    system = models.ForeignKey(System, null=True, on_delete=models.PROTECT, related_name="consent_records")
    source_event_id = models.CharField(max_length=100)
    batch = models.ForeignKey(
        ImportBatch, null=True, on_delete=models.PROTECT, related_name="consent_records"
    )
    line = models.IntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = LedgerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "source_event_id"], name="record_counts_once"),
            models.CheckConstraint(
                condition=models.Q(number__isnull=False) | models.Q(contact__isnull=False),
                name="record_of_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by=None) | ~models.Q(approved_by=models.F("recorded_by")),
                name="record_second_person_is_another",
            ),
        ]
        indexes = [
            # The rebuild reads a number's history in order from this index alone.
            models.Index(
                fields=["number", "occurred_at"],
                name="record_history",
            ),
            models.Index(
                fields=["contact"], condition=models.Q(contact__isnull=False), name="record_person_level"
            ),
            models.Index(fields=["batch", "line"], name="record_of_batch"),
            # "Which of these numbers has ever said no, and since when?", asked of every chunk of a send log.
            models.Index(
                fields=["number", "received_at"],
                condition=models.Q(act="revoke"),
                name="record_revocations",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} ({self.kind})"


class Reading(AppendOnly):
    """What one system believed about one number and program when it was last asked. Written by imports, only when
    the value is news; an "in" or "out" counts as an assertion in the rules."""

    number = models.ForeignKey(Number, on_delete=models.PROTECT, related_name="readings")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="readings")
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="readings")
    ref = models.CharField(max_length=80, blank=True)  # the system's record id, where it has one
    value = models.CharField(max_length=8, choices=_choices(cells.Meaning))
    text = models.CharField(max_length=80, blank=True)  # the cell as it came
    claimed_at = models.DateTimeField(null=True)  # since when, as the system says
    claimed_precision = models.CharField(max_length=16, choices=_choices(ledger.Precision))
    claimed_text = models.CharField(max_length=80, blank=True)
    read_at = models.DateTimeField()
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="readings")
    line = models.IntegerField(null=True)

    objects: ClassVar[Any] = LedgerQuerySet.as_manager()

    class Meta:
        indexes = [
            # "What did this system believe last?", for one key and for a rebuild in number order.
            models.Index(fields=["number", "program", "system", "ref", "-read_at"], name="reading_latest"),
            models.Index(fields=["batch", "line"], name="reading_of_batch"),
            models.Index(
                fields=["number", "read_at"], condition=models.Q(value="out"), name="reading_says_out"
            ),
            # "When was a record of this system last asked for by itself?"
            models.Index(
                fields=["system", "read_at"], condition=models.Q(batch=None), name="reading_by_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value}"
