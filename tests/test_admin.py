"""Django's admin is for looking: nobody changes anything there, and no secret is shown."""

import pytest
from django.apps import apps
from django.contrib import admin

from invitations.admin import shown_fields
from invitations.models import Attempt, GuestToken, Message, User
from invitations.services.invitations import copy_link

MODELS = [*apps.get_app_config("invitations").get_models()]


@pytest.fixture
def browser(client_for, admin, settings):
    settings.SECOND_FACTOR_FORCED = False
    return client_for(admin)


def test_every_table_is_there_and_nothing_else():
    assert set(admin.site._registry) == set(MODELS)


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (Attempt, {"kondado_link", "quarantined_link", "link_sha256"}),
        (GuestToken, {"hash"}),
        (Message, {"content"}),
        (User, {"password"}),
    ],
)
def test_secret_columns_are_left_out(model, columns):
    assert columns <= {field.name for field in model._meta.fields}
    assert not columns & set(shown_fields(model))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_lists_open_and_nothing_can_be_added(browser, model):
    path = f"/admin/invitations/{model._meta.model_name}/"
    assert browser.get(path).status_code == 200
    assert browser.get(f"{path}add/").status_code == 403


def test_s18_a_row_is_shown_and_refuses_changes(browser, make_invitation, manager):
    invitation = make_invitation(status="ready", delivery="link")
    copy_link.copy(by=manager, invitation=invitation)
    attempt, token = Attempt.objects.get(), GuestToken.objects.get()
    for row in (invitation, attempt, token, manager):
        path = f"/admin/invitations/{row._meta.model_name}/{row.pk}/"
        page = browser.get(f"{path}change/")
        assert page.status_code == 200
        text = page.content.decode()
        for secret in (token.hash, attempt.link_sha256, manager.password, bytes(attempt.kondado_link).hex()):
            assert secret not in text
        assert browser.post(f"{path}change/", {"stage": "connected"}).status_code == 403
        assert browser.post(f"{path}delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("who", ["manager", "auditor"])
def test_others_do_not_get_in(request, client_for, who):
    page = client_for(request.getfixturevalue(who)).get("/admin/invitations/user/")
    assert page.status_code in {302, 403}
