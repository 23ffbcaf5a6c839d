import pytest
from django.urls import reverse

from invitations.models import Connector
from tests import factories

URL = "/connectors/"


def test_an_empty_catalogue_teaches_the_next_step(client_for, auditor):
    assert "sync_connectors" in client_for(auditor).get(URL).content.decode()


def test_sides_credentials_and_what_was_withdrawn(client_for, auditor, connector, dest_connector):
    factories.make_connector("Shopify", "src", credential="agency")
    Connector.objects.filter(pk=dest_connector.pk).update(is_active=False)
    page = client_for(auditor).get(URL)
    sides = {
        str(label): [(row["name"], row["credentials"]) for row in rows]
        for label, rows in page.context["sides"]
    }
    assert sides == {
        "Source": [("ClickUp", "default"), ("Shopify", "agency")],
        "Destination": [("BigQuery", "default")],
    }
    assert page.content.decode().count("Withdrawn") == 1


@pytest.mark.parametrize("number", [1, 20])
def test_the_number_of_queries_is_fixed(number, client_for, manager, django_assert_num_queries):
    for each in range(number):
        factories.make_connector(f"Connector {each}")
    browser = client_for(manager)
    browser.get(URL)
    with django_assert_num_queries(6):
        browser.get(URL)


@pytest.fixture
def of_another(other_account):
    """A connector that only another account's credential lists, and one that both list."""
    other_account.credential = "cobalt-customer"
    other_account.save()
    both = factories.make_connector("HubSpot", "src", kondado_id=71)
    both.grants.create(credential="cobalt-customer", seen_at=both.last_seen_at)
    return factories.make_connector("Zanzibar", "src", credential="cobalt-customer", kondado_id=70)


def test_nobody_learns_which_other_customers_there_are(client_for, manager, of_another):
    Connector.objects.filter(pk=of_another.pk).update(logo=b"logo", image_url="https://x.example/l.png")
    browser = client_for(manager)
    pages = [browser.get(path) for path in (URL, "/invitations/new/", "/invitations/", "/")]
    typed = browser.post("/invitations/new/", {"connector": "zanzibar", "direction": "src"})
    numbered = browser.post("/invitations/new/", {"connector": of_another.pk, "direction": "src"})

    for page in pages:
        assert "Zanzibar" not in page.content.decode()
        assert "cobalt" not in page.content.decode()
    assert all("HubSpot" in page.content.decode() for page in pages[:3])
    assert "is not on the list" in typed.content.decode()
    assert "does not exist" in numbered.content.decode()
    for name in ("connector_help", "connector_logo"):
        assert browser.get(reverse(name, args=[of_another.pk])).status_code == 404


@pytest.mark.parametrize("who", ["stranger", "auditor", "admin"])
def test_those_whom_it_concerns_see_it(request, client_for, settings, of_another, who):
    settings.SECOND_FACTOR_FORCED = False
    page = client_for(request.getfixturevalue(who)).get(URL).content.decode()

    assert "Zanzibar" in page
    assert "cobalt-customer" in page
