"""What the numbers of the system page mean: good, late or bad, in a sentence, and what to do. Reads no table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invitations.models import Hold
from invitations.models.hold import HoldReason, HoldScope
from invitations.models.worker import WorkerProblem
from invitations.services.reads.sealed_values import Use
from invitations.services.reads.system import State, alive
from invitations.words.lengths import spoken
from invitations.words.names import HOLD_REASONS, LEVELS, WORKER_PROBLEMS, Level
from invitations.words.standing import moment

GOOD, LATE, BAD = Level
QUEUE_LATE = timedelta(minutes=10)
UNKNOWN_LATE = timedelta(hours=24)
MAIL_LATE = timedelta(minutes=10)
CATALOGUE_LATE = timedelta(hours=48)
DISK_LATE, DISK_BAD = 1_000_000_000, 100_000_000  # bytes free


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page. `to_do` is empty where there is nothing to do."""

    title: str
    level: Level
    text: str
    to_do: str = ""

    @property
    def word(self) -> Any:
        """The level in a word."""
        return LEVELS[self.level].label


def first(hold: Hold) -> Any:
    """What to do before a hold is released."""
    if hold.reason == HoldReason.CONFIGURATION and hold.scope == HoldScope.LINK:
        return _("This one request cannot be sent as it is: cancel it and invite again.")
    return HOLD_REASONS[HoldReason(hold.reason)].to_do


def held(hold: Hold) -> str:
    """What a hold stops."""
    if hold.scope == HoldScope.ACCOUNT and hold.account is not None:
        return _("Account %(name)s") % {"name": hold.account.name}
    if hold.scope == HoldScope.CREDENTIAL:
        return _("Credential %(name)s") % {"name": hold.credential}
    if hold.scope == HoldScope.LINK and hold.access_link is not None:
        guest = hold.access_link.invitation.guest_shown
        return _("%(connector)s for %(guest)s") % {
            "connector": hold.access_link.connector_name,
            "guest": guest,
        }
    return _("Everything")


def lines(state: State) -> list[Line]:
    """The whole page, in the order of the way of an invitation."""
    return [
        _workers(state),
        _queue(state),
        _calls(state),
        _holds(state),
        _unknown(state),
        _mail(state),
        *_catalogues(state),
        _answers(state),
        _memory(state),
        _database(state),
        _guards(state),
        _disk(state),
        _keys(state),
        _clock(state),
        Line(_("Version"), GOOD, state.version),
    ]


def _workers(state: State) -> Line:
    title, living = _("Workers"), alive(state.workers, state.now)
    if not living:
        last = max((worker.beat_at for worker in state.workers), default=None)
        text = (
            _("No worker has shown itself since %(time)s.") % {"time": moment(last)}
            if last
            else _("No worker has shown itself today.")
        )
        return Line(title, BAD, text, _("Start run_worker. Until then nothing is sent, and nothing is lost."))
    seconds = round((state.now - max(worker.beat_at for worker in living)).total_seconds())
    words = {"count": len(living), "time": moment(living[0].started_at), "seconds": max(seconds, 0)}
    text = ngettext(
        "%(count)d works since %(time)s; last sign of life %(seconds)d s ago.",
        "%(count)d work, the first since %(time)s; last sign of life %(seconds)d s ago.",
        len(living),
    )
    gone = len(state.workers) - len(living)
    if gone:
        more = ngettext(
            "%(gone)d more went away without a word.", "%(gone)d more went away without a word.", gone
        )
        to_do = _("If it was not meant to end, look at its log.")
        return Line(title, LATE, f"{text % words} {more % {'gone': gone}}", to_do)
    return Line(title, GOOD, text % words)


def _queue(state: State) -> Line:
    title, links = _("Queue"), state.links
    if not links["due"] and not links["later"]:
        return Line(title, GOOD, _("Empty."))
    words = {"due": links["due"], "later": links["later"], "time": moment(links["oldest"])}
    text = _("%(due)d due, %(later)d later; the oldest since %(time)s.") % words
    if state.pulse.stuck_since:
        to_do = _("A worker runs and takes nothing up. Look at its log and restart it.")
        return Line(title, BAD, text, to_do)
    if links["due"] and not state.pulse.is_stopped and state.now - links["oldest"] > QUEUE_LATE:
        minute = _("Kondado allows %(limit)d calls a minute: a long queue takes its time.")
        return Line(
            title, LATE, text, minute % {"limit": state.calls["limit"]} if state.calls["limit"] else ""
        )
    return Line(title, GOOD, text)


