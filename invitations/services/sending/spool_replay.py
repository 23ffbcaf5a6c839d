"""Settles the answers that lie in the spool: a worker died, or the database was away, before they were written down."""

from __future__ import annotations

import logging

from django.db import transaction

from invitations.models import Attempt, VendorCall
from invitations.models.sealed import Unreadable
from invitations.services.base import spool
from invitations.services.base.clock import AWAY, database_now
from invitations.services.calls import pacing
from invitations.services.sending import answer_text, outcome

log = logging.getLogger("invitations.spool")


class Foreign(Exception):  # noqa: N818  (says what the answer is)
    """The answer belongs to no attempt of this database."""


def settle_waiting(*, at_start: bool = False) -> int:
    """Writes down what no living process has in hand; how many answers that were.

    What cannot be used is put by, never deleted, and looked at again `at_start` of a worker. Raises what the
    database raises while it is away; everything is then left as it was.
    """
    done = 0
    for kept in spool.waiting(also_put_by=at_start):
        try:
            _settle(kept)
        except AWAY:
            spool.let_go(kept)
            raise
        except Exception as error:  # noqa: BLE001  (one file must not stop the others)
            log.error(  # noqa: TRY400  (a traceback would show values)
                "an answer in the spool cannot be used",
                extra={"file": kept.path.name, "error": type(error).__name__},
            )
            spool.put_by(kept)
        else:
            spool.drop(kept)
            done += 1
            log.warning("spool hit", extra={"attempt": kept.attempt_id})
    return done


@transaction.atomic
def _settle(kept: spool.Kept) -> None:
    try:
        result, facts = answer_text.load(spool.read(kept))
    except (Unreadable, answer_text.NotAnAnswer) as error:
        raise Foreign(str(error)) from None
    attempt = Attempt.objects.select_related("access_link__invitation").filter(pk=kept.attempt_id).first()
    if attempt is None:
        raise Foreign("no such attempt")
    link = attempt.access_link
    if (link.invitation.public_id, link.pk, attempt.number) != (
        facts.get("invitation"),
        facts.get("link"),
        facts.get("number"),
    ):
        raise Foreign("the attempt of that number is another one")
    call = VendorCall.objects.filter(pk=kept.call_id, attempt=attempt).first()
    fence = int(facts.get("fence", -1))
    if call is None:  # the database was restored from before the call: whatever is in hand now is another one
        call, fence = pacing.found(attempt=attempt, now=database_now()), -1
    if not outcome.write_down(link_id=link.pk, attempt=attempt, call=call, fence=fence, result=result):
        raise Foreign("the attempt was never sent here")
