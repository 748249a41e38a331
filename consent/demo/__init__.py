"""The demo shop's people: where they agreed, where they said no, and what each system believes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from backoffice import jobs
from backoffice.imports.whole import take_in
from backoffice.models import ImportBatch, System
from consent import reconcile
from consent.models import Program, Sender, Wording

FOLDER = Path(__file__).resolve().parent
# System, file, and how many hours ago it was exported.
FILES = (
    ("web-form", "web_form.csv", 30),
    ("web-form", "web_form_2.csv", 29),
    ("twilio", "twilio_log.csv", 8),
    ("provider-blocks", "provider_blocks.csv", 7),
    ("staff-log", "staff_log.csv", 6),
    ("hubspot", "hubspot.csv", 4),
    ("shopify", "shopify.csv", 120),
    ("klaviyo", "klaviyo.csv", 3),
)


def load(now: datetime) -> Iterator[ImportBatch]:
    """Take the files in, each as its system's export, and compare what they say."""
    _programs()
    System.objects.filter(slug="shopify").update(overwrites_on_sync=True)
    for slug, name, hours in FILES:
        system = System.objects.get(slug=slug)
        yield take_in(system, FOLDER / name, as_of=now - timedelta(hours=hours), now=now)
    reconcile.reconcile("load_demo", beat=jobs.unwatched)


def _programs() -> None:
    marketing, _ = Program.objects.get_or_create(code="marketing", defaults={"name": "Marketing texts"})
    marketing.brand = "Acme"
    marketing.save()
    alerts, _ = Program.objects.get_or_create(
        code="alerts",
        defaults={
            "name": "Delivery alerts",
            "brand": "Acme",
            "purpose": Program.Purpose.TRANSACTIONAL,
            "double_opt_in": True,
        },
    )
    for program, address in ((marketing, "+14155550100"), (alerts, "+18885550100")):
        sender, _ = Sender.objects.get_or_create(address=address)
        program.senders.add(sender)
    for code, program, prechecked, text in (
        (
            "signup-2026-01",
            marketing,
            False,
            "Yes, text me Acme offers (4 a month). Not a condition of purchase.",
        ),
        (
            "alerts-2026-01",
            alerts,
            False,
            "Text me about my Acme deliveries. Reply YES to confirm, STOP to end.",
        ),
        ("popup-prechecked", marketing, True, "Text me Acme offers. (The box was ticked already.)"),
    ):
        Wording.objects.get_or_create(
            code=code,
            defaults={
                "program": program,
                "text": text,
                "prechecked": prechecked,
                "place": "shop.example/signup",
            },
        )
