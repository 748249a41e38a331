from django.conf import settings
from django.db import migrations

from backoffice.models.append_only import KeptFor, append_only_triggers


class Migration(migrations.Migration):
    dependencies = [("errors", "0001_initial")]

    operations = [
        append_only_triggers("errors_patternevent", "errors_sighting", "errors_verification"),
        # Reports are kept as long as the attempts they are about (errors.retain).
        append_only_triggers(
            "errors_attemptevent",
            kept=KeptFor("coalesce({row}.occurred_at, {row}.received_at)", settings.SEND_LOG["row_days"]),
        ),
    ]
