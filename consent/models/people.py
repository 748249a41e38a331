"""Who and which line: the only tables that hold personal data."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, Substr

from backoffice.models import System
from consent.numbers import FRAGMENT


class NumberQuerySet(models.QuerySet["Number"]):
    def fragment(self, digits: str) -> NumberQuerySet:
        """Numbers that contain these digits, or those behind a trunk zero, as people write one at home. PostgreSQL
        answers from its trigram index on this very expression."""
        wanted = Q(digits__contains=digits)
        if digits.startswith("0") and len(digits.lstrip("0")) >= FRAGMENT:
            wanted |= Q(digits__contains=digits.lstrip("0"))
        return self.annotate(digits=Substr("e164", 2)).filter(wanted)

    def named(self, text: str) -> NumberQuerySet:
        """Of people who are called so: see ContactQuerySet."""
        links = SystemRecord.objects.filter(contact__in=Contact.objects.named(text))
        return self.filter(pk__in=links.values("number"))


class ContactQuerySet(models.QuerySet["Contact"]):
    def named(self, text: str) -> ContactQuerySet:
        """People whose name or address begins so; of two words, each begins one of the names."""
        words = text.split()
        if "@" in text:
            return self.filter(_begins(email=text))
        if len(words) < 2:
            return self.filter(_begins(last_name=text) | _begins(first_name=text) | _begins(email=text))
        first, last = words[0], " ".join(words[1:])
        return self.filter(
            _begins(first_name=first, last_name=last) | _begins(first_name=last, last_name=first)
        )


def _begins(**columns: str) -> Q:
    """Every column begins with its words, in any case. SQLite folds the case of ASCII letters alone, so words
    with others are tried the ways people write them."""
    wanted = Q()
    for column, text in columns.items():
        ways = {text} if text.isascii() else {text, text.lower(), text.upper(), text.title()}
        one = Q()
        for way in sorted(ways):
            one |= Q(**{f"{column}__istartswith": way})
        wanted &= one
    return wanted


class Number(models.Model):
    """One E.164 phone line. Consent belongs to it. Created by imports and staff forms, never removed."""

    e164 = models.CharField(max_length=16, unique=True)
    region = models.CharField(max_length=3, blank=True)
    line_type = models.CharField(max_length=24, blank=True)  # phonenumbers' words, e.g. MOBILE
    first_seen_at = models.DateTimeField(db_default=Now())

    objects = NumberQuerySet.as_manager()

    def __str__(self) -> str:
        return self.e164


class Contact(models.Model):
    """A person as the connected systems know them. Created by imports; merged or split by nobody yet: two records
    of one system on one number are two contacts until staff say otherwise."""

    first_name = models.CharField(max_length=120, blank=True)
    last_name = models.CharField(max_length=120, blank=True)
    email = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = ContactQuerySet.as_manager()

    def __str__(self) -> str:
        return " ".join(filter(None, [self.first_name, self.last_name])) or self.email or "Name not known"


class SystemRecord(models.Model):
    """One system's own record of one contact, and the number it holds for them. Kept by imports."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="records")
    ref = models.CharField(max_length=80)  # the system's record id; the number itself where it has none
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="records")
    number = models.ForeignKey(Number, on_delete=models.PROTECT, related_name="records")
    previous_number = models.ForeignKey(Number, null=True, on_delete=models.PROTECT, related_name="+")
    number_changed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "ref"], name="record_once_per_system"),
            models.CheckConstraint(
                condition=models.Q(previous_number=None) | models.Q(number_changed_at__isnull=False),
                name="record_previous_number_and_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system_id}:{self.ref}"
