from django.db import migrations

from backoffice.models.append_only import append_only_triggers


def add_fragment_search(apps, editor):
    """Part of a number finds it fast: a trigram index, where PostgreSQL has the extension at hand."""
    if editor.connection.vendor != "postgresql":
        return
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if cursor.fetchone() is None:
            return  # an exact number is found all the same; fragments are scanned
    editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    # On the digits, not on the column itself: a trigram index on the column would also be tried for plain equality,
    # where it is a thousand times slower than the unique index.
    editor.execute(
        "CREATE INDEX IF NOT EXISTS number_fragment ON consent_number USING gin (substring(e164, 2) gin_trgm_ops)"
    )


def drop_fragment_search(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP INDEX IF EXISTS number_fragment")


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]

    operations = [
        append_only_triggers("consent_consentrecord", "consent_reading", "consent_flagevent"),
        migrations.RunPython(add_fragment_search, drop_fragment_search, elidable=False),
    ]
