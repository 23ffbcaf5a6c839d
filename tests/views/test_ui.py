"""The gallery renders every component, and only in development."""

from typing import Any

import pytest
from django.http import Http404
from django.test import RequestFactory

from invitations.models import Stage, Status, User
from invitations.views.ui import gallery


def test_gallery_shows_every_status_and_stage(rf: RequestFactory, manager: User, settings: Any) -> None:
    settings.DEBUG = True
    request = rf.get("/ui/")
    request.user = manager

    text = gallery(request).content.decode()

    for value in (*Status.values, *Stage.values):
        assert f"status--{value}" in text


def test_gallery_is_not_there_outside_development(rf: RequestFactory, settings: Any) -> None:
    settings.DEBUG = False

    with pytest.raises(Http404):
        gallery(rf.get("/ui/"))
