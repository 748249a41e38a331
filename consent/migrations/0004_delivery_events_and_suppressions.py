from django.db import migrations

from backoffice.models.append_only import append_only_triggers
from consent.models.suppression import suppression_triggers


class Migration(migrations.Migration):
    """After every change of the tables they stand on: SQLite makes such a table anew, without its triggers."""

    dependencies = [("consent", "0003_delivery_and_watch")]

    operations = [append_only_triggers("consent_deliveryevent"), suppression_triggers()]
