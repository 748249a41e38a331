"""A full rebuild of 1,000,000 numbers with 6,000,000 records, and what it is measured against.

The rebuild is what `reconcile --full` queues: every number, the whole algorithm, one process per shard; nothing
differs, as after a change of the rules that changes no case. Beside it, on the same tables in the same run: the bare
GROUP BY of the ledger, a loop of one process through the ORM with a few queries per contact, an incremental run, and
one number. Then the lists that staff open over these tables.
"""

import os
import random
import statistics
import time
from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from consent import bulk, rules
from consent.facts import Door, policy
from consent.ledger import Policy
from consent.models import AgreedStatus, ConsentRecord, Flag, Hold, Number, Reading, Touched
from consent.reconcile import rebuild, reconcile, reconcile_numbers
from tests.benchmarks import _ledger, _lists, _workers

NUMBERS = int(os.environ.get("BENCH_NUMBERS", 1_000_000))
TOUCHED = NUMBERS // 100
ROUNDS = 3
SINGLE = 100
BY_CONTACT = 500
GOALS = {
    "full rebuild / bare GROUP BY": ("at most", 25.0),
    "one query per contact / full rebuild, per number": ("at least", 150.0),
    "10,000 touched / full rebuild": ("at most", 0.08),
    "one number, ms": ("at most", 30.0),
}
GROUP_BY = "SELECT number_id, program_id, max(occurred_at) FROM consent_consentrecord GROUP BY 1, 2"


def main() -> int:
    """Print each ratio as least/median/most of the rounds; 1 if a goal is missed."""
    _ledger.seed(NUMBERS)
    cold = seconds(rebuild_all)
    _ledger.vacuum()
    print(f"first rebuild, which writes everything: {cold:.0f} s; {stored()}")
    found: dict[str, list[float]] = {name: [] for name in GOALS}
    before = stored()
    for place in range(ROUNDS):
        grouped = seconds(bare_group_by)
        rebuilt = seconds(rebuild_all)
        grouped = (grouped + seconds(bare_group_by)) / 2
        touched = incremental(place)
        by_contact = seconds(one_query_per_contact, place) / BY_CONTACT
        single = statistics.median([seconds(one_number, number_id) for number_id in some(SINGLE, place)])
        for name, value in zip(
            GOALS,
            (rebuilt / grouped, by_contact / (rebuilt / NUMBERS), touched / rebuilt, single * 1000),
            strict=True,
        ):
            found[name].append(value)
        print(
            f"round {place + 1}: GROUP BY {grouped:.1f} s, rebuild {rebuilt:.1f} s, {TOUCHED:,} touched "
            f"{touched:.2f} s, by contact {by_contact * 1000:.1f} ms each, one number {single * 1000:.1f} ms, "
            f"load {os.getloadavg()[0]:.1f}"
        )
    assert stored() == before, "a rebuild of what is in order must change nothing"
    too_slow = [missed(name, values) for name, values in found.items()]
    return int(any([*too_slow, _lists.measure()]))


def missed(name: str, values: list[float]) -> bool:
    word, goal = GOALS[name]
    middle = statistics.median(values)
    print(f"{name}: {min(values):.3g}/{middle:.3g}/{max(values):.3g} ({word} {goal:g})")
    return middle > goal if word == "at most" else middle < goal


def rebuild_all() -> None:
    _workers.in_shards(rebuild)


def bare_group_by() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({GROUP_BY}) AS grouped")  # noqa: S608


def incremental(seed: int) -> float:
    """News of 1 % of the numbers, by the workers, as after an import; the second time, so that nothing changes."""
    bulk.touch(some(TOUCHED, seed))
    taken = seconds(_workers.in_shards, reconcile)
    assert not Touched.objects.exists()
    return taken


def one_number(number_id: int) -> None:
    reconcile_numbers([number_id], now=timezone.now())


def one_query_per_contact(seed: int) -> None:
    """What one writes without this package: a loop in one process that asks for each number's rows through the ORM,
    lets the same rules weigh them and saves the statuses, each number in a transaction of its own.

    Without flags, holds and news, and the small tables are read once, as the rebuild does. It stores what is there."""
    door, given, now = Door(), policy(), timezone.now()
    for number_id in some(BY_CONTACT, seed):
        with transaction.atomic():
            weigh_alone(Number.objects.get(pk=number_id), door, given, now)


def weigh_alone(number: Number, door: Door, given: Policy, now: datetime) -> None:
    evidence = [door.evidence_of(record) for record in number.consent_records.all()]
    readings = list(number.readings.order_by("-read_at", "-pk"))
    about = {record.program for record in evidence} | {door.codes[r.program_id] for r in readings}
    for terms in door.terms.values():
        if terms.code not in about:
            continue
        program = door.by_code[terms.code]
        agreed = rules.agree(terms, evidence, given, now)
        said = [reading for reading in readings if reading.program_id == program.pk]
        beliefs = [
            door.belief(
                door.systems[reading.system_id], reading.value, ref=reading.ref, read_at=reading.read_at
            )
            for reading in said
        ]
        rules.compare(agreed, list(filter(None, beliefs)), terms)
        derived = {
            "status": agreed.status,
            "reason": agreed.reason,
            "decided_by": list(agreed.decided_by),
            "rules_version": door.version,
            "recheck_at": agreed.recheck_at,
        }
        AgreedStatus.objects.update_or_create(
            number=number,
            program=program,
            defaults=derived,
            create_defaults=derived | {"changed_at": now},
        )


def some(count: int, seed: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM consent_number")
        least, most = cursor.fetchone()
    return sorted(random.Random(seed).sample(range(least, most + 1), count))


def stored() -> str:
    counts = {
        model.__name__: model.objects.count()
        for model in (Number, ConsentRecord, Reading, AgreedStatus, Flag, Hold)
    }
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def seconds(verb: Callable[..., object], *given: object) -> float:
    began = time.perf_counter()
    verb(*given)
    return time.perf_counter() - began
