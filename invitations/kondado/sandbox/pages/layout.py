"""The frame of every page, and the few pieces of HTML they share.

Every function takes plain text and escapes it itself; what it returns is HTML. No script, no inline style.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path

from invitations.kondado.sandbox.messages import HTML, Reply

STYLE = (Path(__file__).parent / "style.css").read_bytes()
CURRENT = ' aria-current="page"'
NAVIGATION = (("/", "Overview"), ("/mails/", "Mails"))


@dataclass(frozen=True)
class Html:
    """Text that is HTML already; everything else is escaped on its way into a page."""

    text: str


Cell = Html | str


def html(cell: Cell) -> str:
    """The HTML of a cell."""
    return cell.text if isinstance(cell, Html) else escape(cell)


def page(title: str, *parts: str, portal_url: str = "", status: int = 200, guest: bool = False) -> Reply:
    """A whole page; `guest` leaves out the navigation, which a guest would never see."""
    links = "" if guest else _navigation(title, portal_url)
    text = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)} - Stand-in Kondado</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<p class="notice"><strong>Stand-in Kondado:</strong> nothing here is real</p>
{links}
<main class="{"narrow" if guest else "wide"}">
{"".join(parts)}
</main>
</body>
</html>
"""
    # A hostile text may hold half of a surrogate pair, which UTF-8 cannot say.
    return Reply(status, text.encode("utf-8", "replace"), HTML)


def style() -> Reply:
    """The one stylesheet."""
    return Reply(200, STYLE, "text/css; charset=utf-8")


def link(address: str, text: str) -> Html:
    """A link that tells the target nothing about this page."""
    return Html(f'<a href="{escape(address)}" rel="noopener noreferrer">{escape(text)}</a>')


def code(text: str) -> Html:
    """Text in the fixed-width face."""
    return Html(f"<code>{escape(text)}</code>")


def badge(text: str, kind: str) -> Html:
    """A short word in a box; `kind` is good, bad, warn or plain."""
    return Html(f'<span class="badge {escape(kind)}">{escape(text)}</span>')


def when(moment: datetime) -> Html:
    """A time of day, with the whole time on hover."""
    text = moment.strftime("%H:%M:%S")
    return Html(
        f'<time datetime="{moment.isoformat()}" title="{moment.isoformat(" ", "seconds")}">{text}</time>'
    )


def table(heads: tuple[str, ...], rows: Iterable[tuple[Cell, ...]], empty: str) -> str:
    """A table that becomes a list of cards on a phone; one sentence when there are no rows."""
    lines = [
        "<tr>" + "".join(f'<td data-label="{escape(head)}">{html(cell)}</td>'
                         for head, cell in zip(heads, row, strict=True)) + "</tr>"
        for row in rows
    ]  # fmt: skip
    if not lines:
        return f'<p class="quiet">{escape(empty)}</p>'
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _navigation(title: str, portal_url: str) -> str:
    items = [
        f'<a href="{address}"{CURRENT if name == title else ""}>{name}</a>' for address, name in NAVIGATION
    ]
    if portal_url:
        items.append(html(link(portal_url, "Portal")))
    return f'<nav aria-label="Pages">{"".join(items)}</nav>'
