"""What the portal's role may do with the record, on PostgreSQL: set by migrate, looked at ever after."""

# ruff: noqa: S608 - only fixed table names are put into these statements

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction

from invitations.models import guards
from invitations.services.base import audit
from invitations.services.reads import health, system
from invitations.words.system import lines

pytestmark = pytest.mark.django_db
ROLE = "convite_test_rights"
TOO_MANY = ["UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "UPDATE (kind)"]


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def guard_line() -> tuple[str, str]:
    line = next(line for line in lines(system.state()) if line.title == "Guards of the record")
    return line.level, line.text


if connection.vendor == "sqlite":

    def test_a_file_knows_no_roles():
        assert guards.rights_too_many(connection) == []
        assert not guards.owns_the_record(connection)
        guards.set_rights(connection, ROLE)
        assert guard_line() == ("good", "They are in place.")

else:

    @pytest.fixture
    def role() -> Iterator[None]:
        """From here on the connection is one of a role that owns nothing."""
        run(f"CREATE ROLE {ROLE}")
        guards.set_rights(connection, ROLE)
        run(f"SET ROLE {ROLE}")
        yield
        run("RESET ROLE")

    def as_owner(statement: str) -> None:
        run("RESET ROLE")
        run(statement)
        run(f"SET ROLE {ROLE}")

    def test_the_role_does_what_the_portal_does(role, make_invitation):
        make_invitation()
        assert guards.rights_too_many(connection) == []
        assert next(audit.problems(), None) is None
        assert health.failed_checks() == []
        assert guard_line() == ("good", "They are in place.")

    @pytest.mark.parametrize(
        "statement",
        [
            f"UPDATE {guards.EVENT} SET kind = 'x'",
            f"DELETE FROM {guards.EVENT}",
            f"TRUNCATE {guards.EVENT}",
            f"UPDATE {guards.DETAIL} SET salt = ''",
            f"TRUNCATE {guards.DETAIL}",
            f"DELETE FROM {guards.HEAD}",
            f"ALTER TABLE {guards.EVENT} DISABLE TRIGGER ALL",
        ],
    )
    def test_the_server_refuses_the_rest_before_any_trigger(role, statement):
        with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
            run(statement)

    @pytest.mark.parametrize("right", TOO_MANY)
    def test_a_right_that_came_back_is_noticed_everywhere_and_taken_away_again(role, right):
        as_owner(f"GRANT {right} ON {guards.EVENT} TO {ROLE}")

        found = f"{right.split()[0]} on {guards.EVENT}"
        assert guards.rights_too_many(connection) == [found]
        assert health.failed_checks() == ["rights"]
        assert found in next(audit.problems())
        level, text = guard_line()
        assert (level, found in text) == ("bad", True)

        run("RESET ROLE")
        guards.set_rights(connection, ROLE)
        guards.set_rights(connection, ROLE)
        run(f"SET ROLE {ROLE}")
        assert guards.rights_too_many(connection) == []

    def test_a_right_that_everybody_has_is_noticed_as_well(role):
        as_owner(f"GRANT DELETE ON {guards.EVENT} TO PUBLIC")
        assert guards.rights_too_many(connection) == [f"DELETE on {guards.EVENT}"]

    def test_one_role_for_all_is_said_and_stops_nothing():
        assert health.failed_checks() == []
        assert guard_line()[0] == "late"
