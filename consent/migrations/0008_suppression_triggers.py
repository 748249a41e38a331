from django.db import migrations

from consent.models.suppression import suppression_triggers


class Migration(migrations.Migration):
    dependencies = [("consent", "0007_suppressions")]

    operations = [suppression_triggers()]
