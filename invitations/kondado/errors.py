# ruff: noqa: N818 - the classes are named for what happened, as the callers speak of it
"""What a failed call means for the caller. The class says what to do next; texts hold no secret and no address.

KondadoError
├─ NotSent                provably nothing left the machine: a machine may try again
│  ├─ Unreachable         name, address, TCP or TLS
│  ├─ CertificateInvalid  TLS works, but the certificate is not to be trusted
│  └─ Misconfigured       the call cannot be made as configured
├─ RateLimited            refused before any work: again after `retry_after` seconds
├─ Rejected               the vendor said no in its own well-formed envelope: nothing exists
└─ Ambiguous              an invitation may exist: never repeated by a machine
   └─ LinkWithheld        it exists, but its link is not safe to hand out
"""

from .types import Exchange


class KondadoError(Exception):
    """Base of all. `fault` is a stable lower_snake code, `detail` a few safe words more (an error number, a rule)."""

    credential_refused: bool = False

    def __init__(self, fault: str, exchange: Exchange | None = None, *, detail: str = "") -> None:
        super().__init__(fault)
        self.fault = fault
        self.exchange = exchange
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.fault} ({self.detail})" if self.detail else self.fault


class NotSent(KondadoError):
    """Not one byte of the request left the machine."""


class Unreachable(NotSent):
    """No connection: DNS, TCP, TLS, or an address that may not be called."""


class CertificateInvalid(NotSent):
    """The certificate is expired, for another name, or from nobody we trust. `detail` is OpenSSL's verify code."""


class Misconfigured(NotSent):
    """The settings or the credential cannot be used (`configuration`), or what this one call is to say.

    `detail` names what, never its value.
    """


class RateLimited(KondadoError):
    """Kondado refused for speed, before any work. Wait `retry_after` seconds, for every call."""

    def __init__(self, fault: str, exchange: Exchange | None = None, *, retry_after: int) -> None:
        super().__init__(fault, exchange)
        self.retry_after = retry_after


class Rejected(KondadoError):
    """Kondado refused, in its own words: `code` and `message` are cleaned, cut, and still not markup-safe."""

    def __init__(
        self, exchange: Exchange | None = None, *, code: str, message: str, credential_refused: bool = False
    ) -> None:
        super().__init__("rejected", exchange)
        self.code = code
        self.message = message
        self.credential_refused = credential_refused


class Ambiguous(KondadoError):
    """The vendor may have acted. `credential_refused` is a 401 or 403 that did not come in Kondado's envelope."""

    def __init__(
        self,
        fault: str,
        exchange: Exchange | None = None,
        *,
        detail: str = "",
        credential_refused: bool = False,
    ) -> None:
        super().__init__(fault, exchange, detail=detail)
        self.credential_refused = credential_refused


class LinkWithheld(Ambiguous):
    """The answer held a link that breaks a rule. `detail` is the rule, `host` where it leads (punycode)."""

    def __init__(self, rule: str, exchange: Exchange | None = None, *, withheld: str, host: str = "") -> None:
        super().__init__("link_withheld", exchange, detail=rule)
        self.host = host
        self._withheld = withheld

    @property
    def withheld(self) -> str:
        """The link itself, for the encrypted quarantine and nothing else."""
        return self._withheld
