"""`manage.py serve`: everything on this machine, until Ctrl-C."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from backoffice.launch import servers
from backoffice.launch.run import CannotStart, Launcher


class Command(BaseCommand):
    help = "Start web, worker, schedule and (unless REDIS_URL is set) a private Redis; Ctrl-C stops all."
    requires_system_checks = ()  # `migrate`, which runs first, makes them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("BIND", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            raise CommandError(
                f"The database does not answer: {str(error).strip()}\n"
                "Start it, correct DATABASE_URL, or unset DATABASE_URL to use a file under var/."
            ) from error
        connection.close()
        launcher = Launcher(
            project=settings.BASE_DIR,
            var=settings.VAR_DIR,
            host=options["host"],
            port=options["port"],
            redis_url=os.environ.get("REDIS_URL"),
            concurrency=settings.CELERY_WORKER_CONCURRENCY,
            demo=not options["no_demo"],
            collect_static=not settings.DEBUG,
        )
        try:
            launcher.run()
        except (CannotStart, servers.MissingServer, servers.ServerFailed) as error:
            raise CommandError(str(error)) from error
