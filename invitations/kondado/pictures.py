"""Fetches the public picture of a connector: a few bytes from one of Kondado's sites, and nothing else.

No key, no token, no cookie, no redirect. Must not decode a picture and must not count as a call to the API: it
goes to another host, which knows no limit of ours.
"""

import ssl
from dataclasses import replace
from urllib.parse import urlsplit

from .client import verifying_context
from .errors import Ambiguous, Misconfigured
from .links import vetted_picture_url
from .network import Resolve, system_resolve
from .transport import Call, Transport
from .types import Config

BODY_CAP = 256 * 1024
LONGEST_SECONDS = 8.0
ACCEPT = "image/png, image/webp, image/jpeg"


class Pictures:
    """Pictures as the catalogue names them; one TLS context for all of them."""

    def __init__(
        self,
        config: Config,
        *,
        ssl_context: ssl.SSLContext | None = None,
        resolve: Resolve = system_resolve,
    ) -> None:
        self._config = replace(config, deadline_seconds=min(config.deadline_seconds, LONGEST_SECONDS))
        self._ssl_context = ssl_context if ssl_context is not None else verifying_context()
        self._resolve = resolve

    def fetch(self, url: str) -> bytes:
        """The bytes behind a vetted address, at most BODY_CAP.

        Raises Misconfigured for any other address, with nothing sent, and else any class of `errors`: Ambiguous
        for an answer that is no whole picture of bearable size.
        """
        if not url or vetted_picture_url(url, self._config.stand_in) != url:
            raise Misconfigured("picture_address")
        parts = urlsplit(url)
        config = replace(self._config, base_url=f"{parts.scheme}://{parts.netloc}")
        transport = Transport(config, None, self._ssl_context, self._resolve)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        answer = transport.send(Call("GET", path, BODY_CAP, accept=ACCEPT))
        if answer.status != 200:
            raise Ambiguous("picture_refused", answer.exchange)
        if answer.fault or not answer.body:
            raise Ambiguous(answer.fault or "picture_empty", answer.exchange)
        return answer.body
