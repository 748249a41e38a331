from django.db import migrations

from backoffice.models.append_only import append_only_triggers


class Migration(migrations.Migration):
    dependencies = [("backoffice", "0001_initial")]

    operations = [append_only_triggers("backoffice_auditentry")]
