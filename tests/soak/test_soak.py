"""Four workers and a crowd of invitations, one in ten spoiled: none is made twice, none is lost, none misjudged.

SOAK_INVITATIONS sets the size of the crowd (default 1,000).
"""

import os
import random
import sys
import time
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from invitations.models import AccessLink, Attempt, Hold, Status, VendorCall
from invitations.models.hold import HoldReason
from invitations.services.base import audit
from tests.processes import stop, worker
from tests.soak import faults

COUNT = int(os.environ.get("SOAK_INVITATIONS", "1000"))
WORKERS = 4
MINUTE = timedelta(seconds=61)
STUCK_SECONDS = 120
RESET = {"reset", "request_cut"}  # the system says which, at the read or at the write
pytestmark = [pytest.mark.soak, pytest.mark.timeout(120 + COUNT), pytest.mark.django_db(transaction=True)]


def let_time_pass() -> None:
    """Moves what was written down into the past, as waiting would; nothing of the portal is changed for it.

    By a minute, or until the longest pause is over.
    """
    latest = VendorCall.objects.aggregate(pause=Max("pause_until"))["pause"]
    moved = max(MINUTE, latest - timezone.now()) if latest else MINUTE
    Hold.objects.standing().update(since=F("since") - moved)
    VendorCall.objects.filter(arrived_at__isnull=False).update(
        started_at=F("started_at") - moved,
        deadline_at=F("deadline_at") - moved,
        arrived_at=F("arrived_at") - moved,
        pause_until=F("pause_until") - moved,
    )
    AccessLink.objects.filter(not_before__isnull=False).update(not_before=F("not_before") - moved)


def nothing_moves() -> bool:
    """Whether everybody waits for time to pass."""
    paused = VendorCall.objects.filter(pause_until__gt=timezone.now()).exists()
    waiting = AccessLink.objects.filter(status=Status.QUEUED, not_before__isnull=False).exists()
    fresh = AccessLink.objects.filter(status=Status.QUEUED, not_before=None).exists()
    return Hold.objects.standing().exists() or paused or (waiting and not fresh)


def left() -> int:
    return AccessLink.objects.filter(status__in=[Status.QUEUED, Status.CONNECTING, Status.ON_WIRE]).count()


def run_to_the_end(sandbox, passing: list[str]) -> float:
    """Until every link is settled; now and then one more passing fault. Seconds it took."""
    started = last_change = time.monotonic()
    before, every = left(), max(COUNT // (len(passing) + 1), 1)
    while remaining := left():
        if remaining != before:
            before, last_change = remaining, time.monotonic()
        assert time.monotonic() - last_change < STUCK_SECONDS, f"{remaining} links do not move"
        if passing and COUNT - remaining >= every * (len(faults.PASSING) - len(passing) + 1):
            sandbox.misbehave(passing.pop())
        if nothing_moves():
            let_time_pass()
        time.sleep(0.5)
    return time.monotonic() - started


def invite(make_invitation, wanted: list[str]) -> dict[str, int]:
    """One invitation for each fault, which its name asks for; their links by name."""
    names = {}
    with transaction.atomic():
        for number, fault in enumerate(wanted):
            name = f"Soak {number} fault-{fault}" if fault else f"Soak {number}"
            delivery = "link" if number % 2 else "kondado"
            names[name] = make_invitation(assigned_collection_name=name, delivery=delivery).links.get().pk
    return names


def misjudged(names: dict[str, int], wanted: list[str], made: Counter[str]) -> dict[str, tuple[object, ...]]:
    """Links whose end is not what happened at Kondado: status, invitations there, fault and tries."""
    status = dict(AccessLink.objects.values_list("pk", "status"))
    assert len(status) == len(names)
    wrong = {}
    for (name, pk), fault in zip(names.items(), wanted, strict=True):
        if (status[pk], made[name]) != faults.expected(fault):
            why = Attempt.objects.values_list("fault", "tries").get(access_link=pk)
            wrong[name] = (status[pk], made[name], *why)
    return wrong


def test_a_crowd_of_invitations_with_every_fault(sandbox, make_invitation, tmp_path, transactional_db):
    wanted = faults.chosen(COUNT)
    names = invite(make_invitation, wanted)
    passing = sorted(faults.PASSING)
    random.Random(faults.SEED).shuffle(passing)

    with ExitStack() as stack:
        crew = [
            stack.enter_context(worker(sandbox, log=tmp_path / f"log{number}", KONDADO_DEADLINE_SECONDS="2"))
            for number in range(WORKERS)
        ]
        took = run_to_the_end(sandbox, passing)
        assert [stop(process) for process in crew] == [0] * WORKERS

    made = Counter(record.assigned_collection_name for record in sandbox.ledger)
    report(took, made, sandbox)
    assert set(made) <= set(names)
    assert max(made.values()) == 1
    wrong = misjudged(names, wanted, made)
    # A reset of the connection comes before or after the mark: either end is right, and nothing is made.
    reset = next((name for name, end in wrong.items() if end[:2] == ("unknown", 0) and end[2] in RESET), "")
    allowed = {reset, *the_other_way_round(wrong)}
    assert {name: end for name, end in wrong.items() if name not in allowed} == {}
    assert not Hold.objects.standing().exists()
    assert not Hold.objects.exclude(reason=HoldReason.STORM, released_by=None).exists()
    assert Hold.objects.exists()
    assert Attempt.objects.filter(outcome="ready", link_sha256=None).count() == 0
    assert list(audit.problems()) == []


def the_other_way_round(wrong: dict[str, tuple[object, ...]]) -> list[str]:
    """Links that got an address of which the portal knew nothing yet, and those that came too late for theirs.

    The other answer was on its way at the same time, or got lost. Whichever is written down first keeps the address.
    """
    lost = [name for name, end in wrong.items() if end[:3] == ("unknown", 1, "link_repeated")]
    kept = [
        name
        for name, end in wrong.items()
        if name.endswith(("fault-link_repeated", "fault-link_respelled")) and end[:2] == ("ready", 1)
    ]
    return [*lost, *kept] if len(lost) <= len(kept) else []


def report(took: float, made: Counter[str], sandbox) -> None:
    """Figures for whoever watches with `-s`."""
    ends = Counter(AccessLink.objects.values_list("status", flat=True))
    duplicates = sum(count - 1 for count in made.values())
    sys.stdout.write(
        f"\n{COUNT} invitations, {WORKERS} workers: {took:.0f} s; {dict(ends)}; {len(sandbox.calls)} calls; "
        f"{duplicates} duplicates; storms: {Hold.objects.count()}\n"
    )
