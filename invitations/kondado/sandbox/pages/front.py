"""The front page: what the stand-in is, what it got, and how to make it fail."""

from html import escape

from invitations.kondado.sandbox.faults import GROUPS, Fault
from invitations.kondado.sandbox.ledger import Call, CreatedInvitation
from invitations.kondado.sandbox.messages import Reply, Request
from invitations.kondado.sandbox.pages.layout import Html, badge, code, html, link, page, table, when
from invitations.kondado.sandbox.world import World

NEWEST = 30
INVITATION_HEADS = ("Time", "Mailed to", "Connector", "Name in Kondado", "Account", "Set-up page", "Guest")
CALL_HEADS = ("Time", "Call", "Status", "What happened")


def front(world: World, request: Request) -> Reply:
    """GET /"""
    return page(
        "Overview",
        _about(world),
        _invitations(world),
        _calls(world, request.ip),
        _ask(world),
        _faults(),
        portal_url=world.portal_url,
    )


def _about(world: World) -> str:
    api, host = html(code(f"http://{world.link_host}")), html(code(world.link_host))
    return f"""<h1>Stand-in Kondado</h1>
<p class="lead">This server speaks the documented part of Kondado's API, so that the portal can be tried without
an account. It creates no source, sends no mail and knows nobody. Words Kondado does not document are made up
here, under codes that start with {html(code("SANDBOX_"))}.</p>
<dl class="facts"><div><dt>KONDADO_API_URL</dt><dd>{api}</dd></div>
<div><dt>KONDADO_LINK_HOSTS</dt><dd>{host}</dd></div></dl>
"""


def _invitations(world: World) -> str:
    records = world.ledger.invitations()
    rows = [_invitation(world, item) for item in reversed(records[-NEWEST:])]
    empty = "None yet. Send one from the portal and it will stand here."
    return (
        f"<h2>Invitations that exist <small>{len(records)}</small></h2>{table(INVITATION_HEADS, rows, empty)}"
    )


def _invitation(world: World, item: CreatedInvitation) -> tuple[Html | str, ...]:
    guest = badge("finished", "good") if world.ledger.is_finished(item) else badge("not yet", "plain")
    return (
        when(item.created_at),
        item.mailed_to,
        world.connector_name(item),
        item.assigned_collection_name,
        str(item.client_id),
        link(item.link, "open"),
        guest,
    )


def _calls(world: World, ip: str) -> str:
    calls, limiter = world.ledger.calls(), world.limiter
    second, minute = limiter.used(ip)
    rows = [_call(call) for call in reversed(calls[-NEWEST:])]
    return f"""<h2>Calls <small>{len(calls)}</small></h2>
<p>Limits, counted per address and per key: {_used(second, limiter.per_second)} in the last second,
{_used(minute, limiter.per_minute)} in the last minute. Refused calls count too.</p>
{table(CALL_HEADS, rows, "None yet.")}"""


def _used(count: int, limit: int) -> str:
    return f"<strong>{count} of {limit}</strong>" if limit else f"<strong>{count}</strong> (no limit)"


def _call(call: Call) -> tuple[Html | str, ...]:
    if call.refused:
        outcome = badge("refused by the limit", "warn")
    elif call.error:
        outcome = badge(call.error, "warn")
    elif call.fault:
        outcome = badge(call.fault, "bad")
    else:
        outcome = badge("answered", "good")
    return when(call.time), f"{call.method} {call.path}", str(call.status or "none"), outcome


def _ask(world: World) -> str:
    # A fault at accept would hit the browser's own next request: programs may ask for it, this form does not.
    options = "".join(
        f'<optgroup label="{escape(title)}">'
        f"{''.join(f'<option>{fault.name}</option>' for fault in faults if not fault.at_accept)}</optgroup>"
        for title, faults in GROUPS
    )
    waiting = ", ".join(f"{name} ({times} x {method})" for name, times, method in world.mischief.pending())
    return f"""<h2>Make it fail</h2>
<p>Two ways, for every account and however the guest gets the link: put {html(code("fault-no-answer"))}
behind the guest's name, or anywhere in the name of the new source; or ask for it here. A guest's address such as
{html(code("ana+fault-no-answer@example.com"))} does the same where Kondado mails the guest itself: with a silent
address it never gets to see the guest's. {html(code("slow-3"))} in the same places makes a sound answer three
seconds late. Limits come first, then wrong fields, then faults.</p>
<form method="post" action="/sandbox/faults" class="row">
<label>Fault <select name="fault">{options}</select></label>
<label>Times <input name="times" type="number" min="1" max="99" value="1"></label>
<label>Calls <select name="method"><option value="POST">invitations</option><option value="GET">catalogue</option>
<option value="ANY">all</option></select></label>
<button>Use it next</button></form>
<form method="post" action="/sandbox/reset" class="row"><button class="second">Forget everything</button>
<span class="quiet">Waiting: {escape(waiting or "no fault")}.</span></form>"""


def _faults() -> str:
    return "".join(
        f'<details><summary>{escape(title)} <small>{len(faults)}</small></summary><dl class="faults">'
        f"{''.join(map(_fault, faults))}</dl></details>"
        for title, faults in GROUPS
    )


def _fault(fault: Fault) -> str:
    exists = badge("created", "warn") if fault.created else badge("not created", "plain")
    return f"<div><dt>{html(code(fault.name))} {html(exists)}</dt><dd>{escape(fault.says)}</dd></div>"
