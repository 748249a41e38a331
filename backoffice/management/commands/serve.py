"""`manage.py serve`: everything on this machine, until Ctrl-C."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from backoffice.environment import number, text
from backoffice.launch import servers
from backoffice.launch.run import CannotStart, Launcher


class Command(BaseCommand):
    help = "Start web, worker, schedule and (unless REDIS_URL is set) a private Redis; Ctrl-C stops all."
    requires_system_checks = ()  # `migrate`, which runs first, makes them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=text("BIND", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=number("PORT", 8000), help="0: any that is free")
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *args: Any, **options: Any) -> None:
        connection.ensure_connection()  # so that a database that does not answer is said once
        connection.close()
        launcher = Launcher(
            project=settings.BASE_DIR,
            var=settings.VAR_DIR,
            host=options["host"],
            port=options["port"],
            redis_url=settings.REDIS_URL if text("REDIS_URL", "") else None,
            concurrency=settings.CELERY_WORKER_CONCURRENCY,
            demo=not options["no_demo"],
            collect_static=not settings.DEBUG,
        )
        try:
            launcher.run()
        except (CannotStart, servers.MissingServer, servers.ServerFailed) as error:
            raise CommandError(str(error)) from error
