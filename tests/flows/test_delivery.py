"""Deliveries by real workers that die in the middle, to a system that misbehaves."""

from threading import Barrier, Thread

import pytest
from django.db import connections
from django.utils import timezone

from backoffice import jobs
from consent import deliver
from consent.models import WriteBack
from tests.consent import make
from tests.consent.test_deliver import align, connect, stopped
from tests.double import Double
from tests.workers import eventually

pytestmark = pytest.mark.django_db(transaction=True)
SHORT = {
    "ALLOW_PRIVATE_ADDRESSES": "1",
    "ALLOW_PLAIN_HTTP": "1",
    "JOB_LEASE_SECONDS": "2",
    "DELIVERY_LEASE_SECONDS": "2",
    "DELIVERY_RETRY_SECONDS": "1",
    "DELIVERY_PAUSE_SECONDS": "1",
}


def ring() -> None:
    deliver.ring(now=timezone.now())
    jobs.sweep(timezone.now())


def verified() -> bool:
    ring()
    return not WriteBack.objects.exclude(status="verified").exists()


def test_a_worker_killed_in_the_middle_of_a_delivery_loses_nothing_and_repeats_under_the_same_key(
    start_worker, double
):
    connect(double)
    rows = [stopped() for _ in range(6)]
    double.behave("slow", seconds=1)
    worker = start_worker(**SHORT)
    ring()
    eventually(lambda: len(double.writes()) >= 2, what="the second request")
    worker.kill()
    assert WriteBack.objects.filter(status="sent").count() == 1  # out, and nobody knows whether it arrived
    double.behave("ok")
    worker.start()
    eventually(verified, what="every correction verified")
    assert double.values == {row.number.e164: "out" for row in rows}
    keys = double.bodies_by_key()
    assert len(keys) == len(rows)
    assert {len(bodies) for bodies in keys.values()} == {1}


def test_two_deliveries_at_the_same_time_send_nothing_twice(double):
    connect(double, at_once=2)
    rows = [stopped() for _ in range(10)]
    barrier = Barrier(2)

    def carry() -> None:
        barrier.wait()
        deliver.deliver("texter")
        connections.close_all()

    both = [Thread(target=carry) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert verified()
    assert sorted(line["number"] for line in double.writes()) == sorted(row.number.e164 for row in rows)


def test_a_slow_system_does_not_hold_up_another(start_worker, double, tmp_path):
    other = Double(tmp_path / "other.jsonl")
    try:
        connect(double)
        crm = make.system()
        connect(other, crm)
        for _ in range(12):
            line = make.number()
            make.form(line)
            make.stop(line)
            make.reading(line, "in")
            make.reading(line, "in", crm)
            make.weigh(line)
            align(make.flag("PLATFORM_IN_AGREED_OUT", line))
        double.behave("slow", seconds=2)
        start_worker(**SHORT, DELIVERY_TURN_SECONDS="2")
        ring()
        eventually(lambda: len(other.values) == 12, what="the other system's corrections")
        assert len(double.writes()) < 12
    finally:
        other.stop()
