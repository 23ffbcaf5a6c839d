"""Real workers against a stand-in that keeps the documented limits: how close to the best possible.

One run has a database of its own; runs that differ in latency alone go side by side.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings

from invitations.kondado.sandbox import Sandbox
from invitations.models import Account, Connector, User
from tests import factories
from tests.bench import latency
from tests.processes import ROOT, worker

PER_SECOND, PER_MINUTE = 1, 20
FEW_GOAL, MANY_GOAL = 1.4, 1.06  # up to a minute's worth, and beyond
WORKERS = (1, 3)
# The best possible knows no latency, but a call starts only when the answer before it is there: nothing is refused
# whatever the latency, and the time is judged where it is the portal's and not the network's.
TIMED = {FEW_GOAL: ("near",), MANY_GOAL: ("near", "far")}
HEAD = "invitations  workers  latency     seconds  best possible   ratio   goal  refused (goal 0)"


def optimum(calls: int) -> float:
    """Seconds from the first call to the last that the limits leave at least."""
    minutes, rest = divmod(calls - 1, PER_MINUTE)
    return minutes * 60 + rest / PER_SECOND


def one_run(
    count: int, workers: int, model: str, user: User, account: Account, connector: Connector
) -> dict[str, float]:
    """Sends `count` invitations; what was sent, in how many seconds, and how often the stand-in refused."""
    for _ in range(count):
        factories.make_invitation(user, account, connector)
    limits = {"KONDADO_CALLS_PER_SECOND": str(PER_SECOND), "KONDADO_CALLS_PER_MINUTE": str(PER_MINUTE)}
    with ExitStack() as stack:
        sandbox = stack.enter_context(
            Sandbox(
                key=settings.KONDADO_KEY,
                token=settings.KONDADO_TOKEN,
                per_second=PER_SECOND,
                per_minute=PER_MINUTE,
            )
        )
        port = stack.enter_context(latency.relay(int(sandbox.link_host.rpartition(":")[2]), model))
        more = {**limits, "KONDADO_API_URL": f"http://127.0.0.1:{port}", "KONDADO_DEADLINE_SECONDS": "20"}
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for number in range(workers):
            stack.enter_context(worker(sandbox, log=folder / f"log{number}", **more))
        give_up = time.monotonic() + 60 + 3 * optimum(count)
        while len(sandbox.ledger) < count and time.monotonic() < give_up:
            time.sleep(0.2)
        times = [call.time for call in sandbox.calls]
        refused = sum(call.refused for call in sandbox.calls)
        return {
            "sent": len(sandbox.ledger),
            "took": (times[-1] - times[0]).total_seconds() if times else 0.0,
            "refused": refused,
        }


def run(counts: list[int]) -> Iterator[tuple[str, bool]]:
    """The table for these numbers of invitations, line by line, and whether each line's goals were met."""
    yield HEAD, True
    for count in counts:
        for workers in WORKERS:
            for model, result in side_by_side(count, workers).items():
                yield judged(count, workers, model, result)


def side_by_side(count: int, workers: int) -> dict[str, dict[str, float]]:
    """One run for each latency, all at once, each as a process with a database of its own."""
    started = {}
    for model in latency.MODELS:
        words = ["--pacing-run", str(count), str(workers), model]
        started[model] = subprocess.Popen(
            [sys.executable, "-m", "tests.bench", *words], cwd=ROOT, stdout=subprocess.PIPE
        )
    return {model: json.loads(process.communicate()[0]) for model, process in started.items()}


def judged(count: int, workers: int, model: str, result: dict[str, float]) -> tuple[str, bool]:
    """A line of the table, and whether its goals were met."""
    best = optimum(count)
    ratio = result["took"] / best
    goal = FEW_GOAL if count <= PER_MINUTE else MANY_GOAL
    timed = model in TIMED[goal]
    met = not result["refused"] and result["sent"] == count and (ratio <= goal or not timed)
    shown = f"{goal:5.2f}x" if timed else "     –"
    return (
        f"{count:11}  {workers:7}  {model:9}  {result['took']:8.1f}  {best:13.1f}  {ratio:5.3f}x {shown}"
        f"  {result['refused']:7.0f}{'' if met else '   MISSED'}"
    ), met
