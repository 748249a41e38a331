"""Fill an empty database with a small shop's story, through the real importer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.files.base import File
from django.core.management.base import BaseCommand
from django.utils import timezone

from backoffice import access, jobs
from backoffice.imports import check, mapping, receive, run
from backoffice.models import ImportBatch, System
from consent import reconcile
from consent.models import Number, Program, Sender, Wording

FOLDER = Path(__file__).resolve().parents[2] / "demo"
PASSWORD = "texts-need-consent"  # noqa: S105  printed on purpose: demo data only
ACCOUNTS = (
    ("vera", access.VIEWER),
    ("ana", access.AGENT),
    ("sam", access.SUPERVISOR),
    ("kim", access.SUPERVISOR),
    ("admin", access.ADMIN),
)
# System, file, and how many hours ago it was exported.
FILES = (
    ("web-form", "web_form.csv", 30),
    ("twilio", "twilio_log.csv", 8),
    ("provider-blocks", "provider_blocks.csv", 7),
    ("staff-log", "staff_log.csv", 6),
    ("hubspot", "hubspot.csv", 4),
    ("shopify", "shopify.csv", 120),
    ("klaviyo", "klaviyo.csv", 3),
)


class Command(BaseCommand):
    help = "Load the demo data into an empty database; does nothing when there is data already."

    def handle(self, *args: Any, **options: Any) -> None:
        if Number.objects.exists() or ImportBatch.objects.exists():
            if User.objects.filter(username="ana").exists():
                self._say_accounts()
            return
        self._accounts()
        self._programs()
        System.objects.filter(slug="shopify").update(overwrites_on_sync=True)
        for slug, name, hours in FILES:
            self._import(slug, name, hours)
        reconcile.reconcile("load_demo", beat=jobs.unwatched)
        self._say_accounts()

    def _accounts(self) -> None:
        access.sync_roles()
        for name, role in ACCOUNTS:
            user, made = User.objects.get_or_create(username=name, defaults={"is_staff": True})
            if made:
                user.set_password(PASSWORD)
                user.is_superuser = role == access.ADMIN
                user.save()
            user.groups.add(Group.objects.get(name=role))

    def _programs(self) -> None:
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

    def _import(self, slug: str, name: str, hours: int) -> None:
        system = System.objects.get(slug=slug)
        now = timezone.now()
        with (FOLDER / name).open("rb") as file:
            batch = receive.receive(
                system, File(file), name, by=None, as_of=now - timedelta(hours=hours), now=now
            )
        _, saved = mapping.suggest(batch)
        assert saved is not None, f"{name} does not fit the mapping shipped for {slug}"
        mapping.use_mapping(batch, saved)
        batch.move(ImportBatch.Status.CHECKING)
        check.check(str(batch.pk), beat=jobs.unwatched)
        batch.refresh_from_db()
        run.confirm(batch, batch.confirm_token, by=None, now=timezone.now(), queue=False)
        run.run(str(batch.pk), beat=jobs.unwatched)
        batch.refresh_from_db()
        self.stdout.write(f"  {system.name}: {batch.rows_total} rows of {name}")

    def _say_accounts(self) -> None:
        self.stdout.write(f"Demo accounts, all with the password {PASSWORD}:")
        for name, role in ACCOUNTS:
            self.stdout.write(f"  {name:<8} {role}")
