"""Fixed people, a stand-in Kondado, and what the append-only tables need to be emptied between tests."""

from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import translation

from invitations.kondado.sandbox import Sandbox
from invitations.models import Account, Connector, User, guards
from invitations.services.base import seen_head
from tests import factories

# Only `do.py test --all` installs what drives a browser; without it the browser tests cannot even be read.
collect_ignore = [] if find_spec("playwright") else ["e2e"]

TRANSACTIONAL = {"transactional_db", "live_server", "django_db_reset_sequences"}


@pytest.fixture(autouse=True)
def _tables_can_be_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where a test really commits, the triggers go away before its tables are emptied, and come back after."""
    marker = request.node.get_closest_marker("django_db")
    committing = bool(marker and marker.kwargs.get("transaction")) or bool(
        TRANSACTIONAL & set(request.fixturenames)
    )
    if committing:
        request.getfixturevalue("_django_db_helper")
    yield
    if committing:
        cache.clear()
        guards.remove(connection)


@pytest.fixture(autouse=True)
def _no_memory(settings: Any) -> None:
    """Every test has a database of its own, of which this machine has seen nothing yet."""
    (Path(settings.VAR_DIR) / seen_head.NAME).unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def _english() -> None:
    """Whatever language the last request of the test before was answered in."""
    translation.activate("en")


@pytest.fixture
def account(db: None) -> Account:
    return factories.make_account("Padaria Sol")


@pytest.fixture
def other_account(db: None) -> Account:
    return factories.make_account("Mercado Lua")


@pytest.fixture
def manager(account: Account) -> User:
    return factories.make_user("manager@example.com", "manager", account, name="Marina Lopes")


@pytest.fixture
def colleague(account: Account) -> User:
    return factories.make_user("colleague@example.com", "manager", account, name="Caio Dias")


@pytest.fixture
def stranger(other_account: Account) -> User:
    return factories.make_user("stranger@example.com", "manager", other_account, name="Saulo Reis")


@pytest.fixture
def auditor(db: None) -> User:
    return factories.make_user("auditor@example.com", "auditor", name="Aline Prado")


@pytest.fixture
def admin(db: None) -> User:
    return factories.make_user("admin@example.com", "admin", name="Abel Nunes")


@pytest.fixture
def connector(db: None) -> Connector:
    return factories.make_connector("ClickUp", "src", kondado_id=92)


@pytest.fixture
def dest_connector(db: None) -> Connector:
    return factories.make_connector("BigQuery", "dest", kondado_id=20)


@pytest.fixture
def client_for() -> Callable[[User], Client]:
    """A signed-in browser for a person."""

    def signed_in(user: User, **options: Any) -> Client:
        client = Client(**options)
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return signed_in


@pytest.fixture
def make_invitation(manager: User, account: Account, connector: Connector) -> Callable[..., Any]:
    """An invitation of the manager's for the account and connector, unless told otherwise."""

    def make(by: User = manager, **fields: Any) -> Any:
        return partial(
            factories.make_invitation, by, fields.pop("account", account), fields.pop("connector", connector)
        )(**fields)

    return make


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    """A stand-in Kondado without limits, which the portal's settings point to."""
    with Sandbox(
        key=settings.KONDADO_KEY, token=settings.KONDADO_TOKEN, per_second=0, per_minute=0
    ) as server:
        settings.KONDADO_API_URL = server.url
        settings.KONDADO_LINK_HOSTS = (server.link_host,)
        yield server


@pytest.fixture
def place(settings, tmp_path) -> Path:
    """A spool of this test's own."""
    settings.VAR_DIR = tmp_path
    return tmp_path / "spool"
