"""The demo's twelve weeks: every stage, a whole record, times that go on, nothing twice, and only beside the stand-in."""

import json
import tempfile
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from django.utils import timezone

from invitations.kondado.links import link_problem
from invitations.kondado.sandbox.catalogue import Catalogue
from invitations.kondado.sandbox.memory import MEMORY
from invitations.management.demo import endings, hours, people
from invitations.management.demo.customers import DESTINATIONS, SOURCES, TOGETHER
from invitations.management.demo.people import MANAGER
from invitations.management.demo.story import SCENES, Scene, Story
from invitations.models import (
    AccessLink,
    Attempt,
    AuditEvent,
    DeclineKind,
    Delivery,
    Hold,
    Invitation,
    Message,
    RefusalMark,
    Stage,
    Status,
    User,
    VendorCall,
)
from invitations.models.link import IN_HAND
from invitations.models.message import TO_GUESTS, MessageStatus
from invitations.services.base import audit, stages
from invitations.services.decisions import settling
from invitations.services.invitations.allowed import link_actions
from invitations.services.reads import overview
from tests import factories

DRAWN = 12


class TheStory(TestCase):
    """Told once; each test looks at it."""

    @classmethod
    def setUpTestData(cls):
        for direction, names in (("src", SOURCES), ("dest", DESTINATIONS)):
            for name in names:
                factories.make_connector(name, direction)
        cls.folder = Path(tempfile.mkdtemp())
        with override_settings(VAR_DIR=cls.folder, EMAIL_FILE_PATH=str(cls.folder)):
            call_command("create_demo_data", "--invitations", str(len(SCENES) + DRAWN))
        cls.mails = list(mail.outbox)
        cls.now = timezone.now()
        cls.manager = User.objects.get(email=MANAGER)

    def test_there_are_as_many_as_asked_for(self):
        assert Invitation.objects.count() == len(SCENES) + DRAWN

    def test_every_stage_that_can_be_reached_is_there(self):
        assert set(Invitation.objects.values_list("stage", flat=True)) == {*Stage} - {Stage.TO_APPROVE}

    def test_every_stage_is_what_the_rows_say(self):
        for invitation in Invitation.objects.all():
            stored = invitation.stage
            stages.refresh(invitation=invitation, now=self.now)
            assert invitation.stage == stored, invitation.form_nonce

    def test_the_record_is_whole_and_goes_on_in_time(self):
        assert list(audit.problems()) == []
        times = list(AuditEvent.objects.order_by("number").values_list("at", flat=True))
        assert times == sorted(times)
        assert times[-1] <= self.now
        assert self.now - times[0] >= timedelta(weeks=12)

    def test_nothing_was_called_or_left_in_hand(self):
        assert not AccessLink.objects.filter(status__in=IN_HAND).exists()
        assert not VendorCall.objects.filter(arrived_at=None).exists()
        waiting = [MessageStatus.QUEUED, MessageStatus.SENDING]
        assert not Message.objects.filter(status__in=waiting).exists()
        assert not Hold.objects.standing().exists()

    def test_calls_kept_to_the_pace(self):
        calls = list(VendorCall.objects.order_by("started_at").values_list("started_at", "arrived_at"))
        assert calls
        assert all(start - arrived >= timedelta(seconds=1.05) for (_, arrived), (start, _) in pairwise(calls))

    def test_people_invite_in_working_hours(self):
        seconds = len([scene for scene in SCENES if scene.seconds])
        for invitation in Invitation.objects.order_by("-created_at")[seconds:]:
            local = invitation.created_at.astimezone(hours.ZONE)
            assert (local.weekday() < 5, 9 <= local.hour <= 18) == (True, True)

    def test_every_kind_of_thing_happened(self):
        rows = Invitation.objects
        assert set(rows.values_list("delivery", flat=True)) == {*Delivery}
        assert set(rows.exclude(decline_kind="").values_list("decline_kind", flat=True)) == {*DeclineKind}
        assert rows.exclude(decline_reason="").exists()
        assert {"pt-br", "es"} <= set(rows.values_list("language", flat=True))
        assert rows.filter(forwards=1).exists()
        assert rows.filter(stage=Stage.EXPIRED, asked_again_at__isnull=False).exists()
        assert {0, 1, 2} == set(AccessLink.objects.values_list("position", flat=True))
        assert Hold.objects.exclude(released_at=None).exists()
        assert RefusalMark.objects.count() == 1
        assert Message.objects.filter(status=MessageStatus.BOUNCED).exists()
        assert AccessLink.objects.filter(status=Status.QUEUED, not_before__gt=self.now).exists()
        assert {"person", ""} == set(Attempt.objects.values_list("settled_how", flat=True))

    def test_an_erased_guest_is_forgotten_and_gets_no_mail(self):
        erased = Invitation.objects.get(erased_at__isnull=False)
        assert erased.recipient_email == ""
        mails = erased.messages.filter(kind__in=TO_GUESTS)
        assert mails
        assert not mails.exclude(to_email="").exists()
        assert not erased.messages.filter(created_at__gt=erased.erased_at).exists()

    def test_the_manager_has_something_to_do_at_once(self):
        assert len(overview.needs_me(user=self.manager, now=self.now)) == 10
        waiting = settling.unknown(by=self.manager)
        assert [link for link in waiting if link_actions(link.invitation, link, self.now)]
        weeks = [number for _monday, number in overview.weekly(user=self.manager, now=self.now)]
        assert len([number for number in weeks if number]) > len(weeks) / 2

    def test_the_stand_in_answers_for_every_link(self):
        facts = [json.loads(line)["created"] for line in (self.folder / MEMORY).read_text().splitlines()]
        made = {fact["link"]: fact for fact in facts}
        assert len(made) == len(facts)
        for attempt in Attempt.objects.exclude(kondado_link=None):
            url = attempt.open_kondado_link()
            assert link_problem(url, ("127.0.0.1:9",), sandbox=True) is None
            assert made[url]["recipient_email"] in {attempt.recipient, ""} or not attempt.recipient
            assert made[url]["parent_collection_id"] == attempt.kondado_id

    def test_the_inbox_holds_the_latest_mails_with_their_own_dates(self):
        dates = [parsedate_to_datetime(one.extra_headers["Date"]) for one in self.mails]
        assert dates
        assert dates == sorted(dates)
        assert self.now - timedelta(days=8, minutes=1) < dates[0] < self.now - timedelta(days=1)

    def test_a_second_time_adds_nothing(self):
        before = Invitation.objects.count(), AuditEvent.objects.count()
        call_command("create_demo_data")
        assert (Invitation.objects.count(), AuditEvent.objects.count()) == before


