"""Imports point one way: urls -> views -> services -> models | kondado. And nobody but kondado talks HTTP."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "invitations/kondado": ["django", "portal", "invitations.models", "invitations.services", "invitations.views", "invitations.text"],
    "invitations/mailbox": ["django", "portal", "httpx", "httpcore", "invitations.models", "invitations.services", "invitations.views"],
    "invitations/models": ["httpx", "httpcore", "invitations.kondado", "invitations.services", "invitations.views", "invitations.forms"],
    "invitations/services": ["httpx", "httpcore", "django.http", "django.shortcuts", "invitations.views", "invitations.forms"],
    "invitations/views": ["httpx", "httpcore", "invitations.kondado.client", "django.db", "invitations.services.gateway", "invitations.services.dispatch"],
    "invitations/templatetags": ["httpx", "invitations.services", "invitations.views"],
}  # fmt: skip
ORM_VERBS = {
    "filter",
    "exclude",
    "create",
    "update",
    "delete",
    "save",
    "bulk_create",
    "get_or_create",
    "update_or_create",
}
FILES = [path for room in FORBIDDEN for path in sorted((ROOT / room).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_what_it_may(path):
    room = next(room for room in FORBIDDEN if path.is_relative_to(ROOT / room))
    wrong = {
        name
        for name in imported(path)
        for root in FORBIDDEN[room]
        if name == root or name.startswith(root + ".")
    }
    assert not wrong


@pytest.mark.parametrize(
    "path", sorted((ROOT / "invitations/views").glob("*.py")), ids=lambda path: path.name
)
def test_views_write_and_filter_nothing_themselves(path):
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not calls & ORM_VERBS


@pytest.mark.parametrize(
    "path",
    [path for path in sorted((ROOT / "invitations").rglob("*.py")) if "migrations" not in path.parts],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_module_says_what_it_is_for_and_hides_no_import(path):
    tree = ast.parse(path.read_text())
    assert path.name == "__init__.py" or ast.get_docstring(tree)
    if path.name == "apps.py":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert not [inner for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)]


DOCUMENTED = {"_meta", "_default_manager"}  # by Django, in spite of their names


def private_parts(source: str) -> list[str]:
    """What has a leading underscore and belongs to anything but the class's own self."""
    tree = ast.parse(source)
    return [
        f"line {node.lineno}: {node.module}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and "._" in (node.module or "")
    ] + [
        f"line {node.lineno}: {node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and node.attr not in DOCUMENTED
        and not (isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"})
    ]


@pytest.mark.parametrize(
    "path",
    [
        path
        for room in ("invitations", "portal")
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_nobody_reaches_into_the_private_parts_of_others(path):
    assert private_parts(path.read_text()) == []


def test_a_private_part_of_a_library_is_found():
    assert private_parts("rows._result_cache = []\nself._rows = rows\nrows.model._meta\n") == [
        "line 1: _result_cache"
    ]
    assert private_parts("super()._save()\nmodule._Hidden()\n") == ["line 1: _save", "line 2: _Hidden"]
    assert private_parts("from httpx._client import Client\n") == ["line 1: httpx._client"]


@pytest.mark.parametrize(
    ("call", "homes"),
    [
        # Mails and stops change no link: they look after the stage alone.
        ("stages.refresh", {"invitations/changes.py", "holds/holds.py", "mail/bounces.py", "mail/outbox.py"}),
        ("guest_queue.queue_when_ready", {"invitations/changes.py"}),
        ("approve.again", {"invitations/links.py", "decisions/settling.py"}),
        ("Attempt.objects.create", {"invitations/approve.py"}),
    ],
)
def test_what_every_change_ends_with_is_put_together_in_one_place(call, homes):
    services = ROOT / "invitations/services"
    found = {
        str(path.relative_to(services))
        for path in services.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == call
    }
    assert found == homes
