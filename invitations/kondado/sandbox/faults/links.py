"""Faults of the link: missing, not text, or an address that must never be shown as a link.

The invitation exists after each of them; its real link stands in the ledger.
"""

from collections.abc import Callable
from typing import Any

from invitations.kondado.sandbox.answers import link_answer
from invitations.kondado.sandbox.faults.base import Fault, Scene, replying
from invitations.kondado.sandbox.messages import Reply, json_reply

TOO_LONG = 2_100
# The second letter is a Cyrillic one: the name looks like the real host and is another.
TWIN_HOST = "app.k\u043endado.com.br"


def _link(name: str, says: str, build: Callable[[Scene], Any]) -> Fault:
    return replying(name, says, lambda scene: json_reply(link_answer(build(scene))), created=True)


def _at(name: str, says: str, template: str) -> Fault:
    """The link is `template` with {host}, {path} (with the guest's token) and {token} filled in."""

    def build(scene: Scene) -> str:
        path = f"/collection_guest/{scene.guest_token}"
        return template.format(host=scene.link_host, path=path, token=scene.guest_token)

    return _link(name, says, build)


def _without_link(_scene: Scene) -> Reply:
    return json_reply({"success": True, "data": {"success": True, "data": {}}})


def _surrogate(scene: Scene) -> Reply:
    # Written as an escape: the lone half of a pair cannot be encoded by anybody who stores it.
    body = json_reply(link_answer(scene.link)).body
    return Reply(200, body.replace(scene.guest_token.encode(), rb"\ud83d"))


LINKS = (
    replying("link_missing", "Says success and gives no link.", _without_link, created=True),
    _link("link_null", "Gives null for a link.", lambda _scene: None),
    _link("link_empty", "Gives an empty link.", lambda _scene: ""),
    _link("link_number", "Gives a number for a link.", lambda _scene: 123456),
    _link("link_list", "Gives a list with the link in it.", lambda scene: [scene.link]),
    _link("link_repeated", "Gives the link of the invitation before this one.",
          lambda scene: scene.link_before),
    _link("link_respelled", "Gives that link in another spelling.",
          lambda scene: scene.link_before.replace("http:", "HTTP:") + "/?lang=pt"),
    _at("link_other_host", "Gives a link to another host.", "https://evil.example{path}"),
    _at("link_lookalike", "Gives a link to a host that starts like the real one.",
        "https://app.kondado.com.br.evil.example{path}"),
    _at("link_suffix", "Gives a link to a host that ends like the real one.",
        "https://evil-app.kondado.com.br{path}"),
    _at("link_idn_twin", "Gives a link whose host has a Cyrillic letter in it.", f"https://{TWIN_HOST}{{path}}"),
    _at("link_http", "Gives a plain-http link to the real host.", "http://app.kondado.com.br{path}"),
    _at("link_ftp", "Gives an ftp link.", "ftp://{host}{path}"),
    _at("link_javascript", "Gives a javascript: link.", "javascript:alert(document.domain)//{host}{path}"),
    _at("link_data", "Gives a data: link.", "data:text/html,<script>alert(1)</script>"),
    _at("link_userinfo", "Gives a link with a user name before the right host.", "http://ana@{host}{path}"),
    _at("link_userinfo_host", "Gives a link whose right host is only a user name.",
        "http://{host}@evil.example{path}"),
    _at("link_port", "Gives a link to another port of a host that is right.", "http://127.0.0.1:9{path}"),
    _at("link_backslash", "Gives a link that browsers and Python read as different hosts.",
        "http://evil.example\\@{host}{path}"),
    _at("link_control", "Gives a link with a line break in it.", "http://{host}/collection_guest/\r\n{token}"),
    _at("link_nul", "Gives a link with a NUL in it.", "http://{host}{path}\x00"),
    replying("link_surrogate", "Gives a link with half of a character in it.", _surrogate, created=True),
    _at("link_space", "Gives a link with a space before it.", " http://{host}{path}"),
    _at("link_long", "Gives a link of more than 2,048 characters.", "http://{host}{path}" + "a" * TOO_LONG),
    _at("link_relative", "Gives only the path of the link.", "{path}"),
    _at("link_without_scheme", "Gives the link without its scheme.", "//{host}{path}"),
    _at("link_other_path", "Gives a link to another page of the right host.", "http://{host}/login/{token}"),
    _at("link_climbing", "Gives a link that climbs out of its folder.",
        "http://{host}/collection_guest/../{token}"),
    _at("link_without_token", "Gives a link that ends before the guest's token.",
        "http://{host}/collection_guest/"),
)  # fmt: skip
