"""Every module stands in a room, and a room imports only from those that it may. Nobody but kondado talks HTTP."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Each room with what it may import of the app; docs/architecture.md says what each is for. What stands at the top of
# the app is a room a module. A room that is missing here fails, and so does an arrow that nobody uses
# any more.
MAY_IMPORT = {
    "kondado": "",
    "kondado.sandbox": "",
    "mail.imap": "kondado typed",
    "typed": "",
    "errors": "models",
    "nonces": "models",
    "kept_input": "nonces place services.base",
    "checks": "kondado mail.imap services.reads",
    "models": "",
    "mail": "models typed",
    "services": "",
    "services.keys": "models services.base services.reads",
    "services.backups": "errors models services.base services.decisions",
    "services.upkeep": "errors models services.base services.calls services.invitations services.reads",
    "services.base": "errors models typed",
    "services.mail": "mail models services.base",
    "services.calls": "errors kondado models services.base services.reads",
    "services.catalogue": "kondado models services.base services.calls services.reads typed",
    "services.holds": "errors kondado models services.base services.calls services.catalogue services.mail",
    "services.invitations": "errors kondado models services.base services.mail typed",
    "services.decisions": "errors kondado models services.base services.holds services.invitations",
    "services.guest": "errors models services.base services.invitations services.mail typed",
    "services.sending": "errors kondado mail.imap models services.base services.calls services.decisions services.holds services.invitations services.mail",
    "services.people": "errors models services.base typed",
    "services.reads": "kondado models services.base typed",
    "templatetags": "words",
    "words": "mail models services.invitations services.reads typed",
    "forms.second_factor": "errors place services.people",
    "forms": "errors models nonces services.catalogue services.invitations services.reads typed words",
    "permissions": "models services.reads",
    "middleware": "kept_input",
    "context_processors": "words",
    "place": "services.people",
    "account_events": "models place services.base services.people",
    "adapters": "mail models place services.base services.mail services.people",
    "views": "errors forms kept_input middleware models nonces permissions place services.base services.calls services.catalogue services.decisions services.guest services.holds services.invitations services.mail services.people services.reads services.upkeep typed words",
    "urls": "views",
    "admin": "models",
    "apps": "account_events checks models services.base words",
    "management": "errors kondado kondado.sandbox mail models services.backups services.base services.calls services.catalogue services.decisions services.guest services.holds services.invitations services.keys services.mail services.people services.reads services.sending services.upkeep typed",
    "formats": "",
    "migrations": "models typed",
}  # fmt: skip
# What pulls in the HTTP libraries: the worker and its commands alone.
CALLS_OUT = {
    "kondado",
    "kondado.sandbox",
    "services.calls",
    "services.catalogue",
    "services.sending",
    "management",
}
# Modules of writing rooms that write nothing themselves: forms and words may ask them.
ONLY_READ = {
    "services.invitations.allowed",
    "services.invitations.names",
    "services.catalogue.listing",
    "services.base.clock",
    "services.base.disk",
    "services.base.spool",
}
NO_DJANGO = {"kondado", "kondado.sandbox", "mail.imap"}
WRITES = {"create", "update", "delete", "save", "bulk_create", "get_or_create", "update_or_create"}
QUERIES = WRITES | {"filter", "exclude"}
APP = ROOT / "invitations"
MODULES = {
    ".".join(path.relative_to(APP).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(APP.rglob("*.py"))
    if path != APP / "__init__.py"
}
each_module = pytest.mark.parametrize("module", MODULES)


def room_of(module: str) -> str:
    """The longest name in MAY_IMPORT that holds the module. Raises LookupError for one that has no room."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if (room := ".".join(parts[:length])) in MAY_IMPORT:
            return room
    raise LookupError(module)


def imported(module: str) -> set[str]:
    """Whole names of what a module imports."""
    path = MODULES[module]
    package = ["invitations", *module.split(".")]
    if path.name != "__init__.py":
        package.pop()
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return names


def modules_of_ours(names: set[str]) -> set[str]:
    """Those of the names that are modules of the app."""
    inside = {name.removeprefix("invitations.") for name in names if name.startswith("invitations.")}
    return inside & set(MODULES)


def rooms_used(module: str) -> set[str]:
    """The other rooms that a module imports from. What a package's own name stands for is told by what is taken."""
    own = room_of(module)
    taken = modules_of_ours(imported(module))
    packages = {name for name in taken if MODULES[name].name == "__init__.py"}
    deepest = {
        name
        for name in taken
        if name not in packages or not any(other.startswith(f"{name}.") for other in taken)
    }
    return {room_of(name) for name in deepest} - {own}


def calls_of(path: Path) -> set[str]:
    """Names of the methods that a module calls."""
    return {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }


def starts_with(names: set[str], *roots: str) -> set[str]:
    return {name for name in names for root in roots if name == root or name.startswith(f"{root}.")}


@each_module
def test_a_room_imports_only_what_it_may(module):
    assert rooms_used(module) <= set(MAY_IMPORT[room_of(module)].split())


def test_no_arrow_is_allowed_that_nobody_uses():
    used: dict[str, set[str]] = {room: set() for room in MAY_IMPORT}
    for module in MODULES:
        used[room_of(module)] |= rooms_used(module)
    assert {room: set(allowed.split()) for room, allowed in MAY_IMPORT.items()} == used


def test_the_arrows_run_in_no_circle():
    left = {room: set(allowed.split()) for room, allowed in MAY_IMPORT.items()}
    while ground := [room for room, allowed in left.items() if not allowed]:
        for room in ground:
            del left[room]
        left = {room: allowed - set(ground) for room, allowed in left.items()}
    assert not left


@each_module
def test_nobody_but_the_worker_pulls_in_the_http_libraries(module):
    names = imported(module)
    if room_of(module) not in CALLS_OUT:
        assert not starts_with(
            names, "httpx", "httpcore", "invitations.kondado.client", "invitations.kondado.pictures"
        )
    elif not module.startswith("kondado"):
        assert not starts_with(names, "httpx", "httpcore")


@each_module
def test_the_vendor_and_the_mailbox_know_no_django(module):
    if room_of(module) in NO_DJANGO:
        assert not starts_with(imported(module), "django", "portal")


@each_module
def test_services_know_of_no_request(module):
    if module.startswith("services"):
        assert not starts_with(imported(module), "django.http", "django.shortcuts")


@each_module
def test_pages_write_nothing_themselves(module):
    room = room_of(module)
    if room in {"views", "words"}:
        assert not calls_of(MODULES[module]) & QUERIES
        assert not starts_with(imported(module), "django.db")
    if room in {"forms", "services.reads"} or module in ONLY_READ:
        assert not calls_of(MODULES[module]) & WRITES


@each_module
def test_forms_words_and_reads_ask_no_writer(module):
    if room_of(module) in {"forms", "words", "services.reads"}:
        asked = {name for name in modules_of_ours(imported(module)) if name.count(".") == 2}
        assert {name for name in asked if not name.startswith("services.reads.")} <= ONLY_READ


@each_module
def test_every_module_says_what_it_is_for_and_hides_no_import(module):
    path = MODULES[module]
    tree = ast.parse(path.read_text())
    if room_of(module) != "migrations":
        assert path.name == "__init__.py" or ast.get_docstring(tree)
    if module == "apps":  # Django asks for it before the app can be imported
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
