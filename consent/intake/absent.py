"""Whoever is missing from a complete list of blocked numbers is not blocked any more.

Only a list that a person called complete says so, and only when every row of it could be read: a number in a row that
went back may be the very one that is missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backoffice.models import Bucket
from consent import bulk
from consent.cells import Meaning
from consent.intake.store import Store
from consent.ledger import Precision
from consent.models import Program, Reading

AT_ONCE = 5_000


def note_absent(store: Store, program: Program, counts: Mapping[str, int]) -> int:
    """Keep as readings that the system no longer blocks numbers it blocked before; returns how many. Safe to run
    twice. Call it when the file has been read to its end."""
    if counts.get(Bucket.REJECTED) or counts.get(Bucket.HELD):
        return 0
    batch = store.batch
    noted = 0
    for numbers in _blocked_before(store, program):
        latest = store.latest_readings(numbers)
        done = set(
            Reading.objects.filter(batch=batch, line=None).for_numbers(numbers).values_list("number_id")
        )
        gone = [
            (number_id, program_id, ref)
            for (number_id, program_id, ref), said in latest.items()
            if program_id == program.pk
            and (number_id,) not in done
            and {value for value, _ in said.said} == {Meaning.OUT.value}
            and not store.has_spoken_of(program, numbers[number_id])
        ]
        bulk.pour(
            Reading,
            (
                *("number_id", "program_id", "system_id", "ref", "value", "text"),
                *("claimed_precision", "read_at", "batch_id", "line"),
            ),
            [
                (*(number_id, program_id, store.system.pk, ref, Meaning.IN.value, "not on the list"), *rest)
                for number_id, program_id, ref in gone
                for rest in [(Precision.SECOND.value, batch.as_of, batch.pk, None)]
            ],
        )
        bulk.touch([number_id for number_id, *_ in gone])
        noted += len(gone)
    return noted


def _blocked_before(store: Store, program: Program) -> Iterator[dict[int, str]]:
    """Numbers the system once said to be blocked, a chunk at a time, with their E.164."""
    last = 0
    rows = Reading.objects.effective().filter(
        system=store.system, program=program, value=Meaning.OUT, read_at__lt=store.batch.as_of
    )
    while True:
        some = rows.filter(number_id__gt=last).order_by("number_id").values_list("number_id", "number__e164")
        numbers = dict(some.distinct()[:AT_ONCE])
        if not numbers:
            return
        yield numbers
        last = max(numbers)
