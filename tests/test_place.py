"""From where a request comes, as the bounds count it."""

import pytest

from invitations.place import place_of


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("2001:db8:1:1::1", "2001:db8:1:1:ffff::2", True),
        ("2001:db8:1:1::1", "2001:db8:1:2::1", False),
    ],
)
def test_a_providers_customer_is_one_place(rf, one, other, same):
    places = {place_of(rf.get("/", REMOTE_ADDR=address)) for address in (one, other)}

    assert (len(places) == 1) == same


def test_only_our_own_proxies_may_name_another(rf, settings):
    def asked(**more):
        return place_of(
            rf.get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="10.1.1.1, 10.2.2.2", **more)
        )

    assert asked() == "192.0.2.1"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert asked() == "10.2.2.2"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 3
    assert asked() == "192.0.2.1", "not by all of ours, so it may be anybody's word"
