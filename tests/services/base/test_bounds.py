"""The table that readers see is the table that is counted by."""

import re
from pathlib import Path

from invitations.services.base.bounds import ANONYMOUS, OTHERS, TABLE

DOCS = (Path(__file__).resolve().parents[3] / "docs/security.md").read_text()
WORDS = {0: "ever", 60: "a minute", 300: "5 minutes", 3600: "an hour"}


def test_readers_see_the_same_table():
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", DOCS, re.MULTILINE)

    assert [(name, int(most), time, per, beyond) for name, most, time, per, beyond in rows] == [
        (bound.name, bound.most, WORDS[bound.seconds], str(bound.per), bound.beyond) for bound in TABLE
    ]


def test_every_bound_guards_some_address():
    guarding = {
        bound for row in [*ANONYMOUS.values(), *OTHERS.values()] if not isinstance(row, str) for bound in row
    }

    assert guarding == set(TABLE)


def test_no_address_of_a_person_alone_is_refused():
    refusing = [bound for bound in TABLE if bound.per == "address" and "429" in bound.beyond]

    assert refusing == []
