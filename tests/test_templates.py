"""Every template compiles and keeps the content security policy; the pages around sign-in wear our look."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.template import engines
from django.template.loader import get_template
from django.test import Client

from invitations.models import User
from tests.factories import PASSWORD

TEMPLATES = Path(__file__).parents[1] / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
PAGES = [name for name in NAMES if not name.startswith("emails/")]
INLINE = re.compile(r"""\sstyle=|\son[a-z]+=["']|<style|<script(?![^>]*\ssrc=)|javascript:""")


@pytest.mark.parametrize("name", NAMES)
def test_compiles(name: str) -> None:
    get_template(name)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_inline_that_the_policy_would_block(name: str) -> None:
    assert INLINE.search((TEMPLATES / name).read_text()) is None


@pytest.mark.parametrize("text", ['<p style="x">', "<a onclick='x'>", "<script>", '<a href="javascript:x">'])
def test_inline_code_would_be_found(text: str) -> None:
    assert INLINE.search(text)


@pytest.mark.parametrize(
    ("address", "status"), [("/login/", 200), ("/password/reset/", 200), ("/password/reset/done/", 200)]
)
def test_pages_before_sign_in(client: Client, address: str, status: int, db: None) -> None:
    answer = client.get(address)

    assert answer.status_code == status
    assert b"css/staff.css" in answer.content


def test_a_reset_link_that_no_longer_works_says_so(client: Client, db: None) -> None:
    answer = client.get("/password/reset/key/1-wrong/")

    assert b"This link no longer works" in answer.content
    assert b"Your password was not changed" in answer.content


def test_nobody_signs_up(client: Client, db: None) -> None:
    assert b"Nobody signs up here" in client.get("/signup/").content


def test_a_wrong_sign_in_names_no_culprit(client: Client, manager: User) -> None:
    def answer_to(address: str) -> str:
        text = client.post("/login/", {"login": address, "password": "wrong"}).content.decode()
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text.replace(address, ""))

    texts = [answer_to(manager.email), answer_to("nobody@example.com")]

    assert "not correct" in texts[0]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("address", ["/2fa/", "/password/change/", "/logout/"])
def test_own_pages_of_a_person(client_for: Callable[[User], Client], manager: User, address: str) -> None:
    answer = client_for(manager).get(address)

    assert answer.status_code == 200
    assert b"css/staff.css" in answer.content


def test_setting_up_a_second_factor_shows_the_code_as_data(client: Client, manager: User) -> None:
    client.post("/login/", {"login": manager.email, "password": PASSWORD})
    client.post("/reauthenticate/", {"password": PASSWORD})

    answer = client.get("/2fa/totp/activate/")

    assert b'src="data:image/svg+xml' in answer.content
    assert b"Authenticator secret" in answer.content


def test_the_page_of_a_broken_server_needs_nothing() -> None:
    text = engines["django"].get_template("500.html").render()

    assert "Something went wrong on our side" in text
