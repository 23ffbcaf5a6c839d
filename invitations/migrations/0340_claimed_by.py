"""Which worker has a link in hand, so that what a dead one had not sent goes back at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invitations", "0262_memory")]

    operations = [
        migrations.AddField("accesslink", "claimed_by", models.CharField(blank=True, max_length=16), preserve_default=True),
    ]
