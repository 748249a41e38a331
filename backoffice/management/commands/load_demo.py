"""Fill an empty database with a small shop's story, through the real importers of every room."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from backoffice import access
from backoffice.models import ImportBatch

PASSWORD = "texts-need-consent"  # noqa: S105  printed on purpose: demo data only
ACCOUNTS = (
    ("vera", access.VIEWER),
    ("ana", access.AGENT),
    ("sam", access.SUPERVISOR),
    ("kim", access.SUPERVISOR),
    ("admin", access.ADMIN),
)


class Command(BaseCommand):
    help = "Load the demo data into an empty database; does nothing when there is data already."

    @transaction.atomic  # stopped half-way, it is not there at all, and the next start loads it
    def handle(self, *args: Any, **options: Any) -> None:
        if ImportBatch.objects.exists():
            if User.objects.filter(username="ana").exists():
                self._say_accounts()
            return
        self._accounts()
        now = timezone.now()
        for room in settings.DEMOS:
            for batch in import_string(room)(now):
                self.stdout.write(f"  {batch.system.name}: {batch.rows_total} rows of {batch.original_name}")
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

    def _say_accounts(self) -> None:
        self.stdout.write(f"Demo accounts, all with the password {PASSWORD}:")
        for name, role in ACCOUNTS:
            self.stdout.write(f"  {name:<8} {role}")
