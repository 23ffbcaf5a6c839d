"""A hundred submits of one form at the same moment, through real web processes, make one invitation."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from invitations.models import AccessLink, AuditEvent, Invitation
from invitations.services.base import audit
from tests.processes import Answer, web

SUBMITS = 100
pytestmark = [pytest.mark.soak, pytest.mark.timeout(180), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def portal(sandbox, tmp_path, transactional_db):
    """Four web processes on this test's database."""
    with web(sandbox, log=tmp_path / "web.log", WEB_CONCURRENCY="4") as portal:
        yield portal


@pytest.mark.parametrize("nonces", [1, SUBMITS], ids=["one form", "as many forms for the same guest"])
def test_s54_a_hundred_submits_make_one_invitation(portal, client_for, manager, account, connector, nonces):
    session = client_for(manager).cookies["sessionid"].value
    start = threading.Barrier(SUBMITS)

    def submit(number: int) -> Answer:
        fields = {
            "account": account.pk,
            "direction": "src",
            "connector": connector.pk,
            "assigned_collection_name": "[Guest] ClickUp",
            "recipient_email": "ana@example.com",
            "delivery": "kondado",
            "language": "pt-br",
            "expires_in_days": 14,
            "form_nonce": f"nonce-of-a-form-{number % nonces}",
        }
        start.wait(30)
        return portal.ask("POST", "/invitations/new/", f"sessionid={session}", **fields)

    with ThreadPoolExecutor(SUBMITS) as pool:
        answers = list(pool.map(submit, range(SUBMITS)))

    invitation = Invitation.objects.get()
    created = [answer for answer in answers if answer.status == 303]
    assert {answer.headers["Location"] for answer in created} == {f"/invitations/{invitation.public_id}/"}
    # One form: everybody is led to it. Several: the others are told that the guest was asked already.
    assert len(created) == (SUBMITS if nonces == 1 else 1)
    assert {answer.status for answer in answers} <= {200, 303}
    assert AccessLink.objects.count() == 1
    assert AuditEvent.objects.filter(kind="invitation.created").count() == 1
    assert list(audit.problems()) == []
