import gc
import sys

from django.apps import AppConfig, apps
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from backoffice.times import read_times_in_utc


def _sync_roles(**kwargs: object) -> None:
    from backoffice.access import sync_roles

    sync_roles()


class BackofficeConfig(AppConfig):
    name = "backoffice"
    verbose_name = "Back-office"

    def ready(self) -> None:
        # Rights exist only after every app's own post_migrate handlers: the roles are brought up to date after the
        # last one, once.
        last = [config for config in apps.get_app_configs() if config.models_module][-1]
        post_migrate.connect(_sync_roles, sender=last, dispatch_uid="backoffice.sync_roles")
        connection_created.connect(read_times_in_utc, dispatch_uid="backoffice.times")
        # Imports and rebuilds keep hundreds of thousands of small objects. Looking through them for cycles after
        # every 700 new ones, as Python does, takes a fifth of their time.
        gc.set_threshold(200_000, 20, 20)
        # The thread that reads a file ahead keeps the one that talks to the database from going on after each of its
        # many short waits: for a tenth of Python's usual time.
        sys.setswitchinterval(0.0005)
