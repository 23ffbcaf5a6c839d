"""Chooses the fault of a call: by a word in the guest's address or the new name, or asked for beforehand.

It must not play faults, nor know sockets.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from invitations.kondado.sandbox.faults import FAULTS, Fault, canonical

ANY = "ANY"
METHODS = ("POST", "GET", ANY)
MOST_TIMES = 10_000
# "ana+fault-no-answer@…", "fault_no_answer@…", "ana+slow-3@…": a tag ends at the next + or at the @.
TAG = re.compile(r"(?:^|[+\s])(fault|slow)[-_]([a-z0-9_.-]+)", re.IGNORECASE)
SLOW = re.compile(r"slow_(\d{1,2}(?:\.\d+)?)")


class UnknownFault(ValueError):  # noqa: N818 - the name says what it is
    """There is no fault of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no fault {name[:60]!r}")


@dataclass(frozen=True)
class Plan:
    """What happens in place of a sound answer: first `delay` seconds, then the fault, if there is one."""

    fault: Fault | None = None
    delay: float = 0.0

    @property
    def name(self) -> str | None:
        """What to call it in a list; None when nothing special happens."""
        parts = ([self.fault.name] if self.fault else []) + ([f"slow_{self.delay:g}"] if self.delay else [])
        return " + ".join(parts) or None


@dataclass
class _Asked:
    plan: Plan
    times: int
    method: str

    @property
    def is_early(self) -> bool:
        return self.plan.fault is not None and self.plan.fault.early


def plan_for(name: str) -> Plan:
    """The plan for one name, `slow-SECONDS` included; raises UnknownFault."""
    wanted = canonical(name)
    if slow := SLOW.fullmatch(wanted):
        return Plan(delay=float(slow[1]))
    if wanted not in FAULTS:
        raise UnknownFault(name)
    return Plan(FAULTS[wanted])


def plan_in(fields: Mapping[str, Any]) -> Plan:
    """The plan that a created invitation's own fields ask for; raises UnknownFault for a misspelt address.

    The name of the new source counts too, because a portal may send an address of its own instead of the
    guest's. Words there that only look like a fault mean nothing.
    """
    local_part = str(fields["recipient_email"]).rpartition("@")[0]
    in_name = [name for name in _tags(str(fields["assigned_collection_name"])) if _is_known(name)]
    plans = [plan_for(name) for name in [*_tags(local_part), *in_name]]
    fault = next((plan.fault for plan in plans if plan.fault), None)
    return Plan(fault, max((plan.delay for plan in plans), default=0.0))


def _tags(text: str) -> list[str]:
    return [
        canonical(f"slow_{value}" if kind.lower() == "slow" else value) for kind, value in TAG.findall(text)
    ]


def _is_known(name: str) -> bool:
    return name in FAULTS or SLOW.fullmatch(name) is not None


class Mischief:
    """The faults asked for and not yet played; first asked, first played."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: list[_Asked] = []

    def ask(self, name: str, times: int = 1, method: str = "POST") -> None:
        """Play `name` in the next `times` calls of `method`; ValueError for anything that makes no sense."""
        plan = plan_for(name)
        if not 1 <= times <= MOST_TIMES:
            raise ValueError(f"times must be 1 to {MOST_TIMES}")
        if method.upper() not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}")
        with self._lock:
            self._asked.append(_Asked(plan, times, method.upper()))

    def take(self, method: str, *, early: bool = False) -> Plan | None:
        """The plan for this call, used up once; None when nothing was asked for.

        With `early`, only a plan that is due before the body is read.
        """
        with self._lock:
            asked = next((item for item in self._asked if item.method in (method, ANY)), None)
            if asked is None or (early and not asked.is_early):
                return None
            return self._use(asked)

    def take_at_accept(self) -> Plan | None:
        """The plan for a connection of which nothing is known yet."""
        with self._lock:
            first = self._asked[0] if self._asked else None
            fault = first.plan.fault if first else None
            return self._use(first) if first and fault and fault.at_accept else None

    def pending(self) -> list[tuple[str, int, str]]:
        """Name, times left and method of what was asked for."""
        with self._lock:
            return [(asked.plan.name or "", asked.times, asked.method) for asked in self._asked]

    def clear(self) -> None:
        """Forget what was asked for."""
        with self._lock:
            self._asked.clear()

    def _use(self, asked: _Asked) -> Plan:
        asked.times -= 1
        if not asked.times:
            self._asked.remove(asked)
        return asked.plan
