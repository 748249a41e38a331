from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _learn_codes(**kwargs: object) -> None:
    from errors.learn import learn

    learn()


class ErrorsConfig(AppConfig):
    name = "errors"
    verbose_name = "Send errors"

    def ready(self) -> None:
        # A fresh database knows the codes, and a new release brings its own.
        post_migrate.connect(_learn_codes, sender=self, dispatch_uid="errors.learn_codes")
