"""What staff say about a code: which category it counts as here, and what colleagues should know about it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from backoffice import audit
from errors.catalogue import Category
from errors.models import ErrorCode, StaleCode


@transaction.atomic
def classify(
    code: ErrorCode, category: Category | None, *, note: str, reason: str, by: User, now: datetime
) -> None:
    """Let a code count as `category` from now on (None: as the catalogue says). What it was, what it is and why go
    to the audit. Raises StaleCode if somebody else classified it since `code` was read."""
    old = code.local_category
    seen = ErrorCode.objects.filter(pk=code.pk, classified_at=code.classified_at)
    # A code that is in no catalogue goes back to the queue when its classification is taken away.
    is_judged = category is not None or code.origin == ErrorCode.Origin.CATALOGUE
    settled = {
        "local_category": category.value if category else "",
        "local_note": note,
        "classified_by": by if is_judged else None,
        "classified_at": now if is_judged else None,
        "catalogue_warning": "",  # the person who classified it has seen it
    }
    if not seen.update(**settled):
        raise StaleCode(code)
    audit.record(
        by,
        "errorcode.classify",
        code,
        reason=reason,
        code=str(code),
        old=old or code.category,
        new=settled["local_category"] or code.category,
        note=note,
        warning=code.catalogue_warning,
    )
    for field, value in settled.items():
        setattr(code, field, value)


@transaction.atomic
def annotate(code: ErrorCode, note: str, *, by: User) -> bool:
    """Keep a note for colleagues; the ones before it stay in the audit. False if it says what it said already."""
    if note == code.local_note:
        return False
    ErrorCode.objects.filter(pk=code.pk).update(local_note=note)
    audit.record(by, "errorcode.note", code, code=str(code), old=code.local_note, note=note)
    code.local_note = note
    return True
