"""Logos are the portal's own small copies, for people who signed in, and kept by their browsers."""

import pytest

from invitations.models import Connector
from invitations.typed.pictures import thumbnail
from tests.hostile_pictures import encoded

pytestmark = pytest.mark.django_db
LOGO = thumbnail(encoded())


@pytest.fixture
def drawn(connector) -> Connector:
    connector.image_url, connector.logo = "https://kondado.com.br/x.png", LOGO
    connector.save()
    return connector


def test_s25_it_is_served_as_what_it_is_and_kept(client_for, manager, drawn):
    browser = client_for(manager)
    url = f"/connectors/{drawn.pk}/logo/?v={drawn.logo_version}"

    answer = browser.get(url)

    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, LOGO, "image/webp")
    assert answer["Cache-Control"] == "private, max-age=31536000"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert browser.get(url, headers={"if-none-match": answer["ETag"]}).status_code == 304


def test_a_stranger_sees_none(client, drawn):
    assert client.get(f"/connectors/{drawn.pk}/logo/").status_code == 302


def test_lists_and_invitations_show_it_and_fall_back_to_letters(
    client_for, manager, drawn, dest_connector, make_invitation
):
    browser = client_for(manager)
    mark = f'src="/connectors/{drawn.pk}/logo/?v={drawn.logo_version}" width="32" height="32" alt="" loading="lazy"'

    listed = browser.get("/connectors/").content.decode()
    detail = browser.get(f"/invitations/{make_invitation().public_id}/").content.decode()

    assert mark in listed
    assert mark in detail
    assert listed.count("<img") == 1
    assert ">Bi</span>" in listed


def test_the_picker_names_the_logo_in_place_of_letters(client_for, manager, drawn, dest_connector):
    page = client_for(manager).get("/invitations/new/").content.decode()

    assert (
        f'<option value="{drawn.pk}" data-direction="src" data-logo="{drawn.logo_version}">ClickUp</option>'
        in page
    )
    assert f'<option value="{dest_connector.pk}" data-direction="dest" data-tile=' in page
    assert 'data-logos="/connectors/0/logo/"' in page
