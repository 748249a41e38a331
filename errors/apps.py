from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _ship_rows(**kwargs: object) -> None:
    from errors.learn import learn
    from errors.ready_made import ship_systems
    from errors.rulebook import ship

    learn()
    ship_systems()
    ship()


class ErrorsConfig(AppConfig):
    name = "errors"
    verbose_name = "Send errors"

    def ready(self) -> None:
        # Rows, not code: staff may change or retire systems and rules, and classify codes, afterwards.
        post_migrate.connect(_ship_rows, sender=self, dispatch_uid="errors.ship_rows")
