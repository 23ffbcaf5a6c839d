from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invitations", "0110_worker_problem"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(fields=["stage", "expires_at"], name="invitation_expiry"),
        ),
    ]
