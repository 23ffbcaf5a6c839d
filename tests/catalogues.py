"""Keeps the catalogues in `invitations/locale` in step with the texts in code and templates: `do.py messages`.

Babel reads and writes them, so that nobody needs GNU gettext. It translates nothing and guesses nothing: a text
without translation stays empty until a person fills it in.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from django.conf import settings
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "invitations" / "locale"
KEYWORDS = DEFAULT_KEYWORDS | {
    f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in ("gettext", "ngettext", "pgettext", "npgettext")
}
# Only for developers, or never shown to anybody.
UNTRANSLATED = ("templates/ui/", "invitations/migrations/", "invitations/kondado/")
HEADER = "# Texts of Convite. `python3 do.py messages` keeps this file; people fill in what is empty."


def locales() -> list[str]:
    """The folders of the languages that need a catalogue: all but the one that the texts are written in."""
    return [to_locale(code) for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def po_file(locale: str) -> Path:
    """The catalogue that people edit; the compiled one stands beside it."""
    return LOCALE / locale / "LC_MESSAGES" / "django.po"


def texts() -> Catalog:
    """Every text that is marked for translation, with nothing translated."""
    found = Catalog()
    for path in _sources():
        source = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # Python with everything but the texts blotted out; its indentation means nothing.
            source = "\n".join(line.lstrip() for line in templatize(source).splitlines())
        for _line, message, _comments, context in extract(
            "python", BytesIO(source.encode()), KEYWORDS, options={"encoding": "utf-8"}
        ):
            found.add(message, context=context)
    return found


def _sources() -> Iterator[Path]:
    for root, pattern in (("portal", "*.py"), ("invitations", "*.py"), ("templates", "*.*")):
        for path in sorted((ROOT / root).rglob(pattern)):
            if not str(path.relative_to(ROOT)).startswith(UNTRANSLATED):
                yield path


def read(locale: str) -> Catalog:
    """The catalogue of one language as it stands."""
    with po_file(locale).open("rb") as file:
        catalog = pofile.read_po(file, locale=locale)
    # Without a date of its own, so that compiling twice gives the same bytes.
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    return catalog


def missing(catalog: Catalog) -> list[Message]:
    """Texts without translation, or with one that is marked as doubtful."""
    return [message for message in catalog if message.id and (message.fuzzy or not _is_whole(message))]


def _is_whole(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def updated(locale: str) -> Catalog:
    """A new catalogue of exactly the texts in the code, with what the old one knew of them."""
    path = po_file(locale)
    old = read(locale) if path.exists() else Catalog()
    new = Catalog(locale=locale, header_comment=HEADER, fuzzy=False)
    for message in texts():
        if message.id:
            known = old.get(message.id if isinstance(message.id, str) else message.id[0], message.context)
            new.add(message.id, known.string if known else None, context=message.context)
    return new


def _write(locale: str, catalog: Catalog) -> None:
    path = po_file(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = BytesIO()
    pofile.write_po(text, catalog, width=110, sort_output=True, omit_header=True)
    header = f'{HEADER}\nmsgid ""\nmsgstr ""\n"Language: {locale}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    header += f'"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    path.write_bytes(header.encode() + text.getvalue())
    with path.with_suffix(".mo").open("wb") as file:
        mofile.write_mo(file, read(locale))


def main() -> int:
    """Updates and compiles every catalogue; says what is left to translate."""
    for locale in locales():
        _write(locale, updated(locale))
        left = missing(read(locale))
        print(f"{po_file(locale).relative_to(ROOT)}: {len(left)} without translation")
    return 0


if __name__ == "__main__":
    sys.exit(main())
