"""What each fault of the stand-in must come to, and a fixed choice of them for a crowd of invitations."""

import random

from invitations.kondado.sandbox.faults import FAULTS

SEED = 20261125
# They stop the credential at once, which is another test's subject.
LEFT_OUT = {name for name in FAULTS if name.startswith(("http_401", "http_403"))}
# Nothing was done, and the portal tries again: asked for once in a while, not by the name of an invitation.
PASSING = {name for name in FAULTS if name.startswith(("rate_limit", "http_429"))} | {"reset_on_connect"}
REFUSING = {
    "http_400_envelope",
    "http_404_envelope",
    "refused",
    "refused_plan",
    "refused_account",
    "refused_inner",
    "refused_code_only",
    "refused_hostile",
    "refused_long",
}
SOUND = {"wrong_content_type", "no_content_type", "http_201"}
AMBIGUOUS = set(FAULTS) - LEFT_OUT - PASSING - REFUSING - SOUND
# They end at once, so that several in a row settle in a row.
QUICK = (
    "http_502_html",
    "close_after_request_created",
    "not_json",
    "truncated_body",
    "link_missing",
    "cut_json",
)


def chosen(count: int) -> list[str]:
    """For each of `count` invitations a fault or nothing: one in ten, and once enough in a row for a storm."""
    rng = random.Random(SEED)
    faults = [""] * count
    last_refusal = ""
    by_name = sorted(AMBIGUOUS | REFUSING | SOUND)
    for place in sorted(rng.sample(range(count), count // 10)):
        fault = rng.choice([name for name in by_name if name != last_refusal])
        last_refusal = fault if fault in REFUSING else last_refusal
        faults[place] = fault
    middle = count // 2
    faults[middle : middle + len(QUICK)] = QUICK
    return faults


def expected(fault: str) -> tuple[str, int]:
    """The status a link ends in, and how many invitations are then at Kondado."""
    if not fault or fault in SOUND:
        return "ready", 1
    return ("rejected", 0) if fault in REFUSING else ("unknown", int(FAULTS[fault].created))
