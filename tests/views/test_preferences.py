"""Everybody who signs in chooses name, language and time zone."""

import pytest

from invitations.models import AuditEvent
from invitations.services.base import audit

pytestmark = pytest.mark.django_db
URL = "/preferences/"


@pytest.mark.parametrize("role", ["manager", "admin", "auditor"])
def test_every_role_chooses_and_the_next_page_follows(request, client_for, role):
    person = request.getfixturevalue(role)
    browser = client_for(person)

    answer = browser.post(
        URL, {"full_name": " Ana Lima ", "language": "es", "time_zone": "America/Bogota"}, follow=True
    )

    person.refresh_from_db()
    assert (person.full_name, person.language, person.time_zone) == ("Ana Lima", "es", "America/Bogota")
    assert '<html lang="es">' in answer.content.decode()


def test_the_record_names_the_fields_and_not_the_values(client_for, manager):
    browser = client_for(manager)
    fields = {"full_name": "Ana Lima", "language": "en", "time_zone": ""}
    for _ in range(2):
        browser.post(URL, fields)

    event = AuditEvent.objects.get(kind="person.updated")
    assert event.data == {"fields": ["full_name"]}
    assert "Ana" not in str(event.data) + event.object
    assert next(audit.problems(), None) is None


@pytest.mark.parametrize(
    "fields",
    [{"language": "xx"}, {"time_zone": "Mars/Olympus"}, {"full_name": "A\x00na"}, {"full_name": "x" * 121}],
)
def test_nonsense_changes_nothing(client_for, manager, fields):
    before = (manager.full_name, manager.language, manager.time_zone)

    answer = client_for(manager).post(
        URL, {"full_name": "Ana", "language": "en", "time_zone": "UTC"} | fields
    )

    manager.refresh_from_db()
    assert answer.status_code == 200
    assert (manager.full_name, manager.language, manager.time_zone) == before


def test_it_leads_to_password_and_second_factor(client_for, auditor):
    page = client_for(auditor).get(URL).content.decode()

    assert page.count('href="/password/change/"') > 1
    assert page.count('href="/2fa/"') > 1
