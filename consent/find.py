"""What the search box finds in this room: numbers, people, records of systems."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse

from backoffice.access import can
from backoffice.models import System
from backoffice.overview import SEARCH_LIMIT
from backoffice.rooms import Found, Hit
from backoffice.words import phone
from consent.models import Contact, Number, SystemRecord
from consent.numbers import FRAGMENT, digits_of, looks_like_number


def find(query: str, user: User | AnonymousUser) -> list[Found]:
    """Numbers by any four digits in a row, people by the beginning of a name or address, records by their
    id."""
    found = []
    digits = digits_of(query)
    if can(user, "consent.view_number") and len(digits) >= FRAGMENT and looks_like_number(query):
        found.append(_numbers(digits))
    if can(user, "consent.view_contact"):
        if any(letter.isalpha() for letter in query):
            found.append(_people(query))
        found.append(_records(query))
    return found


def _numbers(digits: str) -> Found:
    numbers = list(Number.objects.fragment(digits).order_by("pk")[: SEARCH_LIMIT + 1])
    hits = [
        Hit(phone(number.e164), reverse("consent:contact", args=[number.pk]), number.region)
        for number in numbers
    ]
    return _found("Numbers", "users", hits)


def _people(query: str) -> Found:
    contacts = list(Contact.objects.named(query).order_by("pk")[: SEARCH_LIMIT + 1])
    return _found("People", "user", _hits_of(contacts))


def _hits_of(contacts: list[Contact]) -> list[Hit]:
    """Each person with the page of one of their numbers."""
    records = (
        SystemRecord.objects.filter(contact__in=contacts).select_related("number", "system").order_by("-pk")
    )
    record_of = {record.contact_id: record for record in records}
    hits = []
    for contact in contacts:
        record = record_of.get(contact.pk)
        url = (
            reverse("consent:contact", args=[record.number_id])
            if record
            else reverse("admin:consent_contact_change", args=[contact.pk])
        )
        note = " · ".join(filter(None, [contact.email, phone(record.number.e164) if record else "no number"]))
        hits.append(Hit(str(contact), url, note))
    return hits


def _records(query: str) -> Found:
    # Naming every system lets the unique index (system, ref) answer.
    records = SystemRecord.objects.filter(system__in=list(System.objects.all()), ref=query)
    found = list(records.select_related("system", "contact", "number").order_by("pk")[: SEARCH_LIMIT + 1])
    hits = [
        Hit(
            f"{record.system.name} {record.ref}",
            reverse("consent:contact", args=[record.number_id]),
            f"{record.contact} · {phone(record.number.e164)}",
        )
        for record in found
    ]
    return _found("Records of systems", "link", hits)


def _found(label: str, icon: str, hits: list[Hit]) -> Found:
    return Found(label, icon, hits[:SEARCH_LIMIT], more=len(hits) > SEARCH_LIMIT)
