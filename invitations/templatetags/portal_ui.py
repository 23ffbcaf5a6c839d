"""Small pieces of markup that templates share: icons, times, monograms, style sheets. Must not query."""

from datetime import datetime

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from invitations.words import names
from invitations.words.marks import icon, initials, monogram, tile_class, time_tag
from portal.static import BUNDLES

register = template.Library()

BANNER_ICONS = {"info": "info", "success": "circle-check", "warning": "triangle-alert", "danger": "circle-x"}


@register.filter
def grouped(code: str, size: int = 6) -> str:
    """A long code in groups that an eye can follow. Spaces do not count where it is typed."""
    return " ".join(code[start : start + size] for start in range(0, len(code), size))


@register.simple_tag
def stylesheet(bundle: str) -> SafeString:
    """Links to one bundle of portal.static; to each of its sources under DEBUG, where nothing is bundled."""
    name = f"css/{bundle}.css"
    names = BUNDLES[name] if settings.DEBUG else [name]
    return format_html_join("\n", '<link rel="stylesheet" href="{}">', ((static(each),) for each in names))


@register.filter
def status_icon(value: str) -> str:
    """The icon's name for a status, a stage or a level."""
    return names.ICONS[value]


@register.filter
def label(value: str, enum: str) -> str:
    """What people call a value of an enum, given by the enum's name: `link.direction|label:"Direction"`."""
    return str(names.TABLE_OF[enum][value].label)


@register.filter
def sentence(value: str, enum: str) -> str:
    """What there is to say of a value of an enum, as `label`."""
    return str(names.TABLE_OF[enum][value].sentence)


@register.filter
def banner_icon(kind: str) -> str:
    """The icon's name for a kind of notice."""
    return BANNER_ICONS.get(kind, "info")


@register.filter
def relative(moment: datetime | None) -> str:
    """A `<time>`: how long ago or until, with the exact moment in the reader's zone as its title."""
    if moment is None:
        return ""
    return time_tag(moment, timezone.localtime())


register.simple_tag(icon)
for each in (initials, monogram, tile_class):
    register.filter(each)
