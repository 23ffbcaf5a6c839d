import pytest

from invitations.models import Connector
from tests import factories

URL = "/connectors/"


def test_an_empty_catalogue_teaches_the_next_step(client_for, auditor):
    assert "sync_connectors" in client_for(auditor).get(URL).content.decode()


def test_sides_credentials_and_what_was_withdrawn(client_for, manager, connector, dest_connector):
    factories.make_connector("Shopify", "src", credential="agency")
    Connector.objects.filter(pk=dest_connector.pk).update(is_active=False)
    page = client_for(manager).get(URL)
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
