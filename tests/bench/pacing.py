"""A real worker against a stand-in that keeps the documented limits: how close to the best possible."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from django.conf import settings

from invitations.kondado.sandbox import Sandbox
from invitations.models import Account, Connector, User
from tests import factories
from tests.processes import worker

PER_SECOND, PER_MINUTE = 1, 20
FEW_GOAL, MANY_GOAL = 1.4, 1.06  # up to a minute's worth, and beyond


def optimum(calls: int) -> float:
    """Seconds from the first call to the last that the limits leave at least."""
    minutes, rest = divmod(calls - 1, PER_MINUTE)
    return minutes * 60 + rest / PER_SECOND


def run(count: int, user: User, account: Account, connector: Connector) -> tuple[str, bool]:
    """Sends `count` invitations; the result as text, and whether the goals were met."""
    for _ in range(count):
        factories.make_invitation(user, account, connector)
    limits = {"KONDADO_CALLS_PER_SECOND": str(PER_SECOND), "KONDADO_CALLS_PER_MINUTE": str(PER_MINUTE)}
    with (
        Sandbox(
            key=settings.KONDADO_KEY,
            token=settings.KONDADO_TOKEN,
            per_second=PER_SECOND,
            per_minute=PER_MINUTE,
        ) as sandbox,
        tempfile.TemporaryDirectory() as folder,
        worker(sandbox, "--until-idle", log=Path(folder) / "log", **limits) as process,
    ):
        while process.poll() is None:
            time.sleep(0.2)
        times = [call.time for call in sandbox.calls]
        refused = sum(call.refused for call in sandbox.calls)
        sent = len(sandbox.ledger)
    took = (times[-1] - times[0]).total_seconds() if times else 0.0
    goal = FEW_GOAL if count <= PER_MINUTE else MANY_GOAL
    ratio = took / optimum(count)
    text = (
        f"{sent} of {count} invitations sent in {took:.1f} s; best possible {optimum(count):.1f} s: "
        f"{ratio:.3f}× (goal {goal:g}×); refused for their rate: {refused} (goal 0)"
    )
    return text, sent == count and ratio <= goal and not refused
