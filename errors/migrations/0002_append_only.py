from django.db import migrations

from backoffice.models.append_only import append_only_triggers
from errors.models.attempt import KEPT


class Migration(migrations.Migration):
    dependencies = [("errors", "0001_initial")]

    operations = [
        append_only_triggers("errors_patternevent", "errors_sighting", "errors_verification"),
        append_only_triggers("errors_attemptevent", kept=KEPT),
    ]
