"""Documented decisions and their way to every system."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from backoffice.models import FixedInUse, System
from consent.models.flag import Flag
from consent.models.ledger import ConsentRecord, Reading
from consent.models.moving import Moving
from consent.models.outbound import Outbound
from consent.models.people import Number
from consent.models.program import Program


class Decision(models.TextChoices):
    """What a reviewer can decide. None of them sets a status: they add to the ledger or ask systems to follow it."""

    ALIGN = "align", "Write the agreed status to every system"
    REVOKE = "revoke", "Log a revocation"
    PROOF = "proof", "Attach proof of consent"
    VOID = "void", "Void a weak revocation"
    WAIVE = "waive", "Waive until a date"
    ESCALATE = "escalate", "Escalate"


class ReasonCode(FixedInUse):
    """Why a decision was taken. Rows, not code: compliance staff add and retire them."""

    FIXED = ("decision",)

    code = models.SlugField(unique=True)
    decision = models.CharField(max_length=10, choices=Decision)
    label = models.CharField(max_length=120)
    needs_words = models.BooleanField(default=False)
    needs_proof = models.BooleanField(default=False)
    needs_second_person = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.label

    def is_in_use(self) -> bool:
        return Correction.objects.filter(reason=self).exists()


class Correction(Moving):
    """One documented decision about one number and program, or about a whole file. Made by consent.correct in one
    transaction with its ledger record, its write-backs, the moves of its flags and the audit entry."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", "Waiting for a second person"
        APPLIED = "applied", "Applied"
        REFUSED = "refused", "Refused by the second person"
        UNDONE = "undone", "Undone before it left"

    MOVES = {Status.PROPOSED: {Status.APPLIED, Status.REFUSED}, Status.APPLIED: {Status.UNDONE}}

    # Empty together: the decision is about a flag that names a batch instead of a number.
    number = models.ForeignKey(Number, null=True, on_delete=models.PROTECT, related_name="corrections")
    program = models.ForeignKey(Program, null=True, on_delete=models.PROTECT, related_name="corrections")
    # Of the form that was sent: a double click or a replayed request finds the decision it already made.
    token = models.CharField(max_length=64, unique=True)
    flags = models.ManyToManyField(Flag, related_name="corrections")
    decision = models.CharField(max_length=10, choices=Decision)
    status = models.CharField(max_length=10, choices=Status)
    reason = models.ForeignKey(ReasonCode, on_delete=models.PROTECT, related_name="+")
    words = models.TextField(blank=True)
    proof = models.FileField(upload_to="proofs/%Y/%m/", blank=True, max_length=200)
    proof_sha256 = models.CharField(max_length=64, blank=True)
    proof_link = models.URLField(blank=True)
    # What the decision is about, where it needs more than number and program (channel, time, record voided …).
    details = models.JSONField(default=dict)
    record = models.ForeignKey(ConsentRecord, null=True, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="corrections"
    )
    decided_at = models.DateTimeField()
    second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    second_at = models.DateTimeField(null=True)
    second_words = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        permissions = [("approve_correction", "Can be the second person of a correction")]
        constraints = [
            models.CheckConstraint(
                condition=Q(second_by=None) | ~Q(second_by=F("decided_by")),
                name="correction_second_is_another",
            ),
            models.CheckConstraint(
                condition=Q(second_by=None, second_at=None)
                | Q(second_by__isnull=False, second_at__isnull=False),
                name="correction_second_by_and_at",
            ),
            models.CheckConstraint(
                condition=Q(number=None, program=None) | Q(number__isnull=False, program__isnull=False),
                name="correction_number_and_program",
            ),
        ]
        indexes = [models.Index(fields=["number", "program", "-id"], name="correction_of_number")]

    def __str__(self) -> str:
        return f"{self.get_decision_display()}"


LIVE = Q(watch_over_at=None) & ~Q(status__in=["superseded", "cancelled"])


class WriteBackQuerySet(models.QuerySet["WriteBack"]):
    def to_deliver(self, now: Any) -> WriteBackQuerySet:
        return self.filter(status=WriteBack.Status.PENDING, not_before__lte=now)

    def unsettled(self) -> WriteBackQuerySet:
        return self.filter(status__in=WriteBack.UNSETTLED)

    def live(self) -> WriteBackQuerySet:
        """Those that are on their way or whose record is still watched: see consent.watch."""
        return self.filter(LIVE)

    def may_have_arrived(self) -> WriteBackQuerySet:
        """What the systems' records may have taken, the last of each at the end. An opt-in that left counts whatever
        became of it: nobody may trust that it got lost. An opt-out counts unless it was overtaken, undone or waits
        for a person. What somebody had changed there before it left counts from when it was decided."""
        status = WriteBack.Status
        stands = Q(status__in=[status.SENT, status.ACCEPTED, status.VERIFIED, status.REVERTED])
        rows = self.filter(stands | Q(value="in", sent_at__isnull=False))
        return rows.annotate(since=Coalesce("sent_at", "correction__decided_at")).order_by("since", "pk")


