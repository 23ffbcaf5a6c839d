"""The connectors of one invitation as the form shows them: one line each, with the name it will bear in Kondado.

The two fields bear the same names in every line, so that a program may simply repeat them. Must not write anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invitations.forms.fields import LineField
from invitations.forms.picker import ConnectorField, Offer, RecentKeys
from invitations.models import Account, Connector, User
from invitations.services.invitations import names
from invitations.services.invitations.names import Wanted
from invitations.services.reads import invitations

MOST = 20
FIELDS = ("connector", "assigned_collection_name")


class ConnectorLine(forms.Form):
    """One connector and its name. `name_is_taken` is a warning that stops nothing."""

    connector = ConnectorField(
        label=_("Connector"),
        error_messages={"required": _("Choose a connector."), "invalid": _("Choose a connector.")},
    )
    assigned_collection_name = LineField(
        label=_("Name in Kondado"),
        max_length=names.LIMIT,
        required=False,
        help_text=_(
            "What it will be called in Kondado. Left empty, a name is made from the account’s pattern."
        ),
    )

    def __init__(self, *, number: int, offer: Offer, **kwargs: Any) -> None:
        super().__init__(auto_id="id_%s" if number == 1 else f"id_%s_{number}", **kwargs)
        field = self.fields["connector"]
        field.widget.attrs |= {
            "data-picker": "connector",
            "data-none": _("Nothing found"),
            "data-cleared": _("“…” is on the other list, so it is no longer chosen."),
            "autocomplete": "off",
        }
        if isinstance(field, ConnectorField):
            field.show(offer)
        if number > 1:
            self.fields["assigned_collection_name"].help_text = ""  # the first line has said it
        self.number = number
        self.name_is_taken = False

    @property
    def chosen(self) -> Connector | None:
        """The connector, once the line was cleaned."""
        return getattr(self, "cleaned_data", {}).get("connector")


class ConnectorLines:
    """All lines of one form, in the order typed; never none."""

    def __init__(self, lines: list[ConnectorLine], *, too_many: bool = False) -> None:
        self.lines = lines
        self.too_many = too_many

    def __iter__(self) -> Iterator[ConnectorLine]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def have_errors(self) -> bool:
        """Whether any line is wrong."""
        return any(line.errors for line in self.lines)

    def focus_last(self) -> None:
        """The last line takes the keyboard when the page opens."""
        self.lines[-1].fields["connector"].widget.attrs["autofocus"] = True

    def check(self, *, account: Account | None, direction: str) -> None:
        """Checks the lines against each other, the account and, for a single one, the direction asked for."""
        seen: set[int] = set()
        for line in self.lines:
            line.full_clean()
            connector = line.chosen
            if connector is None:
                continue
            if direction and connector.direction != direction and len(self.lines) == 1:
                line.add_error(
                    "connector", _("This connector is of the other direction. Choose another one.")
                )
            elif not connector.is_active:
                line.add_error("connector", _("Kondado no longer offers this connector. Choose another one."))
            elif connector.pk in seen:
                line.add_error("connector", _("This connector is in the list twice. Choose another one."))
            seen.add(connector.pk)
        if account:
            self._check_offers(account)

    def _check_offers(self, account: Account) -> None:
        right = [line for line in self.lines if line.chosen and not line.errors]
        offered = invitations.granted(
            connectors=[line.chosen.pk for line in right if line.chosen], account=account
        )
        for line in right:
            if line.chosen and line.chosen.pk not in offered:
                refused = _("Kondado does not offer this connector for the account. Choose another one.")
                line.add_error("connector", refused)

    def wanted(self, *, account: Account | None, guest: str) -> list[Wanted]:
        """What the lines ask for; a name left empty is made from the account's pattern."""
        found: list[Wanted] = []
        for line in self.lines:
            name = line.cleaned_data.get("assigned_collection_name")
            if line.chosen is None or name is None:
                continue
            made = not name
            if name and account:
                line.name_is_taken = names.in_use(account=account, name=name)
            elif account:
                name = names.suggest(
                    account=account,
                    connector_name=line.chosen.name,
                    guest=guest,
                    besides=[one.name for one in found],
                )
            found.append(Wanted(line.chosen, name, made=made))
        return found


def typed_lines(data: Any, *, user: User, recent: RecentKeys, bound: bool, more: int = 0) -> ConnectorLines:
    """The lines in posted `data`, checked when `bound`, only shown otherwise; `more` empty ones at the end."""
    pairs = list(zip_longest(*(values(data, name) for name in FIELDS), fillvalue=""))
    pairs = [pair for pair in pairs if any(part.strip() for part in pair)] or [("", "")]
    too_many = len(pairs) + more > MOST
    pairs = [*pairs, *[("", "")] * more][:MOST]
    lines, offer = [], Offer(user, recent)
    for number, pair in enumerate(pairs, start=1):
        fields = dict(zip(FIELDS, pair, strict=True))
        given: dict[str, Any] = {"data": fields} if bound else {"initial": fields}
        lines.append(ConnectorLine(**given, number=number, offer=offer))
    if len(lines) == 1:  # several may be of both directions
        lines[0].fields["connector"].direction = (values(data, "direction") or [""])[0]  # type: ignore[attr-defined]
    return ConnectorLines(lines, too_many=too_many)


def values(data: Any, name: str) -> list[str]:
    """Every value of a repeated field, whatever holds it: a QueryDict, or a plain mapping with one or a list."""
    if hasattr(data, "getlist"):
        return [str(value) for value in data.getlist(name)]
    value = data.get(name, "")
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
