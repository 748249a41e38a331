from django.db import migrations

from backoffice.models.append_only import append_only_triggers
from backoffice.models.webhook import KEPT_CALLS


class Migration(migrations.Migration):
    dependencies = [("backoffice", "0003_webhooks_and_tokens")]

    operations = [append_only_triggers("backoffice_webhookcall", kept=KEPT_CALLS)]
