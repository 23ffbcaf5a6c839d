"""The page where administrators say what guests need, and everybody reads it."""

import pytest

from invitations.models import ConnectorHelp
from invitations.services import connector_help
from invitations.services.connector_help import Help

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
    texts = connector_help.in_every_language(connector)
    assert texts["en"] == Help("en", "A key\n\nA role")
    assert texts["es"] == Help("es", "", "Nada")


def test_a_preview_shows_what_was_typed_and_saves_nothing(client_for, admin, url):
    page = client_for(admin).post(url, typed(en__needs="A <b>key</b>", preview="1")).content.decode()

    assert "<li>A &lt;b&gt;key&lt;/b&gt;</li>" in page
    assert "Nothing is saved yet." in page
    assert not ConnectorHelp.objects.exists()


def test_a_wrong_field_keeps_everything_typed_and_saves_nothing(client_for, admin, url):
    page = client_for(admin).post(url, typed(en__needs="A key", es__minutes="-3")).content.decode()

    assert "Nothing was saved." in page
    assert "A key</textarea>" in page
    assert not ConnectorHelp.objects.exists()


@pytest.mark.parametrize("role", ["manager", "auditor"])
def test_others_read_it(request, client_for, admin, connector, url, role):
    connector_help.change(by=admin, connector=connector, texts={"pt-br": Help("pt-br", "Uma chave", "", 7)})

    page = client_for(request.getfixturevalue(role)).get(url).content.decode()

    assert "Uma chave" in page
    assert "<textarea" not in page


def test_a_connector_that_does_not_exist_is_not_found(client_for, admin):
    assert client_for(admin).get("/connectors/999999/help/").status_code == 404


def test_the_list_marks_connectors_without_help(client_for, admin, connector):
    browser = client_for(admin)
    assert "Help is missing" in browser.get("/connectors/").content.decode()

    connector_help.change(by=admin, connector=connector, texts={"en": Help("en", "A key")})

    assert "Help is missing" not in browser.get("/connectors/").content.decode()
