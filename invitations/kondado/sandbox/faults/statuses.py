"""Faults of the HTTP status: redirects, 4xx, 429 and 5xx, with an envelope or without; and refusals with 200.

Their codes are made up, except the documented rate limit's.
"""

from collections.abc import Callable

from invitations.kondado.sandbox.answers import RATE_LIMIT_REFUSAL, refusal, refuse
from invitations.kondado.sandbox.faults.base import Fault, Scene, replying
from invitations.kondado.sandbox.messages import HTML, Reply, json_reply, reason

# Markup, a NUL, a terminal's escape, a right-to-left override: what a portal must show as plain text.
HOSTILE_WORDS = (
    "<script>alert(1)</script>\"><img src=x onerror=alert(2)>\x00\x1b[31m\u202e'; DROP TABLE x; --"
)
Build = Callable[[Scene], Reply]


def _always(reply: Reply) -> Build:
    return lambda _scene: reply


def _html(status: int) -> Reply:
    title = f"{status} {reason(status)}"
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Reply(status, page.encode(), HTML)


def _envelope(status: int) -> Reply:
    return refuse(f"STATUS_{status}", "The stand-in was asked to refuse with this HTTP status.", status)


def _redirect(status: int) -> Build:
    def build(scene: Scene) -> Reply:
        # To this server, so that a client that follows leaves a second call in the list.
        target = f"http://{scene.link_host}/collection_guests"
        return Reply(status, b"", HTML, (("Location", target),))

    return build


def _limited(status: int, *headers: tuple[str, str]) -> Reply:
    return Reply(status, b"Too many requests", "text/plain; charset=utf-8", headers)


def _status(name: str, says: str, reply: Reply, *, created: bool = False) -> Fault:
    return replying(name, says, _always(reply), created=created, status=reply.status)


STATUSES = (
    replying("redirect_302", "Answers 302 to another address.", _redirect(302), created=False, status=302),
    replying("redirect_307", "Answers 307: a client that follows sends the request again.", _redirect(307),
             created=False, status=307),
    _status("http_400_envelope", "Answers 400 with a sound refusal.", _envelope(400)),
    _status("http_400_html", "Answers 400 with an HTML page, as a proxy does.", _html(400)),
    _status("http_401_envelope", "Answers 401 with a sound refusal.", _envelope(401)),
    _status("http_401_html", "Answers 401 with an HTML page.", _html(401)),
    _status("http_403_envelope", "Answers 403 with a sound refusal.", _envelope(403)),
    _status("http_403_html", "Answers 403 with an HTML page, as a firewall does.", _html(403)),
    _status("http_404_envelope", "Answers 404 with a sound refusal.", _envelope(404)),
    _status("http_404_html", "Answers 404 with an HTML page.", _html(404)),
    _status("http_429", "Answers 429 without Retry-After and without an envelope.", _limited(429)),
    _status("http_429_retry_after", "Answers 429 with Retry-After: 90.", _limited(429, ("Retry-After", "90"))),
    _status("http_429_retry_date", "Answers 429 with a Retry-After that is a date of 2099.",
            _limited(429, ("Retry-After", "Thu, 01 Jan 2099 00:00:00 GMT"))),
    _status("http_429_envelope", "Answers 429 with the documented refusal.",
            json_reply(RATE_LIMIT_REFUSAL, 429)),
    _status("http_500_envelope", "Answers 500 with success false; nothing was created.", _envelope(500)),
    _status("http_500_envelope_created", "Answers 500 with success false although the invitation exists.",
            _envelope(500), created=True),
    _status("http_502_html", "Answers 502 with a proxy's HTML page; nothing was created.", _html(502)),
    _status("http_503_html", "Answers 503 with a proxy's HTML page; nothing was created.", _html(503)),
    _status("http_504_html_created", "Answers 504 with a proxy's HTML page although the invitation exists.",
            _html(504), created=True),
)  # fmt: skip

REFUSALS = (
    _status("rate_limit", "Refuses with the documented rate-limit words, though no limit was passed.",
            json_reply(RATE_LIMIT_REFUSAL)),
    _status("rate_limit_inner", "Puts the rate-limit refusal inside an outer envelope that says success.",
            json_reply({"success": True, "data": RATE_LIMIT_REFUSAL})),
    _status("rate_limit_400", "Answers 400 with the documented rate-limit refusal.",
            json_reply(RATE_LIMIT_REFUSAL, 400)),
    _status("refused", "Refuses with a code nobody knows.",
            refuse("REFUSED", "The stand-in was asked to refuse.")),
    _status("refused_plan", "Refuses as the real service might on a plan without invitations.",
            refuse("PLAN", "This plan has no invitations by API.")),
    _status("refused_account", "Refuses as the real service might for an account it does not know.",
            refuse("UNKNOWN_ACCOUNT", "There is no such account.")),
    _status("refused_inner", "Says success outside and refuses inside.",
            json_reply({"success": True, "data": refusal("REFUSED_INNER", "Refused inside.")})),
    _status("refused_code_only", "Refuses with a code and no message.",
            json_reply({"success": False, "error": "SANDBOX_CODE_ONLY"})),
    _status("refused_without_words", "Says success false and not a word more.",
            json_reply({"success": False})),
    _status("refused_hostile", "Refuses with markup and control characters in its words.",
            json_reply({"success": False, "error": HOSTILE_WORDS, "message": HOSTILE_WORDS})),
    _status("refused_long", "Refuses with a message of 40,000 characters.",
            refuse("LONG", "Very long. " * 3600)),
)  # fmt: skip
