"""What the send log tells the ledger: messages that went out after somebody had said no."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models.functions import Now

from consent.models.people import Number


class SendAfterStopQuerySet(models.QuerySet["SendAfterStop"]):
    def for_numbers(self, number_ids: Iterable[int]) -> SendAfterStopQuerySet:
        return self.filter(number_id__any_of=list(number_ids))


class SendAfterStop(models.Model):
    """One message that left us for a number after a revocation of it had been received. Whether it may have gone out
    all the same (the one confirmation, or the person came back) the rules say.

    Written and taken back by errors.after_stop alone. It outlives the row of the send log and its text: an incident
    stays on record when retention takes those away."""

    key = models.UUIDField(unique=True)  # of the attempt
    number = models.ForeignKey(
        Number, on_delete=models.PROTECT, related_name="sends_after_stop", db_index=False
    )
    sender = models.CharField(max_length=40, blank=True)  # as the log writes it; its pool says which programs
    sent_at = models.DateTimeField()
    provider = models.CharField(max_length=24)
    message_ref = models.CharField(max_length=120)
    origin = models.CharField(max_length=200, blank=True)  # journey, campaign, template: what sent it
    link = models.CharField(max_length=200, blank=True)  # path of the page that shows the send
    # Whether the text confirms an opt-out and nothing else; empty: nobody knows the text.
    is_confirmation = models.BooleanField(null=True)
    has_marketing = models.BooleanField(default=False)  # a confirmation that also sells something
    went_through = models.BooleanField(default=False)  # the provider handed it on
    noticed_at = models.DateTimeField(db_default=Now())

    objects = SendAfterStopQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "sends after a stop"
        indexes = [models.Index(fields=["number", "sent_at"], name="send_after_stop_of_number")]

    def __str__(self) -> str:
        return f"{self.provider} {self.message_ref}"