def _calls(state: State) -> Line:
    title, calls = _("Calls to Kondado"), state.calls
    parts = [
        _("Last invitation made: %(time)s.") % {"time": _when(calls["ready"])},
        _("Catalogue last read: %(time)s.") % {"time": _when(calls["catalogue"])},
        _("In the last minute: %(count)d of %(limit)d.") % {"count": calls["minute"], "limit": calls["limit"]}
        if calls["limit"]
        else _("In the last minute: %(count)d.") % {"count": calls["minute"]},
        _("Refused for speed today: %(count)d.") % {"count": calls["refused"]},
    ]
    if calls["pause_until"] and calls["pause_until"] > state.now:
        text = _("All calls pause until %(time)s, because Kondado asked to wait.")
        parts.append(text % {"time": moment(calls["pause_until"])})
        to_do = _("Nothing was lost. If it lasts too long, an administrator can end it above.")
        return Line(title, LATE, " ".join(parts), to_do if state.pulse.paused_until else "")
    if calls["refused"]:
        to_do = _("Nothing was lost. If it happens often, another program uses the same key or address.")
        return Line(title, LATE, " ".join(parts), to_do)
    return Line(title, GOOD, " ".join(parts))


def _holds(state: State) -> Line:
    title = _("Stops")
    if not state.holds:
        return Line(title, GOOD, _("Nothing is stopped, and there is no storm."))
    storm = any(standing.hold.reason == HoldReason.STORM for standing in state.holds)
    count = len(state.holds)
    text = ngettext("%(count)d stop stands.", "%(count)d stops stand.", count) % {"count": count}
    if storm:
        text += " " + _("There is a storm: three outcomes in a row were unknown.")
    only_links = all(standing.hold.scope == HoldScope.LINK for standing in state.holds)
    return Line(
        title, LATE if only_links else BAD, text, _("The list above says what to do, and releases it.")
    )


def _unknown(state: State) -> Line:
    title, count = _("Unknown outcomes"), state.links["unknown"]
    if not count:
        return Line(title, GOOD, _("None waits for a person."))
    oldest = state.links["oldest_unknown"]
    words = {"count": count, "time": _when(oldest)}
    text = ngettext(
        "%(count)d waits for a person, since %(time)s.",
        "%(count)d wait for a person, the oldest since %(time)s.",
        count,
    )
    level = BAD if oldest and state.now - oldest > UNKNOWN_LATE else LATE
    return Line(title, level, text % words, _("Look them up in Kondado and settle them."))


def _mail(state: State) -> Line:
    title, none = _("Mail"), (0, state.now)
    queued, failed, unknown, bounced = (
        state.mail.get(status, none) for status in ("queued", "failed", "unknown", "bounced")
    )
    words = {"queued": queued[0], "failed": failed[0], "unknown": unknown[0], "bounced": bounced[0]}
    text = _(
        "%(queued)d queued. In the last week %(failed)d failed, %(bounced)d came back, and of %(unknown)d it is not known whether they were sent."
    )
    text %= words
    if queued[0]:
        text += " " + _("The oldest has waited since %(time)s.") % {"time": moment(queued[1])}
    if queued[0] and state.now - queued[1] > MAIL_LATE:
        return Line(title, BAD, text, _("Look whether a worker runs and the mail server answers."))
    if failed[0] or unknown[0] or bounced[0]:
        return Line(title, LATE, text, _("Each invitation’s page says what to do about its own mail."))
    return Line(title, GOOD, text)


def _catalogues(state: State) -> list[Line]:
    found = []
    for name, seen in sorted(state.catalogues.items()):
        title = _("Catalogue of %(name)s") % {"name": name}
        to_do = _("Run sync_connectors, once a day.")
        if seen is None:
            found.append(Line(title, BAD, _("Never read: nothing can be chosen in the form."), to_do))
            continue
        text = _("Read %(time)s.") % {"time": moment(seen)}
        stale = state.now - seen > CATALOGUE_LATE
        found.append(Line(title, LATE if stale else GOOD, text, to_do if stale else ""))
    return found


