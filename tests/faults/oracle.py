"""In the evening: what must hold after whatever happened."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping

from django.utils import timezone

from backoffice import identities
from backoffice.identities import Identity, identity
from consent import propagate
from consent.cells import Meaning
from consent.models import Correction, Flag, Hold, Touched, WriteBack
from consent.reconcile import reconcile_numbers
from tests.faults.world import World

W = WriteBack.Status
ARRIVED = (W.ACCEPTED, W.VERIFIED, W.REVERTED)


def look(world: World, made: Mapping[str, int]) -> list[Identity]:
    """Everything that could have gone wrong, looked for on both sides: ours and the systems'."""
    found = [
        identity("No decision was lost, none was taken twice", _decisions(made)),
        identity("Every decision is written to every system once", _write_backs(made)),
        identity("What counts as arrived did arrive, under its own key", _arrivals(world)),
        identity("No key arrived with two bodies, no opt-in was written", _bodies(world)),
    ]
    _read_everything(world)
    found += [
        identity("A flag is closed only where every system reads right", _closed_wrongly(world)),
        identity("Whoever is opted in somewhere again has a flag, and is held", _unnoticed(world)),
        *identities.check(whole=True, now=timezone.now()),
    ]
    print(dict(Counter(WriteBack.objects.values_list("status", flat=True))), "write-backs in the evening")
    print(dict(Counter(Flag.objects.values_list("status", flat=True))), "flags in the evening")
    parked = WriteBack.objects.filter(status=W.PARKED).values_list("note", flat=True)
    for note, times in Counter(parked).most_common(5):
        print(f"{times:>6,}  parked: {note}")
    return found


def report(found: list[Identity]) -> int:
    for one in found:
        print(f"{f'{one.broken:,} broken' if one.broken else 'holds':>14}  {one.name}")
        for example in one.examples:
            print(f"{'':>16}{example}")
    return int(any(one.broken for one in found))


def _decisions(made: Mapping[str, int]) -> Iterator[str]:
    stored = dict(Correction.objects.values_list("token", "pk"))
    for token in made.keys() | stored.keys():
        if made.get(token) != stored.get(token):
            yield f"{token}: answered {made.get(token)}, stored {stored.get(token)}"


def _write_backs(made: Mapping[str, int]) -> Iterator[str]:
    per_system = Counter(WriteBack.objects.values_list("correction", "system__slug"))
    for pk in made.values():
        for slug in ("texter", "acme", "bigcrm"):
            if per_system[pk, slug] != 1:
                yield f"decision {pk} has {per_system[pk, slug]} write-backs to {slug}"


def _key(row: WriteBack, world: World) -> str:
    revision = world.connections[row.system.slug].revision
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{row.key}:{revision}").hex


def _arrivals(world: World) -> Iterator[str]:
    came = {slug: set(double.bodies_by_key()) for slug, double in world.doubles.items()}
    known: dict[str, set[str]] = {slug: set() for slug in came}
    for row in WriteBack.objects.select_related("system"):
        key, slug = _key(row, world), row.system.slug
        known[slug].add(key)
        # One that found the right value there already had nothing to do.
        if row.status in ARRIVED and row.accepted_at is not None and key not in came[slug]:
            yield f"write-back {row.pk} is {row.status}, {slug} never saw it"
    for slug, keys in came.items():
        yield from (f"{slug} was sent {key}, which is no write-back" for key in keys - known[slug])


def _bodies(world: World) -> Iterator[str]:
    for slug, double in world.doubles.items():
        for key, bodies in double.bodies_by_key().items():
            if len(bodies) != 1 or any('"in"' in body for body in bodies):
                yield f"{slug}, {key}: {bodies}"


def _read_everything(world: World) -> None:
    """The evening's read of every record, as an import of each system would bring it."""
    says = {slug: double.values for slug, double in world.doubles.items()}
    now = timezone.now()
    for row in WriteBack.objects.select_related("system", "number").order_by("pk"):
        value = says[row.system.slug][row.number.e164]
        propagate.read_back(row, value=Meaning(value), text=value, now=now)
    while waiting := list(Touched.objects.values_list("number", flat=True)[:500]):
        reconcile_numbers(waiting, now=now)


def _said_in(world: World) -> set[str]:
    return {
        e164 for double in world.doubles.values() for e164, value in double.values.items() if value == "in"
    }


def _closed_wrongly(world: World) -> Iterator[str]:
    says = {slug: double.values for slug, double in world.doubles.items()}
    closed = Flag.objects.filter(status=Flag.Status.CLOSED, system__isnull=False, number__isnull=False)
    open_again = set(Flag.objects.open().values_list("key", flat=True))
    for flag in closed.select_related("system", "number"):
        if says[flag.system.slug][flag.number.e164] == "in" and flag.key not in open_again:
            yield f"flag {flag.pk} ({flag.code}) is closed, {flag.system.slug} says in"


def _unnoticed(world: World) -> Iterator[str]:
    held = set(Hold.objects.open().values_list("number__e164", flat=True))
    flagged = set(Flag.objects.open().values_list("number__e164", flat=True))
    for e164 in sorted(_said_in(world)):
        if e164 not in held or e164 not in flagged:
            yield f"{e164}: held {e164 in held}, flagged {e164 in flagged}"
