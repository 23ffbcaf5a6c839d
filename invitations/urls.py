"""Addresses of the app, by audience: staff, administrators, guests, operations."""

from django.urls import path

from invitations.views import (
    connectors,
    decisions,
    guest,
    health,
    history,
    invitations,
    links,
    new_invitation,
    overview,
    preferences,
    refusals,
)

staff = [
    path("", overview.overview, name="overview"),
    path("invitations/", invitations.index, name="invitations"),
    path("invitations/new/", new_invitation.new, name="invitation_new"),
    path("invitations/<slug:public_id>/", invitations.detail, name="invitation"),
    path("invitations/<slug:public_id>/status/", invitations.status, name="invitation_status"),
    path("invitations/<slug:public_id>/copy/", invitations.copy, name="invitation_copy"),
    path("invitations/<slug:public_id>/links/<int:link_id>/cancel/", links.cancel, name="link_cancel"),
    path("invitations/<slug:public_id>/links/<int:link_id>/reveal/", links.reveal, name="link_reveal"),
    path("invitations/<slug:public_id>/links/<int:link_id>/settle/", decisions.settle, name="link_settle"),
    path(
        "invitations/<slug:public_id>/links/<int:link_id>/send-again/",
        decisions.send_again,
        name="link_send_again",
    ),
    path("history/", history.index, name="history"),
    path("connectors/", connectors.index, name="connectors"),
    path("connectors/<int:connector_id>/help/", connectors.help_texts, name="connector_help"),
    path("preferences/", preferences.index, name="preferences"),
]
administration = [
    path("system/refusals/", refusals.index, name="refusals"),
    path("system/refusals/<int:attempt_id>/", refusals.mark, name="refusal"),
]
guests = [
    path("g/<str:token>/", guest.token, name="guest_token"),
    path("guest/<slug:public_id>/", guest.page, name="guest"),
    path("guest/<slug:public_id>/continue/<int:link_id>/", guest.go_on, name="guest_continue"),
]
operations = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]
urlpatterns = [*staff, *administration, *guests, *operations]
