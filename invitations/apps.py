"""The app: registers checks, and what every migrate leaves behind."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as global_apps
from django.apps.registry import Apps
from django.conf import settings
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def after_migrate(sender: AppConfig, using: str, apps: Apps = global_apps, **_kwargs: Any) -> None:
    """Puts back the triggers, the rights, and the single rows that the code locks."""
    from invitations.models import PseudonymKey, guards
    from invitations.services.base import pseudonyms

    tables = connections[using].introspection.table_names()
    if tables:
        for name in ("AuditHead", "CallTurn"):  # as they are after these migrations, which may be older ones
            apps.get_model("invitations", name).objects.using(using).get_or_create(id=1)
        guards.install(connections[using])
        if settings.RUNTIME_ROLE:
            guards.set_rights(connections[using], settings.RUNTIME_ROLE)
    if PseudonymKey._meta.db_table in tables:  # a migration may have been taken back
        pseudonyms.ensure_key()


class InvitationsConfig(AppConfig):
    """Invitations, from the form to the guest's last word."""

    name = "invitations"
    verbose_name = _("Invitations")

    def ready(self) -> None:
        """Wires the app up."""
        from invitations import account_events, checks  # noqa: F401  (imported to register themselves)
        from invitations.words import look

        look.check()

        post_migrate.connect(after_migrate, sender=self)
