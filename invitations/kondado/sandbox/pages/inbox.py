"""The pages that show the mails of a demo: the portal's, and the one Kondado itself would send a guest.

Mails are hostile text: words are escaped, and HTML is shown only inside a sandbox of its own.
"""

import re
from html import escape

from invitations.kondado.sandbox.ledger import CreatedInvitation
from invitations.kondado.sandbox.mails import Mail, read_mails
from invitations.kondado.sandbox.messages import HTML, Reply, Request
from invitations.kondado.sandbox.pages.layout import Html, html, link, page, table
from invitations.kondado.sandbox.world import World

ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
HEADS = ("Date", "To", "Subject", "From")
# The mail's own HTML may carry inline styles; it gets no script, no form, no network and no origin.
# Its links open in a window of their own, as in a mail program.
NEW_WINDOW = "allow-popups allow-popups-to-escape-sandbox"
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    f"sandbox {NEW_WINDOW}"
)
BASE = '<base target="_blank">'
MOST_MAILS = 400
FRAME_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def inbox(world: World, _request: Request) -> Reply:
    """GET /mails/: the newest mails, newest first."""
    rows = [
        (
            _date(mail),
            mail.recipients,
            link(f"/mails/{mail.id}/", mail.subject or "(no subject)"),
            mail.sender,
        )
        for mail in _mails(world)[:MOST_MAILS]
    ]
    where = "These are the mails the portal wrote to its folder." if world.mail_dir else (
        "The portal sends its mails somewhere else (EMAIL_FILE_PATH is not set)."
    )  # fmt: skip
    intro = f"""<h1>Mails</h1><p>{escape(where)} Nothing here was really sent. Mails from "Stand-in Kondado" are
those that the real Kondado would send with its own link.</p>"""
    return page("Mails", intro, table(HEADS, rows, "No mail yet."), portal_url=world.portal_url)


def read(world: World, _request: Request, mail_id: str) -> Reply:
    """GET /mails/<id>/: one mail as text with links, and its HTML in a frame."""
    mail = _find(world, mail_id)
    if mail is None:
        return _gone(world)
    facts = "".join(
        f"<div><dt>{name}</dt><dd>{html(value)}</dd></div>"
        for name, value in (("To", mail.recipients), ("From", mail.sender), ("Date", _date(mail)))
    )
    frame = "" if mail.html is None else (
        f'<h2>As HTML</h2><iframe sandbox="{NEW_WINDOW}" title="The mail as HTML" '
        f'src="/mails/{escape(mail.id)}/html"></iframe>'
    )  # fmt: skip
    reply = page(
        mail.subject or "(no subject)",
        f'<p><a href="/mails/">All mails</a></p><h1>{escape(mail.subject)}</h1><dl class="facts">{facts}</dl>',
        f'<pre class="mail">{_linked(mail.text)}</pre>{frame}',
        portal_url=world.portal_url,
    )
    return Reply(200, reply.body, HTML, (("Content-Security-Policy", FRAME_POLICY),))


def read_html(world: World, _request: Request, mail_id: str) -> Reply:
    """GET /mails/<id>/html: the mail's own HTML, for the frame."""
    mail = _find(world, mail_id)
    if mail is None or mail.html is None:
        return _gone(world)
    head, tag, rest = mail.html.partition("<head>")
    text = f"{head}{tag}{BASE}{rest}" if tag else BASE + mail.html
    body = text.encode("utf-8", "replace")
    return Reply(200, body, HTML, (("Content-Security-Policy", MAIL_POLICY),))


def _mails(world: World) -> list[Mail]:
    own = [_kondado_mail(world, number, item) for number, item in enumerate(world.ledger.invitations(), 1)]
    return sorted(read_mails(world.mail_dir) + own, key=lambda mail: mail.sent_at, reverse=True)


def _find(world: World, mail_id: str) -> Mail | None:
    return next((mail for mail in _mails(world) if mail.id == mail_id), None)


def _kondado_mail(world: World, number: int, item: CreatedInvitation) -> Mail:
    connector = world.connector_name(item)
    text = f"""Hello,

you were invited to set up {connector}, to be called "{item.assigned_collection_name}".

Open this page to do it:
{item.link}

(Made up by the stand-in: what Kondado's own mail says is not documented.)
"""
    return Mail(
        id=f"kondado-{number}",
        sent_at=item.created_at,
        sender="Stand-in Kondado",
        recipients=item.mailed_to,
        subject=f"Set up {connector}",
        text=text,
        html=None,
    )


def _linked(text: str) -> str:
    """The escaped text with its web addresses as links."""
    parts, end = [], 0
    for match in ADDRESS.finditer(text):
        parts += [escape(text[end : match.start()]), html(link(match[0], match[0]))]
        end = match.end()
    return "".join([*parts, escape(text[end:])])


def _date(mail: Mail) -> Html:
    moment = mail.sent_at
    return Html(f'<time datetime="{moment.isoformat()}">{moment.strftime("%Y-%m-%d %H:%M:%S")} UTC</time>')


def _gone(world: World) -> Reply:
    return page("No such mail", "<h1>There is no such mail</h1>", status=404, portal_url=world.portal_url)
