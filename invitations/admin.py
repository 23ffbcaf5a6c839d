"""Django's admin for the rare look at a row: administrators read, nobody changes, and no secret is shown.

Columns that hold sealed bytes, hashes of keys or password hashes are left out of every page.
"""

from typing import Any

# Imported so that what these apps register can be taken away again: their pages show second factors in the clear
# and offer actions that write.
import allauth.account.admin
import allauth.mfa.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import BinaryField, Model
from django.http import HttpRequest

from invitations import models

SECRET_COLUMNS = frozenset({"password", "hash", "link_sha256", "salt", "silent_reference", "form_nonce"})
SHOWS_HASH = frozenset({models.AuditEvent, models.AuditHead})  # the chain's hashes are meant to be noted down


def shown_fields(model: type[Model]) -> list[str]:
    """The columns of `model` that a page may show."""
    secret = SECRET_COLUMNS - {"hash"} if model in SHOWS_HASH else SECRET_COLUMNS
    return [
        field.name
        for field in model._meta.concrete_fields
        if field.name not in secret and not isinstance(field, BinaryField)
    ]


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # (not subscriptable at run time)
    """Lists and shows; adds, changes and deletes nothing."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Every column but secrets."""
        return shown_fields(self.model)

    get_readonly_fields = get_fields

    def get_list_select_related(self, request: HttpRequest) -> bool:
        """One query for a page of rows, whatever they name."""
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


LISTS: dict[type[Model], tuple[str, ...]] = {
    models.User: ("email", "full_name", "role", "is_active"),
    models.Account: ("name", "client_id", "credential"),
    models.Membership: ("user", "account", "created_at"),
    models.Connector: ("name", "direction", "kondado_id", "is_active", "last_seen_at"),
    models.ConnectorGrant: ("connector", "credential", "seen_at"),
    models.ConnectorHelp: ("connector", "language", "minutes", "changed_at"),
    models.Invitation: ("public_id", "account", "recipient_email", "stage", "created_by", "created_at"),
    models.AccessLink: ("invitation", "connector_name", "direction", "status", "queued_at", "not_before"),
    models.Attempt: ("access_link", "number", "approval", "tries", "outcome", "fault", "finished_at"),
    models.VendorCall: (
        "started_at",
        "kind",
        "credential",
        "http_status",
        "milliseconds",
        "outcome",
        "pause_until",
    ),
    models.CallTurn: ("id",),
    models.GuestToken: ("invitation", "purpose", "fetches", "created_at", "revoked_at"),
    models.Message: ("kind", "invitation", "status", "tries", "created_at", "sent_at"),
    models.Hold: ("scope", "reason", "credential", "account", "since", "released_at"),
    models.RefusalMark: ("error_code", "verdict", "marked_by", "marked_at"),
    models.AuditEvent: ("number", "at", "kind", "actor", "object"),
    models.AuditDetail: ("event", "person"),
    models.AuditHead: ("number", "hash"),
    models.PseudonymKey: ("number",),
    models.FormerPseudonym: ("former", "person"),
    models.Tally: ("key", "ends_at"),
    models.WorkerBeat: ("name", "started_at", "beat_at"),
}

for model, columns in LISTS.items():
    admin.site.register(model, type(f"{model.__name__}Admin", (ReadOnlyAdmin,), {"list_display": columns}))
for model in apps.get_models():
    is_not_ours = model._meta.app_label in {"account", "mfa"} or model is Group
    if is_not_ours and admin.site.is_registered(model):
        admin.site.unregister(model)
