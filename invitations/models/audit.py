"""The record of what happened: append-only events in a hash chain, and the names that may be erased.

Events hold nothing personal. Names and addresses stand in details, which are inserted and deleted, never
changed. Database triggers (models/guards.py) refuse everything else.
"""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from . import sealed


class EventKind(StrEnum):
    """What the record tells of. Services name every event by one of these; words/event_kinds says it to people."""

    INVITATION_CREATED = "invitation.created"
    INVITATION_READDRESSED = "invitation.readdressed"
    INVITATION_FORWARDED = "invitation.forwarded"
    INVITATION_EXTENDED = "invitation.extended"
    INVITATION_EXPIRED = "invitation.expired"
    INVITATION_REOPENED = "invitation.reopened"
    INVITATION_REVOKED = "invitation.revoked"
    INVITATION_ERASED = "invitation.erased"
    GUEST_LINK_COPIED = "guest_link.copied"
    KONDADO_LINK_REVEALED = "kondado_link.revealed"
    LINK_CONNECTING = "link.connecting"
    LINK_ON_WIRE = "link.on_wire"
    LINK_READY = "link.ready"
    LINK_REJECTED = "link.rejected"
    LINK_UNKNOWN = "link.unknown"
    LINK_WAITING = "link.waiting"
    LINK_RECOVERED = "link.recovered"
    LINK_CANCELLED = "link.cancelled"
    LINK_SENT_AGAIN = "link.sent_again"
    LINK_RENEWED = "link.renewed"
    LINK_SETTLED = "link.settled"
    LINK_CONFIRMED = "link.confirmed"
    LINK_UNCONFIRMED = "link.unconfirmed"
    LINK_FOUND_SENT = "link.found_sent"
    LINK_ANSWER_LATE = "link.answer_late"
    LINK_ANSWER_LATE_HELD = "link.answer_late_held"
    LINK_MADE_TWICE = "link.made_twice"
    MAIL_ASKED = "mail.asked"
    MAIL_SENT = "mail.sent"
    MAIL_FAILED = "mail.failed"
    MAIL_UNKNOWN = "mail.unknown"
    MAIL_BOUNCED = "mail.bounced"
    MAIL_COMPLAINED = "mail.complained"
    GUEST_OPENED = "guest.opened"
    GUEST_CONTINUED = "guest.continued"
    GUEST_DONE = "guest.done"
    GUEST_UNDONE = "guest.undone"
    GUEST_DECLINED = "guest.declined"
    GUEST_RESUMED = "guest.resumed"
    GUEST_FORWARDED = "guest.forwarded"
    GUEST_LANGUAGE = "guest.language"
    GUEST_ASKED_AGAIN = "guest.asked_again"
    GUEST_BLOCKED = "guest.blocked"
    GUEST_KEYS_TRIED = "guest.keys_tried"
    HOLD_SET = "hold.set"
    HOLD_RELEASED = "hold.released"
    CALLS_PAUSE_ENDED = "calls.pause_ended"
    CLOCK_SET_BACK = "clock.set_back"
    REFUSAL_MARKED = "refusal.marked"
    ALERT_QUEUED = "alert.queued"
    ALERT_PUT_OFF = "alert.put_off"
    CATALOGUE_SYNCED = "catalogue.synced"
    CONNECTOR_HELP_CHANGED = "connector_help.changed"
    PERSON_SIGNED_IN = "person.signed_in"
    PERSON_SIGN_IN_FAILED = "person.sign_in_failed"
    PERSON_CODE_FAILED = "person.code_failed"
    PERSON_SIGNED_OUT = "person.signed_out"
    PERSON_PASSWORD_CHANGED = "person.password_changed"  # noqa: S105
    PERSON_PASSWORD_RESET = "person.password_reset"  # noqa: S105
    PERSON_FACTOR_ADDED = "person.factor_added"
    PERSON_FACTOR_REMOVED = "person.factor_removed"
    PERSON_CODES_RENEWED = "person.codes_renewed"
    PERSON_CODE_USED = "person.code_used"
    PERSON_UPDATED = "person.updated"
    PERSON_ERASED = "person.erased"
    ACCOUNT_CREATED = "account.created"
    MEMBER_CREATED = "member.created"
    MEMBER_UPDATED = "member.updated"


# Rows that events are about, by the column that names one for good. None of these is personal.
KEYS = {"invitation": "public_id", "user": "pk", "account": "pk", "connector": "pk", "hold": "pk"}


def reference(what: str | models.Model) -> str:
    """How events name what they are about, such as "invitation:k7f3"; text names itself. KeyError for other rows."""
    if isinstance(what, str):
        return what
    name = str(what._meta.model_name)
    return f"{name}:{getattr(what, KEYS[name])}"


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Named reads of events."""

    def about(self, what: str | models.Model) -> AuditEventQuerySet:
        """Those about one thing."""
        return self.filter(object=reference(what))


class AuditEvent(models.Model):
    """`hash` covers every other column and `previous_hash`; `people` names each detail by its digest."""

    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(_("when"))
    kind = models.CharField(_("what"), max_length=40)
    actor = models.CharField(_("who"), max_length=40)
    object = models.CharField(_("on what"), max_length=60)
    request_id = models.CharField(max_length=32, blank=True)
    data = models.JSONField(default=dict)
    people = models.JSONField(default=list)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["object", "number"], name="event_object"),
            models.Index(fields=["kind", "number"], name="event_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"


class AuditDetail(models.Model):
    """What an event says of one person. `person` is a keyed HMAC of the address, under the PseudonymKey of its day."""

    event = models.ForeignKey(
        AuditEvent, on_delete=models.DO_NOTHING, related_name="details", db_constraint=False
    )
    person = models.CharField(max_length=64, db_index=True)
    salt = models.CharField(max_length=64)
    detail = models.JSONField()

    class Meta:
        verbose_name = _("event detail")
        verbose_name_plural = _("event details")
        constraints = [models.UniqueConstraint(fields=["event", "person"], name="detail_once_per_person")]

    def __str__(self) -> str:
        return f"{self.event_id}"


class AuditHead(models.Model):
    """The end of the chain; its single row is the lock that keeps writers in line."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        verbose_name = _("head of the record")
        verbose_name_plural = _("head of the record")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="audit_head_single")]

    def __str__(self) -> str:
        return f"{self.number}"


class PseudonymKey(models.Model):
    """The key that names people in the record. The row with the highest number is in use."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    secret = models.BinaryField()

    class Meta:
        verbose_name = _("key of pseudonyms")
        verbose_name_plural = _("keys of pseudonyms")

    def __str__(self) -> str:
        return f"{self.number}"

    def seal(self, key: bytes) -> None:
        """Takes the key, encrypted for this row."""
        self.secret = sealed.seal(key.hex(), table=self._meta.db_table, field="secret", row=self.number)

    def open(self) -> bytes:
        """The key. Raises sealed.Unreadable."""
        return bytes.fromhex(
            sealed.unseal(self.secret, table=self._meta.db_table, field="secret", row=self.number)
        )


class FormerPseudonym(models.Model):
    """A name in the record from before the key in use, and the one that the same person has now."""

    former = models.CharField(max_length=64, primary_key=True)
    person = models.CharField(max_length=64, db_index=True)

    class Meta:
        verbose_name = _("former pseudonym")
        verbose_name_plural = _("former pseudonyms")

    def __str__(self) -> str:
        return self.former[:8]
