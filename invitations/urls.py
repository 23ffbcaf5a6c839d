"""Addresses of the app, by audience: staff, administrators, guests, operations."""

from django.urls import path

from invitations.views import (
    connectors,
    decisions,
    guest,
    guest_presses,
    health,
    history,
    hooks,
    invitations,
    links,
    managing,
    new_invitation,
    overview,
    preferences,
    refusals,
    restored,
    system,
)

staff = [
    path("", overview.overview, name="overview"),
    path("invitations/", invitations.index, name="invitations"),
    path("invitations/new/", new_invitation.new, name="invitation_new"),
    path("invitations/<slug:public_id>/", invitations.detail, name="invitation"),
    path("invitations/<slug:public_id>/status/", invitations.status, name="invitation_status"),
    path("invitations/<slug:public_id>/copy/", invitations.copy, name="invitation_copy"),
    path("invitations/<slug:public_id>/mail/", managing.mail, name="invitation_mail"),
    path("invitations/<slug:public_id>/forward/", managing.forward, name="invitation_forward"),
    path("invitations/<slug:public_id>/address/", managing.correct, name="invitation_address"),
    path("invitations/<slug:public_id>/extend/", managing.extend, name="invitation_extend"),
    path("invitations/<slug:public_id>/revoke/", managing.revoke, name="invitation_revoke"),
    path("invitations/<slug:public_id>/erase/", managing.erase, name="invitation_erase"),
    path("invitations/<slug:public_id>/links/<int:link_id>/confirm/", links.confirm, name="link_confirm"),
    path(
        "invitations/<slug:public_id>/links/<int:link_id>/take-back/", links.take_back, name="link_take_back"
    ),
    path("invitations/<slug:public_id>/links/<int:link_id>/new-link/", links.new_link, name="link_new"),
    path("invitations/<slug:public_id>/links/<int:link_id>/cancel/", links.cancel, name="link_cancel"),
    path("invitations/<slug:public_id>/links/<int:link_id>/reveal/", links.reveal, name="link_reveal"),
    path("invitations/<slug:public_id>/links/<int:link_id>/settle/", decisions.settle, name="link_settle"),
    path(
        "invitations/<slug:public_id>/links/<int:link_id>/send-again/",
        decisions.send_again,
        name="link_send_again",
    ),
    path("settle/", decisions.settle_several, name="settle_several"),
    path("history/", history.index, name="history"),
    path("connectors/", connectors.index, name="connectors"),
    path("connectors/<int:connector_id>/help/", connectors.edit_help, name="connector_help"),
    path("connectors/<int:connector_id>/logo/", connectors.logo, name="connector_logo"),
    path("preferences/", preferences.index, name="preferences"),
]
administration = [
    path("system/", system.index, name="system"),
    path("system/stop/", system.stop, name="hold_stop"),
    path("system/holds/<int:hold_id>/release/", system.release, name="hold_release"),
    path("system/pause/", system.end_pause, name="pause_end"),
    path("system/clock/", system.put_clock_right, name="clock_put_right"),
    path("system/restored/", restored.index, name="restored"),
    path("system/refusals/", refusals.index, name="refusals"),
    path("system/refusals/<int:attempt_id>/", refusals.mark, name="refusal"),
]
guests = [
    path("g/<str:token>/", guest.token, name="guest_token"),
    path("guest/<slug:public_id>/", guest.page, name="guest"),
    path("guest/<slug:public_id>/open/", guest_presses.open_page, name="guest_open"),
    path("guest/<slug:public_id>/continue/<int:link_id>/", guest_presses.go_on, name="guest_continue"),
    path("guest/<slug:public_id>/done/<int:link_id>/", guest_presses.done, name="guest_done"),
    path("guest/<slug:public_id>/not-done/<int:link_id>/", guest_presses.undone, name="guest_undone"),
    path("guest/<slug:public_id>/forward/", guest_presses.forward, name="guest_forward"),
    path("guest/<slug:public_id>/decline/", guest_presses.decline, name="guest_decline"),
    path("guest/<slug:public_id>/resume/", guest_presses.resume, name="guest_resume"),
    path("guest/<slug:public_id>/language/", guest_presses.speak, name="guest_language"),
    path("guest/<slug:public_id>/ask-again/", guest_presses.ask_again, name="guest_ask_again"),
]
operations = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("hooks/mail/", hooks.mail, name="mail_hook"),
]
urlpatterns = [*staff, *administration, *guests, *operations]
