"""`python -m tests.bench [--million] [--rounds N] [--pacing [N …]]`: a table of goals and what was measured.

Makes a database of its own and drops it again: a SQLite file, or on the server that DATABASE_URL names.
"""

import argparse
import contextlib
import io
import json
import logging
import os
import sys
import time

import django
from django.conf import settings
from django.db import connection

# Models can only be imported once the settings are in place.
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
settings.ROOT_URLCONF = "tests.bench.urls"
settings.DATABASES["default"]["CONN_MAX_AGE"] = None
# A name of its own, because several may run side by side.
settings.DATABASES["default"].setdefault("TEST", {}).setdefault("NAME", f"test_convite_bench_{os.getpid()}")
django.setup()
logging.disable(logging.INFO)

from tests.bench import data, pacing, pages  # noqa: E402


def read_options() -> argparse.Namespace:
    """What to measure."""
    parser = argparse.ArgumentParser(prog="tests.bench", description="Speed against the goals.")
    parser.add_argument("--rounds", type=int, default=200, help="calls of each page (default 200)")
    parser.add_argument(
        "--million", action="store_true", help="list out of 1,000,000 invitations, not 10,000"
    )
    parser.add_argument(
        "--pacing",
        type=int,
        nargs="*",
        metavar="N",
        help="instead of pages: N invitations at Kondado's limits, with 1 and 3 workers over four latencies "
        "(default 20, about a minute; 20 100 takes about ten)",
    )
    # One of the runs that --pacing starts.
    parser.add_argument("--pacing-run", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


@contextlib.contextmanager
def own_database():
    """A migrated database that is gone afterwards."""
    name = connection.settings_dict["NAME"]
    with contextlib.redirect_stdout(io.StringIO()):
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def measure(options: argparse.Namespace) -> tuple[str, bool]:
    """The result as text, and whether every goal was met."""
    people = data.make_people()
    connectors = data.make_connectors()
    if options.pacing_run:
        count, workers, model = options.pacing_run
        result = pacing.one_run(
            int(count), int(workers), model, people.of_one, people.accounts[0], connectors[1]
        )
        return json.dumps(result), True
    count = 1_000_000 if options.million else 10_000
    started = time.monotonic()
    data.make_invitations(count, people, connectors)
    took = time.monotonic() - started
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    found = pages.cases(people, connectors)
    pages.measure(found, rounds=options.rounds)
    text, met = pages.table(found)
    return f"{connection.vendor}, {count:,} invitations (inserted in {took:.0f} s)\n\n{text}", met


def main() -> int:
    """Exit code 1 when a goal was missed."""
    options = read_options()
    if options.pacing is not None:
        all_met = True
        for line, met in pacing.run(options.pacing or [20]):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
            all_met &= met
        return 0 if all_met else 1
    with own_database():
        text, met = measure(options)
    sys.stdout.write(text + "\n")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
