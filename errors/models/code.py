"""Error codes as staff see them: the catalogues' meaning, and beside it what was met and decided here."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from errors.catalogue import (
    Catalogue,
    Category,
    CodeFacts,
    Confidence,
    Explanation,
    Phase,
    Retry,
    explain,
    provider_label,
    shipped,
)


class StaleCode(Exception):
    """Somebody classified the code after it was read."""


class ErrorCodeQuerySet(models.QuerySet["ErrorCode"]):
    def new(self) -> ErrorCodeQuerySet:
        """Met in a log, in no catalogue, and nobody has said yet what they mean."""
        return self.filter(origin=ErrorCode.Origin.SEEN, classified_at=None)

    def met(self) -> ErrorCodeQuerySet:
        """Those that our own logs have brought."""
        return self.exclude(first_seen_at=None)

    def warned(self) -> ErrorCodeQuerySet:
        """The provider's own title speaks of something else than the catalogue."""
        return self.exclude(catalogue_warning="")

    def of_category(self, category: str) -> ErrorCodeQuerySet:
        """Those that count as this category here."""
        return self.filter(Q(local_category=category) | Q(local_category="", category=category))

    def as_catalogue(self) -> Catalogue:
        """The door to the rules: the shipped book with what was met and classified here. One query for few rows,
        however many codes are looked up then; made anew for each page or chunk."""
        ours = self.filter(Q(origin=ErrorCode.Origin.SEEN) | ~Q(local_category=""))
        return shipped().with_changes(row.as_facts() for row in ours.order_by("pk"))


class ErrorCode(models.Model):
    """One code of one provider, product and phase. The first block is the catalogue's and written by errors.learn;
    errors.meet adds codes nobody knew; errors.classify keeps what staff decided, which no loading touches."""

    class Origin(models.TextChoices):
        CATALOGUE = "catalogue", "Catalogue"
        SEEN = "seen", "Met in a log"

    PHASES: ClassVar = [(phase.value, phase.label) for phase in Phase]
    CATEGORIES: ClassVar = [(category.value, category.label) for category in Category]

    provider = models.CharField(max_length=24)
    product = models.CharField(max_length=24, blank=True)
    phase = models.CharField(max_length=8, choices=PHASES)
    code = models.CharField(max_length=120)  # as the provider writes it: leading zeros matter
    code_normal = models.CharField(max_length=120)  # errors.catalogue.normal_code: how codes are compared
    place = models.CharField(max_length=120)  # errors.catalogue.place_of: how they are sorted
    name = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=24, choices=CATEGORIES)
    retry = models.CharField(max_length=12, choices=[(retry.value, retry.label) for retry in Retry])
    is_permanent = models.BooleanField(null=True)  # what the provider says; our advice may differ
    source = models.CharField(max_length=300, blank=True)
    confidence = models.CharField(max_length=12, choices=[(c.value, c.label) for c in Confidence])
    catalogue = models.CharField(max_length=40, blank=True)  # the file it comes from
    valid_from = models.DateField(null=True, blank=True)  # codes that were split off older ones
    origin = models.CharField(max_length=10, choices=Origin)
    is_listed = models.BooleanField(default=True)  # False: a later catalogue no longer has it

    # What the logs say.
    first_seen_at = models.DateTimeField(null=True, blank=True)
    # The id of an attempt with it, where it still exists: attempts come and go by the month, so this is no foreign key.
    sample = models.BigIntegerField(null=True, blank=True)
    catalogue_warning = models.CharField(max_length=300, blank=True)

    # What staff say.
    local_category = models.CharField(max_length=24, choices=CATEGORIES, blank=True)
    local_note = models.TextField(blank=True)
    classified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    classified_at = models.DateTimeField(null=True, blank=True)

    objects = ErrorCodeQuerySet.as_manager()

    class Meta:
        permissions = [
            ("note_errorcode", "Can write notes about error codes"),
            ("classify_errorcode", "Can say what an error code means here"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "code_normal", "product", "phase"], name="error_code_once"
            ),
            models.CheckConstraint(
                condition=Q(classified_by=None, classified_at=None)
                | Q(classified_by__isnull=False, classified_at__isnull=False),
                name="error_code_classified_by_and_at",
            ),
            models.CheckConstraint(
                condition=Q(local_category="") | Q(classified_at__isnull=False),
                name="error_code_local_category_is_classified",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "place", "id"], name="error_code_list"),
            models.Index(
                fields=["first_seen_at", "id"],
                condition=Q(origin="seen", classified_at=None),
                name="error_code_new",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider_label} {self.code}"

    @property
    def provider_label(self) -> str:
        return provider_label(self.provider, self.product)

    @property
    def is_new(self) -> bool:
        return self.origin == self.Origin.SEEN and self.classified_at is None

    @property
    def effective_category(self) -> Category:
        """What it counts as here: staff's word before the catalogue's."""
        return Category(self.local_category or self.category)

    def as_facts(self) -> CodeFacts:
        """What the rules know about it, staff's classification included."""
        key = (self.provider, self.product, self.phase, self.code)
        facts = (shipped().get(*key) if self.origin == self.Origin.CATALOGUE else None) or CodeFacts(
            *(self.provider, self.product, Phase(self.phase), self.code, self.name),
            Category(self.category),
            Retry(self.retry),
            source=self.source,
            confidence=Confidence(self.confidence),
            catalogue=self.catalogue,
            is_permanent=self.is_permanent,
        )
        if not self.local_category:
            return facts
        category = Category(self.local_category)
        return replace(facts, category=category, retry=category.facts.retry, is_notice=False)

    @property
    def explanation(self) -> Explanation:
        return explain(self.as_facts())
