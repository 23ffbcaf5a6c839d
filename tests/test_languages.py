"""Every page speaks the language of its reader, and the catalogues are sound."""

import re
from datetime import UTC, datetime
from gettext import GNUTranslations
from io import BytesIO

import pytest
from babel.messages import mofile
from django.test import Client
from django.utils import translation

from invitations.models import User
from invitations.words.standing import moment
from tests import catalogues

LOCALES = catalogues.locales()
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%")
TAG = re.compile(r"</?\w+[^>]*>")


@pytest.mark.parametrize("locale", LOCALES)
def test_the_compiled_catalogue_is_the_one_people_edit(locale):
    compiled = BytesIO()
    mofile.write_mo(compiled, catalogues.read(locale))
    compiled.seek(0)

    with catalogues.po_file(locale).with_suffix(".mo").open("rb") as file:
        assert GNUTranslations(file)._catalog == GNUTranslations(compiled)._catalog


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("pattern", [PLACEHOLDER, TAG], ids=["placeholders", "tags"])
def test_translations_keep_what_is_filled_in(locale, pattern):
    def parts(text):
        return sorted(pattern.findall(text))

    for message in catalogues.read(locale):
        if not message.id or not message.string:
            continue
        if isinstance(message.id, str):
            assert parts(message.string) == parts(message.id)
            continue
        singular, plural = message.string
        assert not plural or parts(plural) == parts(message.id[1])
        # "one day" may do without the number, but may not ask for anything else.
        assert set(parts(singular)) <= set(parts(message.id[1]))


@pytest.mark.parametrize("code", ["pt-br", "es"])
def test_a_stranger_is_spoken_to_as_the_browser_asks(client: Client, db: None, code):
    answer = client.get("/login/", headers={"accept-language": code})

    assert f'<html lang="{code}">' in answer.content.decode()
    assert answer["Content-Language"] == code


def test_a_person_is_spoken_to_in_the_own_language_whatever_the_browser_asks(client_for, manager: User):
    manager.language = "es"
    manager.save()

    answer = client_for(manager).get("/", headers={"accept-language": "pt-br"})

    assert '<html lang="es">' in answer.content.decode()
    assert answer["Content-Language"] == "es"


@pytest.mark.parametrize(
    ("code", "words"), [("en", "5 Mar, 12:04"), ("pt-br", "5 de mar., 12:04"), ("es", "5 de marzo, 12:04")]
)
def test_a_time_inside_a_sentence_reads_as_people_write_it(code, words):
    with translation.override(code):
        assert moment(datetime(2026, 3, 5, 15, 4, tzinfo=UTC)) == words


def test_a_page_is_in_portuguese_from_menu_to_button(client_for, manager: User):
    manager.language = "pt-br"
    manager.save()

    page = client_for(manager).get("/invitations/new/").content.decode()

    for words in ("Novo convite", "Conectores", "E-mail do convidado", "Enviar convite"):
        assert words in page
    assert "Guest" not in re.sub(r"<[^>]+>", "", page)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_of_the_portal_is_translated(locale):
    """After a new text: `python3 do.py messages`, then fill in what it names."""
    catalogue = catalogues.read(locale)
    known = {_key(message) for message in catalogue if message.id}

    assert {_key(message) for message in catalogues.texts() if message.id} - known == set()
    assert [message.id for message in catalogues.missing(catalogue)] == []


def _key(message):
    return message.context, message.id if isinstance(message.id, str) else tuple(message.id)
