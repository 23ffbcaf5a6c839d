"""The pretend set-up page behind each link: choose an account, allow, done.

A GET changes nothing; only "Allow" does, and Kondado tells nobody about it.
"""

from html import escape

from invitations.kondado.sandbox.ledger import CreatedInvitation
from invitations.kondado.sandbox.messages import HTML, Reply, Request
from invitations.kondado.sandbox.pages.layout import page
from invitations.kondado.sandbox.world import World

ACCOUNTS = ("Company account", "Marketing team", "Private account")


def setup(world: World, request: Request, token: str) -> Reply:
    """GET /collection_guest/<token>: choose an account, then see what is asked of it."""
    invitation = world.ledger.find(token)
    if invitation is None:
        return _unknown()
    account = request.parameter("account") or ""
    body = _allow(account, invitation) if account in ACCOUNTS else _choose()
    return _frame(world, invitation, body)


def allow(world: World, _request: Request, token: str) -> Reply:
    """POST /collection_guest/<token>: the guest allows it."""
    invitation = world.ledger.find(token)
    if invitation is None:
        return _unknown()
    world.ledger.finish(invitation)
    return Reply(303, b"", HTML, (("Location", f"/collection_guest/{token}/finished"),))


def finished(world: World, _request: Request, token: str) -> Reply:
    """GET /collection_guest/<token>/finished"""
    invitation = world.ledger.find(token)
    if invitation is None or not world.ledger.is_finished(invitation):
        return _unknown()
    return _frame(
        world,
        invitation,
        """<p class="tick" aria-hidden="true">&#10003;</p><h2>All set</h2>
<p>The pretend connection is in place. You can close this page and go back to the portal.</p>
<p class="quiet">As in real life, Kondado tells the portal nothing about this: say there that you are done.</p>""",
    )


def _frame(world: World, invitation: CreatedInvitation, body: str) -> Reply:
    connector = world.connector_name(invitation)
    head = f"""<p class="quiet">You were invited to set up</p><h1>{escape(connector)}</h1>
<p class="quiet">It will be called "{escape(invitation.assigned_collection_name)}".</p>"""
    return page(f"Set up {connector}", f'<article class="card">{head}{body}</article>', guest=True)


def _choose() -> str:
    choices = "".join(
        f'<label class="choice"><input type="radio" name="account" value="{name}"{" checked" if not i else ""}>'
        f"<span>{name}<small>pretend</small></span></label>"
        for i, name in enumerate(ACCOUNTS)
    )
    return f"""<p class="step">Step 1 of 2</p><form method="get">
<fieldset><legend>Which account do you want to connect?</legend>{choices}</fieldset>
<button>Continue</button></form>"""


def _allow(account: str, invitation: CreatedInvitation) -> str:
    verb = "read" if invitation.parent_collection_direction == "src" else "write to"
    return f"""<p class="step">Step 2 of 2</p><h2>Allow Kondado to {verb} &ldquo;{escape(account)}&rdquo;?</h2>
<ul><li>It could {verb} this account.</li><li>It would not see your password.</li></ul>
<form method="post" class="row"><button>Allow</button> <a class="button second" href="?">Choose another</a></form>"""


def _unknown() -> Reply:
    body = """<article class="card"><h1>This link leads nowhere</h1>
<p>There is no invitation behind it. It may have been cut on its way: open it again from the mail, or ask the
person who invited you for a new one.</p></article>"""
    return page("Unknown link", body, status=404, guest=True)
