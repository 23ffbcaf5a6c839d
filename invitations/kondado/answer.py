"""Takes in one answer: the body within its cap and the deadline, and the facts worth keeping of its headers.

Must not judge what the answer means, and must not unpack a body.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore
import httpx

from .links import host_for_log
from .network import Wire
from .types import Credential, Exchange, Phase
from .wording import plain, without_secrets

LONGEST_MEDIA_TYPE = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a final status. `fault` says why `body` cannot be believed, and is empty when it can."""

    status: int
    body: bytes = field(repr=False)
    fault: str
    request_cut: bool
    exchange: Exchange


def read_answer(
    response: httpx.Response, body_cap: int, wire: Wire, peer: str, credential: Credential
) -> Answer:
    """Read the body of `response`; a fault in it is noted, not raised, because some statuses need no body."""
    body, fault = _read_body(response, body_cap, wire)
    # A server may echo the credential in any header.
    media_type = plain(response.headers.get("content-type", "").partition(";")[0], LONGEST_MEDIA_TYPE * 10)
    exchange = Exchange(
        peer=peer,
        phase=Phase.BODY if fault else Phase.DONE,
        milliseconds=wire.milliseconds(),
        bytes_written=wire.bytes_written,
        http_status=response.status_code,
        content_type=without_secrets(media_type, credential)[:LONGEST_MEDIA_TYPE].lower(),
        retry_after=_retry_after(response.headers),
        redirect_host=without_secrets(host_for_log(response.headers.get("location", "")), credential),
        body_bytes=len(body),
        body_expected=_content_length(response.headers),
        body_sha256=hashlib.sha256(body).hexdigest()[:12],
    )
    return Answer(response.status_code, body, fault, wire.write_failed, exchange)


def fault_of(error: Exception, wire: Wire) -> str:
    """The stable code of a failure after the first byte of the request."""
    if wire.fault:
        return wire.fault
    if wire.ended:
        return "truncated" if wire.bytes_read else "reset"
    return "bad_http" if isinstance(error, httpcore.ProtocolError) else "broken"


def _read_body(response: httpx.Response, cap: int, wire: Wire) -> tuple[bytes, str]:
    """The body as it came and why it cannot be believed (empty when it can)."""
    if response.headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        return b"", "content_encoding"
    body = bytearray()  # a list of parts would take a hundred times their size when each is one byte
    try:
        for part in response.iter_raw():
            body += part[: cap + 1 - len(body)]
            if len(body) > cap:
                return bytes(body[:cap]), "too_large"
            if (
                wire.left() <= 0
            ):  # one read may hold ten thousand chunks, and nothing else looks at the clock there
                return bytes(body), "no_answer"
    except (httpcore.ProtocolError, httpcore.NetworkError, httpcore.TimeoutException) as error:
        return bytes(body), fault_of(error, wire)
    return bytes(body), ""


def _content_length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """Seconds asked for, from either form of the header (RFC 9110, 10.2.3); None when absent or unreadable.

    A date is measured from the server's own `Date`, so that our clock does not matter.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:9])
    until, sent = _date(text), _date(headers.get("date", "")) or datetime.now(UTC)
    return None if until is None else max(0, round((until - sent).total_seconds()))


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
