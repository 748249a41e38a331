"""Colleagues called by name in a note: who is meant, who is told, and when they have seen it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models.functions import Lower

from backoffice.access import can
from consent.models import Flag, FlagEvent, Mention

# A user name may hold what Django lets it hold; a word before the @ makes it an address of mail.
_CALLED = re.compile(r"(?<![\w.@+-])@([\w.@+-]+)")
AT_MOST = 20  # names of one note that are looked up


@dataclass(frozen=True, slots=True)
class Told:
    """Who was told of a note, and the names that nobody who may see the flag goes by."""

    people: Sequence[User]
    unknown: list[str]


def called(text: str) -> list[str]:
    """The user names that a text calls, as they are written, each once; what ends the sentence is no part of one."""
    names = (found.rstrip(".-+@") for found in _CALLED.findall(text))
    return list(dict.fromkeys(name for name in names if name))[:AT_MOST]


def tell(note: FlagEvent, *, by: User) -> Told:
    """Put the note before everybody it calls, but for its author."""
    names = called(note.note)
    if not names:
        return Told([], [])
    staff = User.objects.filter(is_active=True, is_staff=True).annotate(low=Lower("username"))
    met = {
        person.get_username().lower(): person
        for person in staff.filter(low__in=[name.lower() for name in names]).order_by("pk")
        if can(person, "consent.view_flag")
    }
    people = [person for person in met.values() if person != by]
    Mention.objects.bulk_create([Mention(event=note, person=person) for person in people])
    return Told(people, [name for name in names if name.lower() not in met])


def read(flag: Flag, *, by: User, now: datetime) -> None:
    """They have the flag before them: nothing in it is news to them any more."""
    news = list(Mention.objects.of(by).unread().filter(event__flag=flag).values_list("pk", flat=True))
    if news:  # asked first, because even an update of nothing waits for other writers on SQLite
        Mention.objects.filter(pk__in=news).update(read_at=now)
