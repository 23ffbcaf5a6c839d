"""Makes one HTTP call and reports what happened, in facts. Decides nothing: that is the client's.

The credential is added below httpx, so that no httpx object, log line or exception ever holds it. No redirect, no
proxy, no retry, no second use of a connection. Every failure leaves as a KondadoError without a chain.
"""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import httpcore
import httpx

from .answer import Answer, fault_of, read_answer
from .errors import Ambiguous, CertificateInvalid, KondadoError, Unreachable
from .network import DeadlineBackend, NotConnectedError, Resolve, Wire
from .types import Config, Credential, Exchange, Phase

READ_AT_MOST = (
    16 * 1024 * 1024 - 64 * 1024
)  # with one read more than that, 16 MiB on any wire, chunk frames included
USER_AGENT = "convite"
NOBODY = Credential("", "", "")


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `body_cap` bounds the answer's body in bytes; `on_wire` is called before the first byte."""

    method: str
    path: str
    body_cap: int
    content: bytes | None = field(default=None, repr=False)
    on_wire: Callable[[], None] | None = None
    accept: str = "application/json"


class Transport:
    """Calls one host with one credential, or with none where what is asked for is public."""

    def __init__(
        self, config: Config, credential: Credential | None, ssl_context: ssl.SSLContext, resolve: Resolve
    ) -> None:
        self._config = config
        self._credential = credential or NOBODY
        self._ssl_context = ssl_context
        self._resolve = resolve
        # Made here: a local variable of a frame below would show in a traceback with locals.
        pair = {"key": credential.key, "token": credential.token} if credential else {}
        self._query = urlencode(pair).encode("ascii")
        self._origin = config.base_url.rstrip("/")
        self._peer = urlsplit(config.base_url).hostname or ""

    def send(self, call: Call) -> Answer:
        """Make the call within the deadline.

        Raises Unreachable or CertificateInvalid when nothing was sent, Ambiguous when no final status came, and
        whatever `on_wire` raised, unchanged, with nothing sent.
        """
        attempt = _Attempt(self._wire(), call.on_wire)
        try:
            return self._converse(call, attempt)
        except NotConnectedError as error:
            # Whatever its name says: once the request has begun to leave, nothing proves that it did not.
            failure = self._broken(error, attempt) if attempt.on_the_wire else self._not_sent(error, attempt)
        except Exception as error:  # whatever broke, what counts is whether a byte may have left
            if error is attempt.stopped_by:
                raise
            failure = self._broken(error, attempt)
        # Raised out here, so that no exception of the libraries below hangs on as its context.
        raise failure

    def _wire(self) -> Wire:
        now = time.monotonic()
        return Wire(
            deadline=now + self._config.deadline_seconds,
            connect_deadline=now + self._config.connect_seconds,
            read_at_most=READ_AT_MOST,
            sandbox=self._config.sandbox,
            plain=self._config.base_url.startswith("http:"),
        )

    def _converse(self, call: Call, attempt: "_Attempt") -> Answer:
        pool = httpcore.ConnectionPool(
            ssl_context=self._ssl_context,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=DeadlineBackend(attempt.wire, self._resolve),
        )
        # httpx's own timeout bounds single reads; what bounds the call is the wire's deadline.
        timeout = self._config.deadline_seconds
        with httpx.Client(
            transport=_SignedTransport(pool, self._query), trust_env=False, timeout=timeout
        ) as client:
            request = client.build_request(
                call.method,
                self._origin + call.path,
                content=call.content,
                headers=_headers(call),
                extensions={"trace": attempt.trace},
            )
            response = client.send(request, stream=True, follow_redirects=False)
            try:
                return read_answer(response, call.body_cap, attempt.wire, self._peer, self._credential)
            finally:
                response.close()

    def _exchange_so_far(self, attempt: "_Attempt") -> Exchange:
        wire = attempt.wire
        phase = Phase.CONNECT
        if attempt.on_the_wire:
            phase = Phase.SEND if wire.write_failed or not attempt.request_complete else Phase.HEADERS
        return Exchange(
            peer=self._peer,
            phase=phase,
            milliseconds=wire.milliseconds(),
            bytes_written=wire.bytes_written,
        )

    def _not_sent(self, error: NotConnectedError, attempt: "_Attempt") -> KondadoError:
        kind = CertificateInvalid if error.fault == "certificate" else Unreachable
        return kind(error.fault, self._exchange_so_far(attempt), detail=error.detail)

    def _broken(self, error: Exception, attempt: "_Attempt") -> KondadoError:
        facts = self._exchange_so_far(attempt)
        if not attempt.on_the_wire:
            return Unreachable("broken", facts, detail=type(error).__name__)
        return Ambiguous(fault_of(error, attempt.wire), facts, detail=type(error).__name__)


class _Attempt:
    """Follows httpcore's trace: the first byte leaves after `send_request_headers.started`, never before."""

    def __init__(self, wire: Wire, on_wire: Callable[[], None] | None) -> None:
        self.wire = wire
        self.on_the_wire = False
        self.request_complete = False
        self.stopped_by: BaseException | None = None
        self._on_wire = on_wire

    def trace(self, event: str, _: Mapping[str, object]) -> None:
        if event == "http11.send_request_headers.started":
            self._announce()
            self.on_the_wire = True
        elif event == "http11.send_request_body.complete":
            self.request_complete = True
        elif event == "http11.receive_response_headers.complete":
            self.wire.answered = True

    def _announce(self) -> None:
        if self._on_wire is None:
            return
        try:
            self._on_wire()
        except BaseException as error:
            self.stopped_by = error
            raise


class _SignedTransport(httpx.BaseTransport):
    """Hands a request to httpcore with the credential in its query, where Kondado wants it on every request."""

    def __init__(self, pool: httpcore.ConnectionPool, query: bytes) -> None:
        self._pool = pool
        self._query = query

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._pool.handle_request(self._signed(request))
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions
        )

    def close(self) -> None:
        self._pool.close()

    def _signed(self, request: httpx.Request) -> httpcore.Request:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path + (b"?" + self._query if self._query else b""),
        )
        return httpcore.Request(
            request.method,
            url,
            headers=request.headers.raw,
            content=request.read(),
            extensions=request.extensions,
        )


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


def _headers(call: Call) -> dict[str, str]:
    headers = {
        "Accept": call.accept,
        "Accept-Encoding": "identity",
        "Connection": "close",
        "User-Agent": USER_AGENT,
    }
    return headers if call.content is None else headers | {"Content-Type": "application/json"}
