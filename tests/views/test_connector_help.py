"""The page where administrators say what guests need, and everybody reads it."""

import re

import pytest
from django.test import Client

from invitations.models import Connector, ConnectorHelp
from invitations.services.catalogue import help_texts
from invitations.services.reads.help_texts import Help, in_every_language
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(connector) -> str:
    return f"/connectors/{connector.pk}/help/"


def typed(**fields: str) -> dict[str, str]:
    empty = {f"{code}-{name}": "" for code in ("pt-br", "en", "es") for name in ("needs", "skip", "minutes")}
    return empty | {name.replace("__", "-"): value for name, value in fields.items()}


def test_an_administrator_writes_it_in_each_language(client_for, admin, connector, url):
    answer = client_for(admin).post(
        url, typed(en__needs=" A key \r\n\r\nA role", es__skip="Nada"), follow=True
    )

    assert answer.redirect_chain == [(url, 302)]
    assert "The help for guests is saved." in answer.content.decode()
    texts = in_every_language(connector)
    assert texts["en"] == Help("en", "A key\n\nA role")
    assert texts["es"] == Help("es", "", "Nada")


def test_a_preview_shows_what_was_typed_and_saves_nothing(client_for, admin, url):
    page = client_for(admin).post(url, typed(en__needs="A <b>key</b>", preview="1")).content.decode()

    assert "<li>A &lt;b&gt;key&lt;/b&gt;</li>" in page
    assert "Nothing is saved yet." in page
    assert not ConnectorHelp.objects.exists()


LOOKS = [("pt-br", "Portuguese (Brazil)"), ("en", "English"), ("es", "Spanish")]


@pytest.mark.parametrize("guide", ["", "https://kondado.com.br/guide/", "javascript:alert(1)"])
@pytest.mark.parametrize(("code", "heading"), LOOKS)
def test_the_preview_says_what_the_guests_page_says(
    client_for, admin, connector, url, make_invitation, code, heading, guide
):
    texts = {"pt-br": Help("pt-br", "Uma chave", "Pule <b>dois</b> passos", 7), "es": Help("es", "Una clave")}
    help_texts.change(by=admin, connector=connector, texts=texts)
    Connector.objects.update(tutorial_url=guide)
    invitation = make_invitation(status="ready", delivery="link", language=code)
    guest = Client()
    guest.get(f"/g/{factories.make_key(invitation)}/")

    page = guest.get(f"/guest/{invitation.public_id}/").content.decode()
    whole = client_for(admin).get(url).content.decode().split('id="preview"')[1]
    preview = re.split('<div class="card|</section>', whole.split(f"<h3>{heading}</h3>")[1])[0]

    words = (
        "Uma chave",
        "Una clave",
        "dois&lt;/b&gt; passos",
        "javascript",
        "kondado.com.br/guide",
        " 7 min",
    )
    assert [word for word in words if word in preview] == [word for word in words if word in page]
    assert ("Una clave" if code == "es" else "Uma chave") in preview
    assert ("no guide of Kondado" in preview) == (code != "es" and not guide.startswith("https"))


def test_a_wrong_field_keeps_everything_typed_and_saves_nothing(client_for, admin, url):
    page = client_for(admin).post(url, typed(en__needs="A key", es__minutes="-3")).content.decode()

    assert "Nothing was saved." in page
    assert "A key</textarea>" in page
    assert not ConnectorHelp.objects.exists()


@pytest.mark.parametrize("role", ["manager", "auditor"])
def test_others_read_it(request, client_for, admin, connector, url, role):
    help_texts.change(by=admin, connector=connector, texts={"pt-br": Help("pt-br", "Uma chave", "", 7)})

    page = client_for(request.getfixturevalue(role)).get(url).content.decode()

    assert "Uma chave" in page
    assert "<textarea" not in page


def test_a_connector_that_does_not_exist_is_not_found(client_for, admin):
    assert client_for(admin).get("/connectors/999999/help/").status_code == 404


def test_the_list_marks_connectors_without_help(client_for, admin, connector):
    browser = client_for(admin)
    assert "Help is missing" in browser.get("/connectors/").content.decode()

    help_texts.change(by=admin, connector=connector, texts={"en": Help("en", "A key")})

    assert "Help is missing" not in browser.get("/connectors/").content.decode()
