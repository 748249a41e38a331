from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _ship_rows(**kwargs: object) -> None:
    from consent.ready_made import ship_reason_codes, ship_systems

    ship_systems()
    ship_reason_codes()


class ConsentConfig(AppConfig):
    name = "consent"
    verbose_name = "Consent"

    def ready(self) -> None:
        # Rows, not code: staff may change or retire them afterwards.
        post_migrate.connect(_ship_rows, sender=self, dispatch_uid="consent.ship_rows")
