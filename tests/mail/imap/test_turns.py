"""Of a crowd of unknown outcomes each gets its look into the mailbox, and no look is longer for it."""

import re

import pytest
from django.utils import timezone

from invitations.models import Attempt
from invitations.services.sending import silent_mailbox
from tests.kondado.servers import Server
from tests.mail.imap.test_reader import Imap

pytestmark = pytest.mark.django_db


class Empty(Imap):
    """A mailbox without a mail, which breaks off when it is asked for `poison`."""

    poison = "nothing"

    def answer(self, word, command):
        if self.poison in command:
            raise OSError
        return b"* SEARCH\r\n" if word == "search" else super().answer(word, command)

    def asked_for(self) -> list[int]:
        """The numbers asked for since the last time."""
        searches, self.commands = [said for said in self.commands if "SEARCH" in said], []
        return [int(re.search(r"reference(\d)", said)[1]) for said in searches]


@pytest.fixture
def server(settings, monkeypatch):
    monkeypatch.setattr(silent_mailbox, "MOST_LINKS", 4)
    monkeypatch.setattr(silent_mailbox, "IN_TURN", 3)
    settings.KONDADO_SANDBOX = True
    behaviour = Empty()
    with Server(behaviour) as running:
        settings.SILENT_IMAP_URL = f"imap://user:password@127.0.0.1:{running.port}/INBOX"
        yield behaviour


@pytest.fixture
def crowd(make_invitation):
    """Ten unknown ones, numbered from the oldest."""
    for number in range(10):
        attempt = make_invitation(status="unknown", delivery="link").links.get().current_attempt
        Attempt.objects.filter(pk=attempt.pk).update(
            silent_reference=f"reference{number}",
            recipient=f"in+reference{number}@x.example",
            frozen_at=timezone.now(),
        )


def rounds(server, count) -> list[list[int]]:
    found = []
    for _ in range(count):
        silent_mailbox.settle_arrived()
        found.append(server.asked_for())
    return found


def test_all_are_looked_for_in_turn_and_the_latest_each_time(server, crowd):
    looks = rounds(server, 4)

    assert looks[0] == [9, 8, 7, 6]
    assert looks[1] == [6, 5, 4, 9]
    assert looks[2] == [3, 2, 1, 9]
    assert looks[3] == [0, 9, 8, 7]


def test_one_that_breaks_every_look_keeps_none_of_the_others_out(server, crowd):
    server.poison = "reference5"
    seen = set().union(*rounds(server, 12))
    assert seen >= set(range(10)) - {5}


def test_a_few_are_looked_for_each_time(server, make_invitation, crowd):
    Attempt.objects.exclude(silent_reference__in=["reference3", "reference4"]).update(silent_reference=None)
    assert [sorted(look) for look in rounds(server, 3)] == [[3, 4]] * 3
