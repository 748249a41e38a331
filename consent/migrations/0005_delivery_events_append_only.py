from django.db import migrations

from backoffice.models.append_only import append_only_triggers


class Migration(migrations.Migration):
    dependencies = [("consent", "0004_replay_and_quality")]

    operations = [append_only_triggers("consent_deliveryevent")]
