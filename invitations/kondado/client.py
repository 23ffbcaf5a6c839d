"""Kondado: one method for each endpoint used, plain values in and out. Decides what each answer means.

Must not repeat a call, wait for a slot, or log. Errors are those of `errors`, whose classes say what may be done.
"""

import json
import re
import ssl
from collections.abc import Callable

import httpx

from . import catalogue, envelope
from .answer import Answer
from .envelope import Granted, Refused, UnreadableError
from .errors import Ambiguous, KondadoError, LinkWithheld, Misconfigured, RateLimited, Rejected
from .links import check_link
from .network import Resolve, system_resolve
from .transport import Call, Transport
from .types import Catalogue, Config, Credential, Direction, GuestLink
from .wording import LONGEST_CODE, LONGEST_MESSAGE, redacted

GUEST_BODY_CAP = 64 * 1024
CATALOGUE_BODY_CAP = 8 * 1024 * 1024
PAUSE_AT_LEAST = 60  # seconds; Kondado's refusal always says 60
PAUSE_AT_MOST = 86_400  # no answer may stop sending for longer than a day; a person may end the pause before

_CLIENT_ID = re.compile(r"[0-9]{1,12}")


class Kondado:
    """The API of one Kondado token (https://kondado.io/wiki/en/a/getting-started-API).

    `ssl_context` (default: the certifi roots) must verify; `resolve` gives the addresses of a name.
    Raises Misconfigured when the config or the credential cannot be used.
    """

    def __init__(
        self,
        config: Config,
        credential: Credential,
        *,
        ssl_context: ssl.SSLContext | None = None,
        resolve: Resolve = system_resolve,
    ) -> None:
        problems = config.problems() + _credential_problems(credential)
        if problems:
            raise Misconfigured("configuration", detail="; ".join(problems))
        context = ssl_context if ssl_context is not None else verifying_context()
        if not _verifies(context):
            raise Misconfigured("configuration", detail="the TLS context does not verify")
        self._config = config
        self._credential = credential
        self._transport = Transport(config, credential, context, resolve)

    def connectors(self, direction: Direction) -> Catalogue:
        """What this token may create in one direction (https://kondado.io/wiki/en/a/parent-collections).

        Changes nothing at Kondado, so that here Ambiguous only means: no list.
        """
        path = f"/parent_collections/{Direction(direction).value}"
        answer = self._transport.send(Call("GET", path, CATALOGUE_BODY_CAP))
        verdict = self._verdict(answer)
        if isinstance(verdict, KondadoError):
            raise verdict
        if not isinstance(verdict.leaf, list):
            raise Ambiguous("catalogue_missing", answer.exchange)
        connectors, skipped = catalogue.read(verdict.leaf, direction, self._config.stand_in)
        return Catalogue(connectors, skipped, answer.exchange)

    def create_guest_link(
        self,
        *,
        client_id: str,
        recipient_email: str,
        kondado_id: int,
        direction: Direction,
        name: str,
        on_wire: Callable[[], None],
    ) -> GuestLink:
        """Create one invitation (https://kondado.io/wiki/en/a/Invitations-API) and return its link.

        `on_wire` is called once, when the connection stands and before the first byte; what it raises comes out
        unchanged, with nothing sent. Raises any class of `errors`.
        """
        if not _CLIENT_ID.fullmatch(client_id):
            raise Misconfigured("client_id", detail="not 1 to 12 digits")
        fields = {
            "client_id": int(client_id) if self._config.client_id_as_number else client_id,
            "recipient_email": recipient_email,
            "parent_collection_id": kondado_id,
            "parent_collection_direction": Direction(direction).value,
            "assigned_collection_name": name,
        }
        call = Call("POST", "/collection_guests", GUEST_BODY_CAP, json.dumps(fields).encode("ascii"), on_wire)
        answer = self._transport.send(call)
        link = self._guest_link(answer)
        if isinstance(link, KondadoError):
            raise link
        return link

    def _guest_link(self, answer: Answer) -> GuestLink | KondadoError:
        """The link of an answer, or what is wrong: returned, so that no frame of the traceback holds a link."""
        verdict = self._verdict(answer)
        if isinstance(verdict, KondadoError):
            return verdict
        link = verdict.leaf.get("link") if isinstance(verdict.leaf, dict) else None
        if not isinstance(link, str) or not link:
            return Ambiguous("link_missing", answer.exchange)
        try:
            url = check_link(link, self._config, answer.exchange)
        except LinkWithheld as error:
            return error.with_traceback(None)
        return GuestLink(url, _flags(answer), answer.exchange)

    def _verdict(self, answer: Answer) -> Granted | KondadoError:
        if answer.status == 429:  # refused before any work, whatever came with it
            return _rate_limited(answer)
        fault = _fault_before_body(answer)
        if fault:
            return _ambiguous(fault, answer)
        refused = answer.status >= 400
        try:
            reading = envelope.read(answer.body)
        except UnreadableError as error:
            unread = error.fault
            if refused and unread != "contradiction":
                unread = "status_without_envelope"
            return _ambiguous(unread, answer, detail=error.rule)
        if isinstance(reading, Refused):
            return self._refusal(reading, answer)
        return _ambiguous("contradiction", answer, detail="granted_with_error_status") if refused else reading

    def _refusal(self, refused: Refused, answer: Answer) -> KondadoError:
        if refused.rate_limited:
            return _rate_limited(answer)
        return Rejected(
            answer.exchange,
            code=redacted(refused.code, self._credential, LONGEST_CODE),
            message=redacted(refused.message, self._credential, LONGEST_MESSAGE),
            credential_refused=answer.status in (401, 403),
        )


def _fault_before_body(answer: Answer) -> str:
    """Why the body cannot decide, from the status and the way the answer came; empty when it can."""
    if answer.request_cut:
        return "request_cut"
    if 300 <= answer.status < 400:
        return "redirect"
    if 500 <= answer.status < 600:
        return "server_error"
    if not 200 <= answer.status < 500:
        return "unknown_status"
    return answer.fault


def _ambiguous(fault: str, answer: Answer, detail: str = "") -> Ambiguous:
    return Ambiguous(fault, answer.exchange, detail=detail, credential_refused=answer.status in (401, 403))


def _rate_limited(answer: Answer) -> RateLimited:
    asked = answer.exchange.retry_after or 0
    pause = min(max(asked, PAUSE_AT_LEAST), PAUSE_AT_MOST)
    return RateLimited("rate_limited", answer.exchange, retry_after=pause)


def _flags(answer: Answer) -> tuple[str, ...]:
    media_type = answer.exchange.content_type
    return () if media_type == "application/json" or media_type.endswith("+json") else ("content_type",)


def _credential_problems(credential: Credential) -> list[str]:
    halves = {"key": credential.key, "token": credential.token}
    return [
        f"the {half} of the credential is empty or holds blanks or control characters"
        for half, text in halves.items()
        if not text or any(character.isspace() or not character.isprintable() for character in text)
    ]


def verifying_context() -> ssl.SSLContext:
    """The certifi roots, TLS 1.2 at least, whatever the environment says."""
    context = httpx.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Python obeys SSLKEYLOGFILE, and with those keys a recorded call would yield the credential.
    context.keylog_filename = None  # type: ignore[assignment]
    return context


def _verifies(context: ssl.SSLContext) -> bool:
    modern = context.minimum_version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    return context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname and modern
