"""Database triggers that make the record append-only, on both databases, and the rights of the portal's role.

Triggers are put back after every migrate, because Django remakes a SQLite table to alter it and drops its triggers;
rights are set then as well, because a restore or a careless grant brings back more than the portal needs.
"""

# ruff: noqa: S608 - only fixed table names, and a quoted name from the settings, are put into these statements

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

EVENT, DETAIL, HEAD = "invitations_auditevent", "invitations_auditdetail", "invitations_audithead"
SQLITE = {
    "audit_event_no_update": f"BEFORE UPDATE ON {EVENT} BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    "audit_event_no_delete": f"BEFORE DELETE ON {EVENT} BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    # INSERT OR REPLACE would delete silently: refuse a number that is there. Only our own table names are put in.
    "audit_event_no_replace": f"BEFORE INSERT ON {EVENT} WHEN EXISTS (SELECT 1 FROM {EVENT} WHERE number = NEW.number OR hash = NEW.hash) "  # nosec B608  # fixed names
    "BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    "audit_detail_no_update": f"BEFORE UPDATE ON {DETAIL} BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    "audit_detail_no_replace": f"BEFORE INSERT ON {DETAIL} WHEN EXISTS (SELECT 1 FROM {DETAIL} WHERE id = NEW.id OR (event_id = NEW.event_id AND person = NEW.person)) "  # nosec B608  # fixed names
    "BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    "audit_head_no_delete": f"BEFORE DELETE ON {HEAD} BEGIN SELECT RAISE(ABORT, 'append-only'); END",
}
POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION convite_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'append-only'; END $$
"""
POSTGRES = {
    "audit_event_no_change": f"BEFORE UPDATE OR DELETE ON {EVENT} FOR EACH ROW",
    "audit_event_no_truncate": f"BEFORE TRUNCATE ON {EVENT} FOR EACH STATEMENT",
    "audit_detail_no_update": f"BEFORE UPDATE ON {DETAIL} FOR EACH ROW",
    "audit_detail_no_truncate": f"BEFORE TRUNCATE ON {DETAIL} FOR EACH STATEMENT",
    "audit_head_no_delete": f"BEFORE DELETE ON {HEAD} FOR EACH ROW",
    "audit_head_no_truncate": f"BEFORE TRUNCATE ON {HEAD} FOR EACH STATEMENT",
}

# What the role of web and worker may do with the record; every other table it reads and writes.
RIGHTS = {
    EVENT: {"SELECT", "INSERT"},
    DETAIL: {"SELECT", "INSERT", "DELETE"},
    HEAD: {"SELECT", "INSERT", "UPDATE"},
}
EVERY_RIGHT = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of triggers that should be there and are not (or are switched off)."""
    if connection.vendor == "sqlite":
        wanted, query = SQLITE, "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        wanted, query = POSTGRES, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {row[0] for row in cursor.fetchall()}
    return sorted(set(wanted) - present)


def install(connection: BaseDatabaseWrapper) -> None:
    """Puts every trigger in place, whatever is there already."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name, body in SQLITE.items():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(f"CREATE TRIGGER {name} {body}")
            return
        cursor.execute(POSTGRES_FUNCTION)
        for name, body in POSTGRES.items():
            table = body.split(" ON ")[1].split()[0]
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            cursor.execute(f"CREATE TRIGGER {name} {body} EXECUTE FUNCTION convite_append_only()")


def owns_the_record(connection: BaseDatabaseWrapper) -> bool:
    """Whether the portal's own role could switch the triggers off, on PostgreSQL: it owns the table or rules the server."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = %s::regclass", [EVENT]
        )
        return bool(cursor.fetchone()[0])


def rights_too_many(connection: BaseDatabaseWrapper) -> list[str]:
    """What the portal's own role may do with the record and must not; nothing where it owns the tables anyhow."""
    if connection.vendor != "postgresql" or owns_the_record(connection):
        return []
    asked = [
        (table, right) for table, needed in RIGHTS.items() for right in EVERY_RIGHT if right not in needed
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT held.right, held.name FROM unnest(%s::text[], %s::text[]) AS held (name, "right")
            WHERE has_table_privilege(held.name, held.right)
               OR (held.right = 'UPDATE' AND has_any_column_privilege(held.name, held.right))
            """,
            [[table for table, _ in asked], [right for _, right in asked]],
        )
        return sorted(f"{right} on {table}" for right, table in cursor.fetchall())


def rights_statements(connection: BaseDatabaseWrapper, *, role: str, schema: str) -> list[str]:
    """What lets a role read and write rows of a schema, and the record only as far as the portal does."""
    to, place = connection.ops.quote_name(role), connection.ops.quote_name(schema)
    statements = [
        f"GRANT USAGE ON SCHEMA {place} TO {to}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {place} TO {to}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {place} TO {to}",
    ]
    for table, needed in RIGHTS.items():
        statements.append(f"REVOKE ALL ON {place}.{table} FROM {to}, PUBLIC")
        statements.append(f"GRANT {', '.join(sorted(needed))} ON {place}.{table} TO {to}")
    return statements


def set_rights(connection: BaseDatabaseWrapper, role: str) -> None:
    """Gives a role on PostgreSQL these rights and no others, all at once. As the owner of the tables."""
    if connection.vendor != "postgresql":
        return
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        for statement in rights_statements(connection, role=role, schema=cursor.fetchone()[0]):
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Takes every trigger away. For the test bench alone, which has to empty the tables."""
    with connection.cursor() as cursor:
        for name, body in (SQLITE if connection.vendor == "sqlite" else POSTGRES).items():
            if connection.vendor == "sqlite":
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {body.split(' ON ')[1].split()[0]}")
