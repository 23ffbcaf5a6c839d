"""Serves one connection: the API with its limits and faults, or a page.

It decides the order of things only; rules, faults and pages live in their own modules.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from invitations.kondado.sandbox.answers import refuse
from invitations.kondado.sandbox.api import GUESTS_PATH, Api, created
from invitations.kondado.sandbox.faults import Scene
from invitations.kondado.sandbox.ledger import Call
from invitations.kondado.sandbox.messages import Refusal, Reply, Request
from invitations.kondado.sandbox.mischief import Plan, UnknownFault, plan_in
from invitations.kondado.sandbox.reader import RequestReader
from invitations.kondado.sandbox.site import visit
from invitations.kondado.sandbox.wire import Wire
from invitations.kondado.sandbox.world import World

SECRET_HEADERS = ("authorization", "cookie", "key", "token")


class Handler(RequestReader):
    """The writing half: one instance for each connection."""

    def __init__(self, world: World, *connection: Any) -> None:
        self.world = world
        super().__init__(*connection)

    def handle(self) -> None:
        """Serve one request, unless the connection itself is to fail."""
        if self.world.mischief.take_at_accept():
            Wire(self.connection).reset()
            return
        super().handle()

    def serve(self, head: Request) -> None:
        """Send API calls one way and pages the other."""
        if Api.serves(head.path):
            self._serve_api(head)
        elif (body := self.read_body()) is not None:
            reply = visit(self.world, replace(head, body=body))
            self.connection.sendall(reply.encode(head_only=head.method == "HEAD"))

    def _serve_api(self, head: Request) -> None:
        limited = self.world.api.admit(head)
        refusal = limited or self.world.api.authenticate(head)
        early = None if refusal else self.world.mischief.take(head.method, early=True)
        if early is not None:
            self._play(head, early, Reply(200), self.world.new_link())
            return
        body = self.read_body()
        request = replace(head, body=body or b"")
        if body is None:
            self._record(request, None, refused=limited is not None)
        elif refusal is not None:
            self._refuse(request, refusal, by_limit=limited is not None)
        elif head.path.startswith(GUESTS_PATH):
            self._invite(request)
        else:
            self._list(request)

    def _list(self, request: Request) -> None:
        reply = self.world.api.list_connectors(request)
        if isinstance(reply, Refusal):
            self._refuse(request, reply)
        else:
            plan = self.world.mischief.take(request.method) or Plan()
            self._play(request, plan, reply, self.world.new_link())

    def _invite(self, request: Request) -> None:
        fields = self.world.api.read_invitation(request)
        if isinstance(fields, Refusal):
            self._refuse(request, fields)
            return
        try:
            plan = self.world.mischief.take(request.method) or plan_in(fields)
        except UnknownFault as error:
            self._refuse(request, refuse("UNKNOWN_FAULT", f"The address asks for a fault, but {error}."))
            return
        link = self.world.new_link()
        self._play(request, plan, created(link), link, fields)

    def _play(
        self, request: Request, plan: Plan, sound: Reply, link: str, fields: Mapping[str, Any] | None = None
    ) -> None:
        """Create what the plan lets exist, put the call on record, then answer, late and wrongly if asked."""
        ledger, fault = self.world.ledger, plan.fault
        newest = ledger.newest()
        scene = Scene(sound, link, newest.link if newest else link, self.world.link_host)
        if fields is not None and (fault is None or fault.created):
            ledger.create(fields, link)
        self._record(request, fault.status if fault else sound.status, fault=plan.name)
        wire = Wire(self.connection)
        if plan.delay and not wire.stays(plan.delay):
            return
        if fault is None:
            wire.send(sound.encode())
        else:
            fault.play(wire, scene)

    def _refuse(self, request: Request, refusal: Refusal, *, by_limit: bool = False) -> None:
        self._record(request, refusal.status, refused=by_limit, error=refusal.code)
        self.connection.sendall(refusal.encode(head_only=request.method == "HEAD"))

    def _record(
        self,
        request: Request,
        status: int | None,
        *,
        refused: bool = False,
        error: str | None = None,
        fault: str | None = None,
    ) -> None:
        headers = {
            name: "hidden" if name in SECRET_HEADERS or self.world.api.credential.occurs_in(value) else value
            for name, value in request.headers.items()
        }
        call = Call(
            method=request.method,
            path=request.path,
            time=datetime.now(UTC),
            status=status,
            refused=refused,
            error=error,
            fault=fault,
            headers=headers,
            parameters=tuple(name for name, _value in request.query),
            body=request.body,
        )
        self.world.ledger.record(call)
