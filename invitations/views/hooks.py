"""What machines report to the portal. Answers nothing to whoever does not hold the secret. Must not write rows."""

from __future__ import annotations

import hmac
import json
import re
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from invitations.place import place_of
from invitations.services.base import throttle
from invitations.services.base.bounds import WRONG_SIGNATURES
from invitations.services.mail import bounces
from invitations.services.mail.bounces import Report
from invitations.typed.invisible import CONTROL

LARGEST = 16_384
TOLERANCE_SECONDS = 300
LONGEST_CODE = 1_000
# The status of RFC 3463 says more than that of SMTP, and stands behind it.
CODES = (
    re.compile(r"(?<![0-9.])[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])"),
    re.compile(r"(?<![0-9.])[245][0-9]{2}(?![0-9])"),
)


@login_not_required
@csrf_exempt  # the signature says who asks
@require_POST
def mail(request: HttpRequest) -> HttpResponse:
    """`/hooks/mail/`: a mail came back, or was complained about. 404 while no secret is set."""
    if not settings.MAIL_WEBHOOK_SECRET:
        raise Http404
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        return _answer(413, "too_large")
    if not _is_signed(request, body):
        wait = throttle.take(WRONG_SIGNATURES, place_of(request)).wait
        answer = _answer(429 if wait else 403, "not_signed")
        if wait:
            answer.headers["Retry-After"] = str(wait)
        return answer
    told = _read(body)
    if told is None:
        return _answer(400, "not_understood")
    return _answer(200, "noted" if bounces.note(**told) else "nothing_changed")


def _answer(status: int, result: str) -> HttpResponse:
    return JsonResponse({"result": result}, status=status)


def _is_signed(request: HttpRequest, body: bytes) -> bool:
    """Whether somebody with the secret sent this within the last minutes: an old report cannot be sent again."""
    stamp = request.headers.get("X-Convite-Timestamp", "")
    if not re.fullmatch(r"[0-9]{1,12}", stamp):
        return False
    if abs(timezone.now().timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        return False
    wanted = hmac.new(settings.MAIL_WEBHOOK_SECRET.encode(), f"{stamp}.".encode() + body, sha256).hexdigest()
    given = request.headers.get("X-Convite-Signature", "")
    return hmac.compare_digest(f"sha256={wanted}".encode(), given.encode())


def _read(body: bytes) -> dict[str, Any] | None:
    """What the body says, for the service; None where it is not what docs/operations.md describes."""
    try:
        told = json.loads(body)
        mail_id, event, code = told["message_id"], Report(told["event"]), told.get("code")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not isinstance(mail_id, str) or CONTROL.search(mail_id):
        return None
    return {"mail_id": f"<{mail_id.strip('<> ')}>", "report": event, "code": _status(code)}


def _status(code: object) -> str:
    """The status in what a service gives for one, as `550 5.1.1 user unknown`; empty where there is none."""
    text = str(code)[:LONGEST_CODE]
    return next((found[0] for kind in CODES if (found := kind.search(text))), "")
