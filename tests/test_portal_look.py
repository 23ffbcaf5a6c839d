"""The portal's logo and colour: shown where nothing else is, drawn anew, and refused by name when they cannot be used."""

import os
import subprocess
import sys
from base64 import b64decode
from io import BytesIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from PIL import Image

from invitations.models import ACCENTS
from invitations.words import look
from tests.factories import make_key
from tests.hostile_pictures import CASES, encoded


@pytest.fixture
def logo(tmp_path, settings):
    """A file as the portal's logo."""

    def put(data: bytes) -> None:
        path = tmp_path / f"{len(os.listdir(tmp_path))}.png"
        path.write_bytes(data)
        settings.PORTAL_LOGO = str(path)

    return put


def test_none_shows_none():
    assert look.logo() == ""
    look.check()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_it_is_drawn_anew_and_small(logo, kind):
    logo(encoded(kind, (400, 200), comment="a secret of whoever drew it"))
    data = b64decode(look.logo().removeprefix("data:image/webp;base64,"))
    with Image.open(BytesIO(data)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (64, 32))
    assert b"secret" not in data


@pytest.mark.parametrize("case", CASES)
def test_what_is_no_picture_is_refused_by_name(logo, case):
    logo(CASES[case])
    with pytest.raises(ImproperlyConfigured, match="PORTAL_LOGO"):
        look.check()


def test_a_file_that_is_too_large_or_absent_is_refused_by_name(logo, settings):
    logo(encoded() + bytes(look.MOST_BYTES))
    with pytest.raises(ImproperlyConfigured, match="1 MiB"):
        look.check()
    settings.PORTAL_LOGO = "/nowhere/logo.png"
    with pytest.raises(ImproperlyConfigured, match=r"PORTAL_LOGO.*No such file"):
        look.check()


@pytest.mark.parametrize(
    ("name", "value"), [("PORTAL_ACCENT", "pink"), ("PORTAL_ACCENT", ""), ("PORTAL_LOGO", "/nowhere.png")]
)
def test_no_process_starts_with_a_value_that_cannot_be_used(name, value):
    command = [sys.executable, "-c", "import django; django.setup()"]
    ended = subprocess.run(
        command, env={**os.environ, name: value}, capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert name in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize("accent", ACCENTS)
def test_every_accent_may_be_the_portals(settings, accent):
    settings.PORTAL_ACCENT = accent
    look.check()


@pytest.mark.django_db
def test_the_sign_in_page_shows_both(logo, settings):
    logo(encoded())
    settings.PORTAL_ACCENT = "teal"
    page = Client().get("/login/").content.decode()
    assert f'src="{look.logo()}"' in page
    assert "accent-teal" in page


@pytest.mark.django_db
def test_a_guest_sees_the_accounts_and_else_the_portals(logo, settings, make_invitation, account):
    logo(encoded(colour=(200, 0, 0)))
    settings.PORTAL_ACCENT = "teal"
    guest = Client()
    invitation = make_invitation(status="ready", delivery="link")
    guest.get(f"/g/{make_key(invitation)}/")
    address = f"/guest/{invitation.public_id}/"

    page = guest.get(address).content.decode()
    assert look.logo() in page
    assert "accent-teal" in page
    account.brand_logo, account.brand_accent = encoded(colour=(0, 0, 200)), "rose"
    account.save()
    page = guest.get(address).content.decode()
    assert look.logo() not in page
    assert "data:image/png" in page
    assert "accent-rose" in page


@pytest.mark.django_db
def test_a_key_that_opens_nothing_gets_the_portals_look(logo, settings):
    logo(encoded())
    settings.PORTAL_ACCENT = "rose"
    page = Client().get("/g/" + "k" * 43 + "/").content.decode()
    assert look.logo() in page
    assert "accent-rose" in page