def _answers(state: State) -> Line:
    good = _("There is room for the next one, and none cannot be used.")
    return _worker_line(
        state, _("Answers kept on disk"), good, WorkerProblem.NO_ROOM, WorkerProblem.UNREADABLE
    )


def _memory(state: State) -> Line:
    good = _("No worker that runs now began without it.")
    return _worker_line(state, _("Memory of the machines"), good, WorkerProblem.NO_MEMORY)


def _worker_line(state: State, title: str, good: str, *problems: WorkerProblem) -> Line:
    """The first of these problems that a worker has."""
    for problem in problems:
        if problem in state.pulse.problems:
            name = WORKER_PROBLEMS[problem]
            return Line(title, BAD if problem.stops_sending else LATE, str(name.label), str(name.to_do))
    return Line(title, GOOD, good)


def _database(state: State) -> Line:
    kind, size = state.database
    return Line(_("Database"), GOOD, f"{kind}, {filesizeformat(size)}" if size is not None else kind)


def _guards(state: State) -> Line:
    title, found = _("Guards of the record"), [*state.guards.missing, *state.guards.too_many]
    if found:
        text = _("Whoever gets hold of the portal could change what happened: %(what)s.") % {
            "what": ", ".join(found)
        }
        return Line(title, BAD, text, _("Run migrate, which puts them right, and then verify_audit."))
    if state.guards.owner:
        text = _("The triggers are in place; the role of the portal owns them and could take them away.")
        return Line(title, LATE, text, _("Give migrate a role of its own: MIGRATION_DATABASE_URL."))
    return Line(title, GOOD, _("They are in place."))


def _disk(state: State) -> Line:
    title = _("Disk of VAR_DIR")
    if state.disk is None:
        return Line(title, BAD, _("It cannot be read."), _("Make sure that VAR_DIR is there and open."))
    free, total = state.disk
    text = _("%(free)s free of %(total)s.") % {"free": filesizeformat(free), "total": filesizeformat(total)}
    if free < DISK_LATE:
        to_do = _("Make room before it is full: without room for an answer nothing is sent.")
        return Line(title, BAD if free < DISK_BAD else LATE, text, to_do)
    return Line(title, GOOD, text)


def _keys(state: State) -> Line:
    title, missing = _("Field keys"), [use for use in state.keys if not use.known]
    text = " ".join(_key(use) for use in state.keys if use.known or use.count)
    if missing:
        to_do = _("Put the missing key back into FIELD_KEYS, then run rotate_field_keys.")
        return Line(title, BAD, text, to_do)
    older = [use for use in state.keys if not use.seals]
    if any(use.count for use in older):
        return Line(title, LATE, text, _("Run rotate_field_keys, so that the older keys can be removed."))
    if older:
        return Line(title, LATE, text, _("Remove the older keys from FIELD_KEYS: nothing needs them."))
    return Line(title, GOOD, text)


def _key(use: Use) -> str:
    """What one key is and holds. Its name is no secret."""
    words = {"name": use.name, "count": use.counted}
    if use.many:
        text = _("%(name)s holds more than %(count)d values.")
    else:
        text = ngettext("%(name)s holds %(count)d value.", "%(name)s holds %(count)d values.", use.count)
    said = text % words
    if use.seals:
        return said + " " + _("It seals what is new.")
    return said if use.known else said + " " + _("It is not in FIELD_KEYS.")


def _when(at: datetime | None) -> str:
    return moment(at) if at else _("never")


def _clock(state: State) -> Line:
    title, clock = _("Clock"), state.clock
    if clock.ahead is not None:
        text = _(
            "Times were written down that lie %(length)s ahead: a clock was set back, or one of the machines is fast."
        )
        to_do = _(
            "Set the clocks right by NTP. A worker puts right what waits for those times; so does the button above."
        )
        return Line(title, BAD, text % {"length": spoken(clock.ahead)}, to_do)
    if clock.put_right is not None:
        text = _(
            "Times lay %(length)s ahead of the clock until %(time)s. What would have waited for them goes on."
        )
        seconds = timedelta(seconds=int(clock.put_right.data["seconds"]))
        to_do = _("Look after the clocks of the machines, or it happens again.")
        return Line(
            title, LATE, text % {"length": spoken(seconds), "time": moment(clock.put_right.at)}, to_do
        )
    return Line(title, GOOD, _("No time that was written down lies ahead."))
