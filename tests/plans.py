"""How the database goes about what a piece of code asks: the plan of each statement, as the database explains it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


class Plans(list):
    """The plans in order, each as the text of all its steps."""

    def walks(self) -> set[str]:
        """The tables that some statement reads from end to end, in their own order or in that of a whole index.

        One that goes through a partial index to its end reads no more than it has to.
        """
        return {table for plan in self for table in _walked(plan)}

    def uses(self, index: str) -> bool:
        """Whether some statement goes by this index."""
        return any(re.search(rf"\b{index}\b", plan) for plan in self)


@contextmanager
def watched() -> Iterator[Plans]:
    """Explains every SELECT and UPDATE before it runs.

    PostgreSQL reads short tables whole although there is an index; it is kept from that, to see whether one would do.
    """
    found, explaining = Plans(), False

    def explain(execute, sql, params, many, context):
        nonlocal explaining
        if not explaining and sql.lstrip().startswith(("SELECT", "UPDATE")):
            explaining = True
            try:
                found.append(_plan(sql, params))
            finally:
                explaining = False
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(explain):
        _by_indexes(wanted=True)
        yield found
        _by_indexes(wanted=False)


def _by_indexes(*, wanted: bool) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL enable_seqscan = {'off' if wanted else 'on'}")


def _plan(sql: str, params: object) -> str:
    how = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {sql}", params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def _walked(plan: str) -> Iterator[str]:
    if connection.vendor == "postgresql":
        yield from re.findall(r"Seq Scan on (\w+)", plan)
        return
    for table, index in re.findall(r"^SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", plan, flags=re.M):
        if not _is_partial(index):
            yield table
    yield from re.findall(
        r"^SEARCH (\w+)$", plan, flags=re.M
    )  # for the greatest value of a column without index


def _is_partial(index: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql LIKE '%% WHERE %%' FROM sqlite_master WHERE name = %s", [index])
        row = cursor.fetchone()
    return bool(row and row[0])
