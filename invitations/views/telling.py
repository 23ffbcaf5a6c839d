"""What a person is told after they pressed a button: on the next page, whatever page that is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from invitations.errors import PortalError


@contextmanager
def telling(request: HttpRequest, done: str) -> Iterator[None]:
    """Tells what is `done` once a service has run, or the sentence of the PortalError with which it refused."""
    try:
        yield
    except PortalError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, done)
