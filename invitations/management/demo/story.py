"""Twelve weeks of an agency: which invitations there are, when each was asked for, and how each ends.

First come those that show every stage, each at a fixed distance from today; all others are drawn by a seeded chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import TypeVar

from invitations.errors import PortalError
from invitations.management.demo import endings, hours, troubles
from invitations.management.demo.case import Case, Plan
from invitations.management.demo.customers import DESTINATIONS, MESSAGES, SOURCES, TOGETHER, Customers
from invitations.management.demo.endings import Ending
from invitations.management.demo.kondado import Answer
from invitations.management.demo.machine import Machine
from invitations.management.demo.people import ADMIN, AUTHORS, MANAGER
from invitations.management.demo.timeline import Life, Timeline
from invitations.models import Account, Connector, DeclineKind, Delivery, User

T = TypeVar("T")
WEEKS = 12
SEED = 20_260
NONCE = "demo-"
DIGITAL, VAREJO, ANDINA = "100001", "100002", "100003"
PORTAL, LINK, KONDADO = Delivery.PORTAL, Delivery.LINK, Delivery.KONDADO
DELIVERIES = {PORTAL: 6, LINK: 1.5, KONDADO: 2}
LANGUAGES = {DIGITAL: {"pt-br": 14, "en": 1}, VAREJO: {"pt-br": 9, "es": 1}, ANDINA: {"es": 8, "pt-br": 2}}
HEAVY = {DIGITAL: 5, VAREJO: 4, ANDINA: 2}


@dataclass(frozen=True)
class Scene:
    """One invitation that every demo shows: so many working hours before the end, or seconds where it is under way."""

    ending: Ending
    ago: float = 0.0
    seconds: int = 0
    account: str = DIGITAL
    by: str = MANAGER
    connectors: Sequence[str] = ("Google Ads",)
    delivery: Delivery = PORTAL
    days: int = 14


SCENES = (
    # What waits for the manager, and what is under way.
    Scene(troubles.unknown(Answer.MADE_UNHEARD), 5.2, connectors=["HubSpot"]),
    Scene(
        troubles.unknown(Answer.NOT_MADE_UNHEARD), 6.9, account=VAREJO, connectors=["VTEX"], delivery=KONDADO
    ),
    Scene(troubles.refused(Answer.NOT_IN_PLAN), 7.4, account=VAREJO, connectors=["Salesforce"]),
    Scene(troubles.refused(Answer.BLOCKED_DOMAIN), 40, connectors=["Pipedrive"], delivery=KONDADO),
    Scene(troubles.bounced, 8.6, connectors=["RD Station"]),
    Scene(endings.to_verify, 6.3, connectors=["Shopify"]),
    Scene(endings.to_verify, 12, account=VAREJO, connectors=["Mercado Livre", "Omie"]),
    Scene(endings.to_verify, 19, connectors=["Google Sheets"], delivery=LINK),
    Scene(endings.partly, 25, connectors=["Shopify", "Google Analytics 4 (GA4)", "Facebook"]),
    Scene(endings.partly, 44, account=VAREJO, connectors=["VTEX", "Mercado Livre"]),
    Scene(endings.declined(DeclineKind.CANNOT), 10, connectors=["Google Analytics 4 (GA4)"]),
    Scene(endings.declined(DeclineKind.WRONG_PERSON), 16, account=VAREJO, connectors=["Facebook"]),
    Scene(endings.declined(DeclineKind.WILL_NOT), 52, connectors=["ContaAzul"]),
    Scene(endings.asked_for_time, 62, connectors=["Bling!"], days=7),
    Scene(endings.asked_for_time, 70, account=VAREJO, connectors=["Hotmart"], days=7),
    Scene(endings.opened, 9.5, connectors=["LinkedIn"]),
    Scene(endings.continued, 14, account=VAREJO, connectors=["TikTok Ads"]),
    Scene(endings.continued, 28, connectors=["Google Ads", "LinkedIn"]),
    Scene(endings.only_forwarded, 21, connectors=["Instagram"]),
    Scene(endings.never_read, 3.1, connectors=["MailChimp"]),
    Scene(endings.never_read, 4.2, account=VAREJO, connectors=["BigQuery"], delivery=KONDADO),
    Scene(endings.never_read, 11, connectors=["Zendesk"], delivery=LINK),
    Scene(endings.never_read, 33, account=VAREJO, connectors=["Loja Integrada"]),
    Scene(endings.revoked, 36, connectors=["Google Search Console"]),
    Scene(troubles.cancelled, 48, connectors=["PostgreSQL"]),
    Scene(troubles.unreachable, seconds=590, account=VAREJO, connectors=["ASAAS"]),
    Scene(troubles.queued, seconds=48, connectors=["Google Ads"]),
    Scene(troubles.queued, seconds=21, by="paula@example.com", account=VAREJO, connectors=["Instagram"]),
    # What others have to do.
    Scene(
        troubles.unknown(Answer.MADE_UNHEARD), 4.4, account=ANDINA, by="lucia@example.com", delivery=KONDADO
    ),
    Scene(troubles.refused(Answer.BLOCKED_DOMAIN), 13, account=ANDINA, by=ADMIN, delivery=KONDADO),
    Scene(troubles.bounced, 23, by="paula@example.com", connectors=["Omie"]),
    # What is over.
    Scene(endings.connected, 30, connectors=["Facebook", "Instagram"]),
    Scene(endings.connected, 22, account=VAREJO, connectors=["BigQuery"]),
    Scene(endings.forwarded, 60, connectors=["RD Station CRM"]),
    Scene(endings.never_read, 160, connectors=["Omie"]),
    Scene(endings.erased, 130, account=VAREJO, connectors=["Pipedrive"]),
    Scene(endings.renewed, 90, connectors=["Google Ads"]),
    Scene(troubles.found, 110, connectors=["HubSpot"]),
    Scene(troubles.not_found, 140, account=VAREJO, connectors=["VTEX"]),
    Scene(troubles.readdressed, 150, connectors=["RD Station"]),
    Scene(endings.resumed, 120, account=VAREJO, connectors=["Google Ads"]),
    Scene(endings.given_time, 210, connectors=["Bling!"], days=7),
    Scene(troubles.delayed, 100, connectors=["TikTok Ads"]),
    # The same refusal twice in an account, an hour before it closes: the machine stops it, the administrator looks.
    Scene(troubles.corrected(Answer.NAME_TAKEN), 190.003, account=VAREJO, connectors=["Google Ads"]),
    Scene(troubles.marked, 190, account=VAREJO, connectors=["Google Ads"]),
)
# How everything else ends; an ending that needs a guest page says how it is delivered.
DRAWN: dict[Ending, tuple[float, Delivery | None]] = {
    endings.connected: (50, None),
    endings.never_read: (12, None),
    endings.nudged: (5, PORTAL),
    endings.opened: (2, PORTAL),
    endings.continued: (4, PORTAL),
    endings.partly_then_all: (5, PORTAL),
    endings.partly: (1, PORTAL),
    endings.declined(DeclineKind.WRONG_PERSON): (2, PORTAL),
    endings.declined(DeclineKind.CANNOT): (2, PORTAL),
    endings.declined(DeclineKind.WILL_NOT): (2, PORTAL),
    endings.declined(DeclineKind.WILL_NOT, words=False): (1, PORTAL),
    endings.resumed: (1, PORTAL),
    endings.forwarded: (5, PORTAL),
    endings.given_time: (3, PORTAL),
    troubles.corrected(Answer.NOT_IN_PLAN): (1, PORTAL),
    troubles.corrected(Answer.BLOCKED_DOMAIN): (1, PORTAL),
    troubles.found: (1, PORTAL),
    troubles.not_found: (1, PORTAL),
    troubles.readdressed: (2, PORTAL),
    endings.renewed: (2, PORTAL),
    troubles.delayed: (2, PORTAL),
    endings.revoked: (1.5, PORTAL),
    troubles.cancelled: (1.5, None),
}
SEVERAL = (endings.partly_then_all, endings.partly)
ASKS_FOR_SEVERAL = 0.15  # of those whose ending does not need it
A_DESTINATION = 0.12
WITH_WORDS = 0.4  # of the manager's own to the guest


class Story:
    """Casts people, customers and connectors, and puts every invitation on the timeline."""

    def __init__(
        self,
        *,
        accounts: dict[str, Account],
        people: dict[str, User],
        offered: Sequence[Connector],
        end: datetime,
    ) -> None:
        self.accounts, self.people, self.end = accounts, people, end
        self.chance = Random(SEED)  # noqa: S311  (a story, and no secret)
        self.customers = Customers(self.chance)
        self.line = Timeline(end)
        self.machine = Machine(self.line, self.chance, people[ADMIN])
        self.offered = {(one.name, one.direction): one for one in offered}
        self._numbers = count()

    def tell(self, invitations: int) -> None:
        """So many invitations, the scenes first."""
        for scene in SCENES[:invitations]:
            self.play(scene)
        for at in self._times(invitations - len(SCENES)):
            self._draw(at)
        self.line.play()

    def _times(self, wanted: int) -> list[datetime]:
        """Moments over all weeks. Few leave the last one to the scenes, so that it stands out from the others less."""
        week = hours.DAYS_A_WEEK * hours.A_DAY
        last = hours.worked(self.end) - min(week, week * len(SCENES) * 2 / max(wanted, 1))
        first = hours.worked(self.end) - week * WEEKS + 4
        return sorted(hours.moment_of(self.chance.uniform(first, last)) for _ in range(wanted))

    def play(self, scene: Scene) -> None:
        """Puts one scene on the timeline."""
        at = hours.later(self.end, -scene.ago) if scene.ago else self.end - timedelta(seconds=scene.seconds)
        self._add(
            scene.ending,
            at,
            client_id=scene.account,
            by=scene.by,
            connectors=scene.connectors,
            delivery=scene.delivery,
            days=scene.days,
            at_once=True,
        )

    def _draw(self, at: datetime) -> None:
        ending = self._one({ending: weight for ending, (weight, _delivery) in DRAWN.items()})
        client_id = self._one(HEAVY)
        _weight, delivery = DRAWN[ending]
        if client_id == ANDINA and delivery is not None:
            client_id = DIGITAL  # it has no guest page
        if client_id == ANDINA:
            delivery = KONDADO
        self._add(
            ending,
            at,
            client_id=client_id,
            by=self._one(AUTHORS[client_id]),
            connectors=self._connectors(several=ending in SEVERAL),
            delivery=delivery or self._one(DELIVERIES),
            days=7 if ending is endings.given_time else self.chance.choice((7, 14, 14, 14, 30)),
            at_once=False,
        )

    def _add(
        self,
        ending: Ending,
        at: datetime,
        *,
        client_id: str,
        by: str,
        connectors: Sequence[str],
        delivery: Delivery,
        days: int,
        at_once: bool,
    ) -> None:
        guest = self.customers.somebody(self._one(LANGUAGES[client_id]))
        words = self.chance.choice(MESSAGES[guest.language]) if self.chance.random() < WITH_WORDS else ""
        plan = Plan(
            nonce=f"{NONCE}{next(self._numbers)}",
            by=self.people[by],
            account=self.accounts[client_id],
            guest=guest,
            connectors=self._found(connectors),
            delivery=delivery,
            message=words,
            days=days,
            at_once=at_once,
        )
        self.line.add(_lived(ending, Case(plan, self.machine, self.customers, self.chance)), at)

    def _connectors(self, *, several: bool) -> Sequence[str]:
        if several or self.chance.random() < ASKS_FOR_SEVERAL:
            return self.chance.choice(TOGETHER)
        kind = DESTINATIONS if self.chance.random() < A_DESTINATION else SOURCES
        return [self._one(kind)]

    def _found(self, names: Sequence[str]) -> list[Connector]:
        """Those of the catalogue with these names; another one where it lacks them all."""
        found = [self.offered.get((name, "src")) or self.offered.get((name, "dest")) for name in names]
        return [one for one in found if one] or [self.chance.choice(list(self.offered.values()))]

    def _one(self, weights: Mapping[T, float]) -> T:
        return self.chance.choices(list(weights), list(weights.values()))[0]


def _lived(ending: Ending, case: Case) -> Life:
    """The ending as far as the services let it go: whoever comes too late gives up there, as people do."""
    with suppress(PortalError):
        yield from ending(case)
