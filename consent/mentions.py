"""Colleagues called by name in a note: who is meant, who is told, and when they have seen it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q

from backoffice.access import staff_with
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
    alike = Q(*(("username__iexact", name) for name in names), _connector=Q.OR)
    staff = list(staff_with("consent.view_flag").filter(alike).order_by("pk"))
    met = {name: person for name in names if (person := _meant(name, staff))}
    people = [person for person in dict.fromkeys(met.values()) if person != by]
    Mention.objects.bulk_create([Mention(event=note, person=person) for person in people])
    return Told(people, [name for name in names if name not in met])


def _meant(name: str, staff: Sequence[User]) -> User | None:
    """Who is called so: the name as it is written goes before one that differs in its case."""
    exact = (person for person in staff if person.username == name)
    alike = (person for person in staff if person.username.lower() == name.lower())
    return next(exact, None) or next(alike, None)


def read(flag: Flag, *, by: User, now: datetime) -> None:
    """They have the flag before them: nothing in it is news to them any more."""
    news = list(Mention.objects.of(by).unread().filter(event__flag=flag).values_list("pk", flat=True))
    if news:  # asked first, because even an update of nothing waits for other writers on SQLite
        Mention.objects.filter(pk__in=news).update(read_at=now)
