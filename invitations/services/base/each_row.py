"""Does the same for many rows so that one that fails keeps none of the others. Writes nothing itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from invitations.services.base.clock import AWAY

log = logging.getLogger("invitations.rows")


def each(keys: Iterable[int], act: Callable[[int], bool], *, failing: str) -> int:
    """Acts on each key, in a transaction of the act's own, and counts those for which it was true.

    What fails is logged as `failing` and left for the next time. Raises what the database raises while it is away.
    """
    done = 0
    for key in keys:
        try:
            done += act(key)
        except AWAY:
            raise
        except Exception as error:
            log.exception(failing, extra={"row": key, "error": type(error).__name__})
    return done
