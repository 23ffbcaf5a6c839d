"""Every column of text of every table is classed: emptied when a guest is erased, emptied where it names them, or kept."""

from collections import Counter

import pytest
from django.apps import apps
from django.db import models

from invitations.models import personal

TEXT = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.BinaryField,
    models.GenericIPAddressField,
)
OURS = list(apps.get_app_config("invitations").get_models(include_auto_created=True))
# Tables of Django and allauth: of those who sign in, who are not erased, and a session, which ends by itself.
OTHERS = {"admin", "auth", "contenttypes", "sessions", "account", "mfa"}


def text_columns(model) -> set[str]:
    return {field.name for field in model._meta.local_fields if isinstance(field, TEXT) and not field.choices}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_column_of_text_is_classed_once(model):
    tables = (personal.ERASED, personal.WHERE_NAMED, personal.KEPT)
    classed = Counter(name for table in tables for name in table.get(model, ()))
    assert set(classed) == text_columns(model), "class it in models/personal.py"
    assert set(classed.values()) <= {1}


def test_no_other_app_brings_a_table_that_nobody_looked_at():
    bringing = {config.label for config in apps.get_app_configs() if list(config.get_models())}
    assert bringing == OTHERS | {"invitations"}
