"""Reads whose SQL Django writes once, for the few that every busy page asks. Must not write anything.

Django takes longer to write such a statement than the database to answer it. A prepared read is an ordinary QuerySet,
built with places instead of values; Django writes it out at the first call, and later calls only fill the places in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators

Place = tuple[str, int | None]  # the name of a value, and which one of a list


class _Placeholder(Expression):
    """Stands in a QuerySet where a value will go."""

    def __init__(self, name: str, index: int | None = None) -> None:
        super().__init__()
        self.place: Place = (name, index)

    def as_sql(self, _compiler: Any, _connection: Any) -> Any:
        """A parameter that is still itself."""
        return "%s", [self]


class _Written:
    """A QuerySet as SQL, and what makes Python values of its rows again."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self._compiler = queryset.query.get_compiler(connection=connection)
        self._sql, self._parameters = self._compiler.as_sql()
        select = self._compiler.select or []
        self._converters = self._compiler.get_converters([column for column, *_ in select])
        self._gives_objects = issubclass(queryset._iterable_class, ModelIterable)

    def rows(self, values: dict[str, Any]) -> list[Any]:
        """Asks the database."""
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [_filled(parameter, values) for parameter in self._parameters])
            rows: Iterable[Any] = cursor.fetchall()
        if self._converters:
            rows = self._compiler.apply_converters(rows, self._converters)
        return self._objects(rows) if self._gives_objects else [tuple(row) for row in rows]

    def _objects(self, rows: Iterable[Any]) -> list[Any]:
        """As ModelIterable makes them."""
        related: Any = get_related_populators  # whose stub is that of a later Django
        info: Any = self._compiler.klass_info
        select: Any = self._compiler.select
        populators = related(info, select, DEFAULT_DB_ALIAS)
        start, end = info["select_fields"][0], info["select_fields"][-1] + 1
        names = [column.target.attname for column, *_ in select[start:end]]
        found = []
        for row in rows:
            one = info["model"].from_db(DEFAULT_DB_ALIAS, names, row[start:end])
            for populator in populators:
                populator.populate(row, one)
            found.append(one)
        return found


def prepared(build: Callable[..., QuerySet[Any, Any]]) -> Callable[..., list[Any]]:
    """Makes a read of a function that builds a QuerySet out of keyword values: numbers, texts, times, or lists of them.

    The read takes the same keywords and gives the rows as a list: objects, or tuples where the QuerySet is a
    `values_list`. What the function does with its values must not depend on what they are; a list is for `__in` alone.
    One query, none where such a list is empty. Raises TypeError for None, which SQL compares differently.
    """
    written: dict[Any, _Written | None] = {}

    @wraps(build)
    def read(**values: Any) -> list[Any]:
        values = {name: _fitted(value) for name, value in values.items()}
        shape = (connection.vendor, *((name, _length(value)) for name, value in values.items()))
        if shape not in written:
            written[shape] = _write(build, values)
        statement = written[shape]
        return statement.rows(values) if statement else []

    return read


def keep_related(one: Model, name: str, rows: list[Any]) -> None:
    """Keeps `rows` as what the manager `name` of `one` gives for `all()`, and `one` as theirs: as prefetch_related does."""
    manager = getattr(one, name)
    everything = manager.all()
    everything._result_cache, everything._prefetch_done = rows, True
    if not hasattr(one, "_prefetched_objects_cache"):
        one._prefetched_objects_cache = {}  # type: ignore[attr-defined]
    one._prefetched_objects_cache[manager.field.remote_field.cache_name] = everything  # type: ignore[attr-defined]
    for row in rows:
        setattr(row, manager.field.name, one)


def _write(build: Callable[..., QuerySet[Any, Any]], values: dict[str, Any]) -> _Written | None:
    try:
        return _Written(build(**{name: _placeholder(name, value) for name, value in values.items()}))
    except EmptyResultSet:
        return None


def _fitted(value: Any) -> Any:
    """A list with its last value repeated until its length is a power of two, so that few lengths are written."""
    if value is None:
        raise TypeError("a prepared read takes no None")
    if not isinstance(value, list) or not value:
        return value
    return value + value[-1:] * ((1 << (len(value) - 1).bit_length()) - len(value))


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, list) else None


def _placeholder(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_Placeholder(name, index) for index in range(len(value))]
    return _Placeholder(name)


def _filled(parameter: Any, values: dict[str, Any]) -> Any:
    """A parameter as the database driver takes it."""
    if not isinstance(parameter, _Placeholder):
        return parameter
    name, index = parameter.place
    value = values[name] if index is None else values[name][index]
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
