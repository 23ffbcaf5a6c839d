"""The two documented endpoints: who may call, what is asked, what is answered.

It knows neither sockets nor faults: it gives the sound answer, or the refusal.
"""

import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from invitations.kondado.sandbox.answers import RATE_LIMIT_REFUSAL, link_answer, list_answer, refuse
from invitations.kondado.sandbox.catalogue import DIRECTIONS, Catalogue
from invitations.kondado.sandbox.ledger import FIELDS
from invitations.kondado.sandbox.limiter import Limiter
from invitations.kondado.sandbox.messages import Refusal, Reply, Request, as_json, json_reply

CATALOGUE_PATH = "/parent_collections/"
GUESTS_PATH = "/collection_guests"
CLIENT_ID = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True)
class Credential:
    """The pair that must come with every call."""

    key: str = field(repr=False)
    token: str = field(repr=False)

    def matches(self, request: Request) -> bool:
        """Whether the request carries exactly this pair in its query."""
        key, token = request.parameter("key") or "", request.parameter("token") or ""
        return hmac.compare_digest((key + "\0" + token).encode(), (self.key + "\0" + self.token).encode())

    def occurs_in(self, text: str) -> bool:
        """Whether a header's value gives the key or the token away."""
        return text in (self.key, self.token) or any(
            len(secret) >= 8 and secret in text for secret in (self.key, self.token)
        )


class Api:
    """Kondado's documented contract."""

    def __init__(self, credential: Credential, limiter: Limiter, catalogue: Catalogue) -> None:
        self.credential = credential
        self.limiter = limiter
        self.catalogue = catalogue

    @staticmethod
    def serves(path: str) -> bool:
        """Whether a path is the API's and not a page's."""
        return path.startswith((CATALOGUE_PATH, GUESTS_PATH))

    def admit(self, request: Request) -> Refusal | None:
        """Count the call against both limits; the documented refusal when one is passed."""
        if self.limiter.admit(request.ip, request.parameter("key") or ""):
            return None
        return Refusal(200, as_json(RATE_LIMIT_REFUSAL))

    def authenticate(self, request: Request) -> Refusal | None:
        """A made-up refusal when the credential in the query is not the right one."""
        if self.credential.matches(request):
            return None
        return refuse("BAD_CREDENTIAL", "The key or the token in the query is missing or wrong.")

    def list_connectors(self, request: Request) -> Reply:
        """GET /parent_collections/src and /dest."""
        name = request.path.removeprefix(CATALOGUE_PATH)
        direction = next((known for known in DIRECTIONS if known == name), None)
        if direction is None:
            return refuse("UNKNOWN_DIRECTION", "The path must end in src or dest.")
        if request.method != "GET":
            return refuse("WRONG_METHOD", "The catalogue is read with GET.", 405)
        return json_reply(list_answer(self.catalogue.items(direction)))

    def read_invitation(self, request: Request) -> dict[str, Any] | Refusal:
        """The five fields of POST /collection_guests, or the refusal of them."""
        if request.path != GUESTS_PATH:
            return refuse("UNKNOWN_PATH", "There is no such address.", 404)
        if request.method != "POST":
            return refuse("WRONG_METHOD", "An invitation is made with POST.", 405)
        try:
            fields = json.loads(request.body)
        except (ValueError, RecursionError):
            return refuse("BAD_BODY", "The body is no JSON.")
        if not isinstance(fields, dict):
            return refuse("BAD_BODY", "The body is no JSON object.")
        return self._refusal_of(fields) or fields

    def _refusal_of(self, fields: Mapping[str, Any]) -> Refusal | None:
        if missing := [name for name in FIELDS if name not in fields]:
            return refuse("MISSING_FIELD", f"Required and missing: {', '.join(missing)}.")
        if len(fields) > len(FIELDS):
            return refuse("UNKNOWN_FIELD", "There are fields besides the five documented ones.")
        for name, (sound, code) in CHECKS.items():
            if not sound(fields[name]):
                return refuse(code, f"The value of {name} is not of the documented kind.")
        if self.catalogue.find(fields["parent_collection_id"], fields["parent_collection_direction"]) is None:
            return refuse("UNKNOWN_CONNECTOR", "This connector is not listed for this direction.")
        return None


def created(link: str) -> Reply:
    """The documented answer to a created invitation."""
    return json_reply(link_answer(link))


def _is_account(value: Any) -> bool:
    # Documented as a whole number, shown as a string of digits: both are taken.
    return _is_number(value) or (isinstance(value, str) and CLIENT_ID.fullmatch(value) is not None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and all(value.rpartition("@")[::2]) and not re.search(r"\s", value)


CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "client_id": (_is_account, "BAD_CLIENT_ID"),
    "recipient_email": (_is_address, "BAD_EMAIL"),
    "parent_collection_id": (_is_number, "BAD_CONNECTOR_ID"),
    "parent_collection_direction": (lambda value: value in DIRECTIONS, "BAD_DIRECTION"),
    "assigned_collection_name": (_is_text, "BAD_NAME"),
}
