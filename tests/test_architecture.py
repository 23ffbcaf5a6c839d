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
