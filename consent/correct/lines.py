"""Which numbers a decision concerns, and holding them while it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from consent.correct.choice import Choice, Subject
from consent.judgements import JUDGEMENTS
from consent.models import Contact, Correction, Flag, Number, Touched
from consent.reconcile import reconcile_numbers


def lines_of_choice(subject: Subject, choice: Choice | None = None) -> list[int]:
    """The numbers a decision is about, in the order in which they are locked."""
    if subject.number is None:
        return []
    if choice is not None and choice.for_whole_person:
        return numbers_of_person(subject.number)
    return [subject.number.pk]


def lines_of(correction: Correction) -> list[int]:
    if correction.number is None:
        return []
    if correction.details.get("for_whole_person"):
        return numbers_of_person(correction.number)
    return [correction.number.pk]


def numbers_of_person(number: Number) -> list[int]:
    """Every number that we know of the people who hold this one."""
    people = Contact.objects.filter(records__number=number)
    lines = Number.objects.filter(Q(records__contact__in=people) | Q(pk=number.pk))
    return sorted(set(lines.values_list("pk", flat=True)))


def same_question(flag: Flag | None) -> list[Flag]:
    """Flags that put the same question about the same evidence for other programs: one answer settles them all."""
    if flag is None or flag.number_id is None or flag.code not in JUDGEMENTS:
        return []
    others = Flag.objects.filter(number=flag.number_id, code=flag.code, status__in=Flag.TO_REVIEW)
    return [other for other in others.exclude(pk=flag.pk).order_by("pk") if other.evidence == flag.evidence]


def take_in_news(lines: Sequence[int], now: datetime) -> None:
    """Weigh what nobody weighed yet, and keep the result whatever becomes of the decision: a reviewer who is
    told that the facts changed has to see the new ones."""
    if Touched.objects.filter(number__in=lines).exists():
        reconcile_numbers(lines, now=now)


def lock(lines: Sequence[int], now: datetime) -> None:
    """Hold the numbers, and weigh news about them first: nobody decides on what is already outdated."""
    list(Number.objects.select_for_update().filter(pk__in=lines).order_by("pk").values_list("pk", flat=True))
    if Touched.objects.filter(number__in=lines).exists():
        reconcile_numbers(lines, now=now)
