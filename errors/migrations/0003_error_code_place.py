from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("errors", "0002_append_only")]

    operations = [
        migrations.AddField(
            model_name="errorcode",
            name="place",
            field=models.CharField(default="", max_length=120),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="errorcode",
            index=models.Index(fields=["provider", "place", "id"], name="error_code_list"),
        ),
    ]
