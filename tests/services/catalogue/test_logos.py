"""Logos come with a sync, once for each address; what cannot be had stays a monogram and costs no turn."""

from io import BytesIO

import pytest
from django.core.management import call_command
from PIL import Image

from invitations.kondado.sandbox import Sandbox
from invitations.models import Connector, VendorCall
from invitations.services.catalogue import logos

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawing(settings):
    """A stand-in that draws its own logos."""
    with Sandbox(
        key=settings.KONDADO_KEY, token=settings.KONDADO_TOKEN, per_second=0, per_minute=0, logos=True
    ) as server:
        settings.KONDADO_API_URL = server.url
        yield server


def test_a_sync_brings_a_small_picture_for_each_connector(drawing, capsys):
    call_command("sync_connectors")

    for connector in Connector.objects.all():
        with Image.open(BytesIO(bytes(connector.logo))) as picture:
            assert (picture.format, picture.size) == ("WEBP", (64, 64))
        assert len(connector.logo) <= 4096
    assert VendorCall.objects.count() == 2
    assert "0 not to be had" in capsys.readouterr().out


def test_only_a_new_address_is_fetched_again(drawing):
    call_command("sync_connectors")
    assert logos.refresh() == logos.Refreshed(0, 0)
    one = Connector.objects.get(name="Pipedrive")
    drawing.offer(
        one.kondado_id, "src", "Pipedrive", parent_collection_image=f"{drawing.url}/assets/images/none.png"
    )

    call_command("sync_connectors")

    one.refresh_from_db()
    assert (bytes(one.logo), one.logo_version) == (b"", "")
    assert logos.refresh() == logos.Refreshed(0, 1)


def test_s35_hostile_addresses_of_a_catalogue_get_no_request(sandbox, drawing):
    for place, url in enumerate(
        [
            f"{sandbox.url}/assets/images/conectores_x.png",
            "file:///etc/passwd",
            "javascript:alert(1)",
            7,
            None,
        ]
    ):
        drawing.offer(950_000 + place, "src", f"Evil {place}", parent_collection_image=url)
    drawing.offer(950_100, "src", "Page", parent_collection_image=f"{drawing.url}/")

    call_command("sync_connectors")

    evil = Connector.objects.filter(name__startswith="Evil")
    assert set(evil.values_list("image_url", "logo")) == {("", b"")}
    assert bytes(Connector.objects.get(name="Page").logo) == b""


def test_a_dead_site_is_left_alone_after_a_few_tries(settings, connector):
    for place in range(8):
        Connector.objects.create(
            kondado_id=place + 1,
            direction="src",
            name=f"C {place}",
            image_url=f"http://127.0.0.1:9/{place}.png",
            first_seen_at=connector.first_seen_at,
            last_seen_at=connector.last_seen_at,
        )

    assert logos.refresh() == logos.Refreshed(0, logos.MOST_SILENT)
