"""What waited for somebody's look was never shown: a refusal's words have a page of their own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("invitations", "0281_sign_in_mails")]

    operations = [migrations.RemoveField("attempt", "needs_review")]