class WriteBack(Moving, Outbound):
    """One correction on its way to one system's record. Written by consent.correct; moved by consent.deliver on its way
    over HTTP, by consent.propagate when it is handed over as a file and when the system is read again.

    Sent means that it left: with a lease, a request is out or nobody knows whether it arrived."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting to be sent"
        SENT = "sent", "Sent"
        ACCEPTED = "accepted", "Accepted"
        VERIFIED = "verified", "Read back and right"
        REVERTED = "reverted", "Read back wrong"
        PARKED = "parked", "Needs a person"
        SUPERSEDED = "superseded", "Overtaken"
        CANCELLED = "cancelled", "Undone before it left"

    S = Status
    UNSETTLED = (S.PENDING, S.SENT, S.ACCEPTED, S.PARKED)
    MOVES = {
        S.PENDING: {S.SENT, S.PARKED, S.SUPERSEDED, S.CANCELLED, S.VERIFIED},
        S.SENT: {S.ACCEPTED, S.VERIFIED, S.REVERTED, S.PARKED, S.SUPERSEDED, S.PENDING},
        S.ACCEPTED: {S.VERIFIED, S.REVERTED, S.SUPERSEDED},
        # Back to where it was when the file that settled it is voided.
        S.VERIFIED: {S.REVERTED, S.SUPERSEDED, S.SENT, S.PENDING},
        S.REVERTED: {S.VERIFIED, S.SUPERSEDED, S.SENT, S.PENDING},
        S.PARKED: {S.PENDING, S.SUPERSEDED, S.VERIFIED},
    }

    correction = models.ForeignKey(Correction, on_delete=models.PROTECT, related_name="write_backs")
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="write_backs")
    number = models.ForeignKey(Number, on_delete=models.PROTECT, related_name="write_backs")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="write_backs")
    ref = models.CharField(max_length=80, blank=True)  # the system's record id
    value = models.CharField(max_length=8)  # "in" or "out"
    key = models.CharField(
        max_length=140, unique=True
    )  # correction:system:ref; sent along so a repeat is harmless
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    not_before = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    reading = models.ForeignKey(
        Reading, null=True, on_delete=models.PROTECT, related_name="+"
    )  # what settled it
    note = models.TextField(blank=True)
    # The watch over what was written, kept by consent.watch from the readings alone.
    reads_right = models.PositiveSmallIntegerField(default=0)  # in a row, since it left or last came back
    # How often it was read wrong, after a right read or none.
    reverts = models.PositiveSmallIntegerField(default=0)
    arrived_at = models.DateTimeField(null=True)  # first read right; None: nothing shows that it arrived
    watch_until = models.DateTimeField(null=True)  # not over before that, however often it was read
    watch_over_at = models.DateTimeField(null=True)

    objects = WriteBackQuerySet.as_manager()

    class Meta:
        constraints = [
            # Nothing overtakes what is out: the next one for this number waits until this one is settled.
            models.UniqueConstraint(
                fields=["system", "number"],
                condition=Q(status="sent", lease_until__isnull=False),
                name="write_back_one_out_per_number",
            )
        ]
        indexes = [
            models.Index(fields=["system", "status", "id"], name="write_back_to_deliver"),
            # "What leaves next?": opt-outs first, what was tried least first. "What waits for a person?"
            models.Index(
                fields=["system", "-value", "attempts", "id"],
                condition=Q(status__in=["pending", "sent", "parked"]),
                name="write_back_to_leave",
            ),
            # "When did the last file leave, and what was in it?"
            models.Index(
                fields=["system", "sent_at", "program"],
                condition=Q(sent_at__isnull=False, attempts=0),
                name="write_back_of_file",
            ),
            models.Index(fields=["number", "program", "system"], name="write_back_of_key"),
            models.Index(
                fields=["system", "next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="write_back_to_read",
            ),
            # "Does an import have to look out for anything?", and "whose time has come?"
            models.Index(fields=["system", "number"], condition=LIVE, name="write_back_live"),
            models.Index(fields=["watch_until"], condition=LIVE, name="write_back_watch_due"),
        ]

    def __str__(self) -> str:
        return f"{self.value} to {self.system_id}"
