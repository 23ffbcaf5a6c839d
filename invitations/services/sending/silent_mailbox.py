"""Settles unknown outcomes by Kondado's own mail: the link that arrived in the silent mailbox proves the invitation.

Only the worker calls this. Must not be inside a transaction while it reads, and changes nothing in the mailbox.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from invitations.errors import LinkNotAccepted
from invitations.kondado.links import fingerprint, link_problem
from invitations.mail.imap.place import BadPlace, place_of
from invitations.mail.imap.reader import Found, Wanted, look
from invitations.models import AccessLink
from invitations.services.decisions import settling

log = logging.getLogger("invitations.mailbox")
EVERY_SECONDS = 60
LONGEST_PAUSE_SECONDS = 900
LOOK_SECONDS = 12.0
MOST_LINKS = 25  # in one look; of these are
IN_TURN = 20  # the next ones in turn, so that each gets its look, and the rest the latest ones
EARLIER = timedelta(days=2)  # clocks and time zones of two machines differ by less
NOTED_SECONDS = 86_400
TURN, FAILURES, NOTED, REACHED = "mailbox.turn", "mailbox.failures", "mailbox.noted", "mailbox.reached"


def step() -> None:
    """Looks once a minute, whichever worker comes first, and ever more seldom while the mailbox fails."""
    if settings.SILENT_IMAP_URL and cache.add(TURN, 1, EVERY_SECONDS):
        settle_arrived()


def settle_arrived(*, now: datetime | None = None) -> int:
    """Settles what the mailbox proves; how many that were. Of a crowd, some in turn at each look."""
    now = now or timezone.now()
    in_turn, latest = _next()
    links = {link.pk: link for link in (*in_turn, *latest)}
    if not links:
        return 0
    try:
        place = place_of(settings.SILENT_IMAP_URL, sandbox=settings.KONDADO_SANDBOX)
    except BadPlace:
        _failed("setting")
        return 0
    seen = look(place, _wanted(links.values()), seconds=LOOK_SECONDS)
    if seen.fault:
        _failed(seen.fault)
        # Past the one where it ended, or that one would end every look.
        in_turn = in_turn[: len(seen.found) + 1]
    else:
        cache.delete(FAILURES)
    cache.set(REACHED, in_turn[-1].pk, None)
    return sum(_settle(links[found.key], found, now) for found in seen.found)


def _next() -> tuple[list[AccessLink], list[AccessLink]]:
    """Those whose turn it is, from where the last look ended, and of the others the latest ones."""
    waiting = AccessLink.objects.to_find_in_mailbox()
    top = list(waiting[:MOST_LINKS])
    in_turn = list(waiting.filter(pk__lt=cache.get(REACHED, 0))[:IN_TURN])
    in_turn += [link for link in top if link not in in_turn][: IN_TURN - len(in_turn)]
    return in_turn, [link for link in top if link not in in_turn][: MOST_LINKS - len(in_turn)]


def _wanted(links: Iterable[AccessLink]) -> list[Wanted]:
    return [
        Wanted(link.pk, attempt.recipient, attempt.silent_reference, (attempt.frozen_at - EARLIER).date())
        for link in links
        if (attempt := link.current_attempt) and attempt.silent_reference and attempt.frozen_at
    ]


def _failed(fault: str) -> None:
    """Says so, and makes everybody wait longer than the last time."""
    failures = cache.get(FAILURES, 0) + 1
    pause = min(EVERY_SECONDS * 2**failures, LONGEST_PAUSE_SECONDS)
    cache.set(FAILURES, failures, 2 * LONGEST_PAUSE_SECONDS)
    cache.set(TURN, 1, pause)
    log.warning("the silent mailbox could not be read", extra={"fault": fault, "pause": pause})


def _settle(link: AccessLink, found: Found, now: datetime) -> bool:
    hosts, sandbox = settings.KONDADO_LINK_HOSTS, settings.KONDADO_SANDBOX
    # The text and the HTML of a mail may spell the one link differently.
    sound = [url for url in found.links if link_problem(url, hosts, sandbox) is None]
    problem = found.problem or ("several_links" if len({fingerprint(url) for url in sound}) > 1 else "")
    if problem or not sound or link.current_attempt is None:
        if problem:
            _note(link, problem)
        return False
    try:
        settled = settling.arrived(link=link, attempt=link.current_attempt, url=sound[0], now=now)
    except LinkNotAccepted:
        _note(link, "link_repeated")
        return False
    if settled:
        log.info("settled by the silent mailbox", extra={"invitation": link.invitation.public_id})
    return settled


def _note(link: AccessLink, problem: str) -> None:
    """Says once a day that a person has to look at what the mailbox holds for this link."""
    if cache.add(f"{NOTED}.{link.pk}.{link.current_attempt_id}.{problem}", 1, NOTED_SECONDS):
        extra = {"invitation": link.invitation.public_id, "link": link.position, "problem": problem}
        log.warning("left alone: the silent mailbox does not settle it", extra=extra)