@pytest.mark.parametrize("ended", ["2026-06-01 09:02", "2026-06-05 18:30"], ids=["monday", "friday"])
def test_every_stage_is_there_on_whatever_day_it_is_made(db, ended):
    end = datetime.strptime(ended, "%Y-%m-%d %H:%M").replace(tzinfo=hours.ZONE)
    offered = [factories.make_connector(name) for name in ("Shopify", "Facebook", "VTEX", "Mercado Livre")]
    accounts, staff = people.hire(now=end - timedelta(weeks=12))
    Story(accounts=accounts, people=staff, offered=offered, end=end).tell(len(SCENES))
    assert set(Invitation.objects.values_list("stage", flat=True)) == {*Stage} - {Stage.TO_APPROVE}
    assert list(audit.problems()) == []


def test_who_comes_too_late_gives_up_and_the_others_go_on(db):
    end = datetime(2026, 6, 5, 18, 30, tzinfo=hours.ZONE)
    connector = factories.make_connector("Google Ads")
    accounts, staff = people.hire(now=end - timedelta(weeks=12))
    story = Story(accounts=accounts, people=staff, offered=[connector], end=end)

    def too_late(case):
        yield from case.asked()
        yield end - timedelta(days=1)
        yield from case.goes_on(case.key(), case.links())

    late = Scene(too_late, 200, days=7)
    for scene in (late, Scene(endings.connected, 100)):
        story.play(scene)
    story.line.play()
    assert list(Invitation.objects.order_by("id").values_list("stage", flat=True)) == ["expired", "connected"]


def test_it_is_refused_outside_the_sandbox(settings, connector):
    settings.KONDADO_SANDBOX = False
    with pytest.raises(CommandError, match="KONDADO_SANDBOX"):
        call_command("create_demo_data")
    assert not Invitation.objects.exists()


def test_it_needs_a_catalogue(db):
    with pytest.raises(CommandError, match="sync_connectors"):
        call_command("create_demo_data")
    assert not User.objects.exists()


def test_every_connector_of_the_story_is_in_the_stand_ins_catalogue():
    listed = {
        direction: {item["parent_collection_name"] for item in Catalogue().items(direction)}
        for direction in ("src", "dest")
    }
    assert {*SOURCES, *(name for names in TOGETHER for name in names)} <= listed["src"]
    assert {*DESTINATIONS} <= listed["dest"]
    assert {name for scene in SCENES for name in scene.connectors} <= listed["src"] | listed["dest"]


@pytest.mark.parametrize(
    ("start", "add", "end"),
    [
        ("2026-11-23 10:00", 3, "2026-11-23 13:00"),
        ("2026-11-23 17:00", 2, "2026-11-24 10:00"),
        ("2026-11-27 17:00", 2, "2026-11-30 10:00"),
        ("2026-11-28 12:00", 1, "2026-11-30 10:00"),
        ("2026-11-30 10:00", -2, "2026-11-27 17:00"),
        ("2026-11-29 03:00", -10, "2026-11-26 17:00"),
    ],
)
def test_working_hours_leave_out_nights_and_weekends(start, add, end):
    def at(text):
        return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=hours.ZONE)

    assert hours.later(at(start).astimezone(UTC), add) == at(end)
