"""Answers that lie in the spool because nothing could be written down."""

from pathlib import Path

import pytest
from django.db import OperationalError

from invitations.models import AccessLink
from invitations.services.sending import dispatch, outcome


def the_link() -> AccessLink:
    return AccessLink.objects.select_related("invitation", "current_attempt", "account").get()


def answers(place: Path) -> list[Path]:
    return sorted(place.glob("answer-*"))


def send_with_the_database_away(monkeypatch) -> None:
    """Claims and calls; the answer arrives, and nothing can be written."""

    def away(**_: object) -> bool:
        raise OperationalError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(outcome, "write_down", away)
        with pytest.raises(dispatch.AnswerNotWritten):
            dispatch.step(dispatch.Patience(0))
