"""Which addresses of a mailbox may be used, and that none is ever shown."""

import pytest
from django.core.checks import run_checks

from invitations.mail.imap.place import BadPlace, Place, place_of
from portal.masking import Secrets, in_address


def test_what_an_address_says():
    assert place_of("imaps://u%40x.example:p%23w%2F@mail.example", sandbox=False) == Place(
        "mail.example", 993, "u@x.example", "p#w/", "INBOX", tls=True
    )
    assert place_of("imaps://u:p@mail.example:1993/Kondado/Links", sandbox=False) == Place(
        "mail.example", 1993, "u", "p", "Kondado/Links", tls=True
    )
    assert place_of("imap://u:p@127.0.0.1:1143/", sandbox=True) == Place(
        "127.0.0.1", 1143, "u", "p", "INBOX", tls=False
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        "imap://u:secret-word@mail.example",
        "imap://u:secret-word@192.168.1.1",
        "https://u:secret-word@mail.example",
        "imaps://u@mail.example",
        "imaps://:secret-word@mail.example",
        "imaps://u:secret-word@",
        "imaps://u:secret-word@mail.example:99999",
        "imaps://u:secret-word@[::1",
        "imaps://u:secret-word@mail.example/INBOX?x",
        "imaps://u:secret-word#@mail.example/INBOX",
        "imaps://u:secret-word%0D%0AA1%20DELETE%20INBOX@mail.example",
        "imaps://u:secret-word@mail.example/INBOX%0D%0A",
        "imaps://u:secret-word@mail.example/caf%C3%A9",
        "mail.example",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_before_the_start(url, settings):
    with pytest.raises(BadPlace) as refused:
        place_of(url, sandbox=True)
    settings.SILENT_IMAP_URL = url
    (found,) = [one for one in run_checks() if one.id == "invitations.E003"]
    assert "secret-word" not in f"{refused.value} {found}"


@pytest.mark.django_db
def test_plain_imap_is_for_the_stand_in_alone(settings):
    settings.SILENT_IMAP_URL = "imap://u:p@localhost"
    assert not [one for one in run_checks() if one.id == "invitations.E003"]
    with pytest.raises(BadPlace):
        place_of(settings.SILENT_IMAP_URL, sandbox=False)


def test_its_password_is_masked_in_every_form_and_no_repr_shows_it():
    url = "imaps://user:long%23password@mail.example/INBOX"
    known = Secrets()
    known.add(*in_address(url))
    text = known.mask(f"{url} long#password {place_of(url, sandbox=False)}")
    assert "password" not in text.replace("password=", "")
