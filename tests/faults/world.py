"""People who said STOP, and three systems that say otherwise."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from backoffice.models import System
from consent.models import Connection, Flag, Number
from consent.reconcile import reconcile_numbers
from tests.consent import make
from tests.double import Double

SYSTEMS = {"texter": System.Kind.PLATFORM, "acme": System.Kind.CRM, "bigcrm": System.Kind.CRM}
AT_ONCE = 4


class World:
    """`numbers` phones, each with a STOP on record and with "in" in every system; one flag of each to decide on."""

    def __init__(self, doubles: dict[str, Double], numbers: int) -> None:
        self.doubles = doubles
        self.staff = make.staff("Supervisor", "ana")
        self.choice = make.choice()
        self.connections = {slug: self._connect(slug, kind) for slug, kind in SYSTEMS.items()}
        now = timezone.now()
        lines = [make.number() for _ in range(numbers)]
        for line in lines:
            make.form(line, now - timedelta(days=90))
            make.stop(line, now - timedelta(days=3))
            for slug, connection in self.connections.items():
                make.reading(line, "in", connection.system, read_at=now - timedelta(hours=1))
                doubles[slug].write(line.e164, "in")
        reconcile_numbers([line.pk for line in lines], now=now)
        to_decide = Flag.objects.open().filter(code="PLATFORM_IN_AGREED_OUT", number__in=lines)
        self.flags = list(to_decide.order_by("pk").values_list("pk", flat=True))
        assert len(self.flags) == numbers

    def _connect(self, slug: str, kind: str) -> Connection:
        system = make.system(slug, kind, delivery=System.Delivery.HTTP)
        return Connection.objects.create(
            system=system,
            base_url=self.doubles[slug].url,
            auth=Connection.Auth.NONE,
            key_header="Idempotency-Key",
            write_path="/numbers/{number}",
            write_body='{"sms": "{value}"}',
            read_path="/numbers/{number}",
            read_value="sms",
            words_read={"in": "in", "out": "out"},
            error_path="error",
            settle_seconds=1,
            at_once=AT_ONCE,
        )

    @property
    def numbers(self) -> dict[str, Number]:
        return {line.e164: line for line in Number.objects.all()}
