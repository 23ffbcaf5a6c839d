"""Every way the stand-in can misbehave, from the queue to the end: the status, the reason, and never a second call.

What the portal believes is compared with the stand-in's ledger, which is what really happened.
"""

import hashlib

import pytest

from invitations.kondado.sandbox.faults import FAULTS
from invitations.models import AccessLink, AuditEvent, Hold, Stage, Status, VendorCall
from invitations.services.base import audit
from invitations.services.sending import dispatch

pytestmark = pytest.mark.django_db

ENDS: dict[tuple[str, str], str] = {
    ("unknown", "reset"): (
        "reset_after_request reset_after_request_created close_after_request "
        "close_after_request_created reset_after_headers"
    ),
    (
        "unknown",
        "no_answer",
    ): "no_answer no_answer_created interim_for_ever partial_answer slow_headers slow_body",
    ("unknown", "bad_http"): "garbage_status_line bad_chunk",
    ("unknown", "truncated"): "http_0_9 interim_only truncated_body missing_chunk",
    ("unknown", "too_large"): "big_body",
    ("unknown", "content_encoding"): "gzip_bomb unknown_encoding",
    ("unknown", "redirect"): "redirect_302 redirect_307",
    ("rejected", "rejected"): (
        "http_400_envelope http_401_envelope http_403_envelope http_404_envelope refused refused_plan "
        "refused_account refused_inner refused_code_only refused_hostile refused_long"
    ),
    ("unknown", "status_without_envelope"): "http_400_html http_401_html http_403_html http_404_html",
    ("queued", "rate_limited"): (
        "http_429 http_429_retry_after http_429_retry_date http_429_envelope rate_limit "
        "rate_limit_inner rate_limit_400"
    ),
    ("unknown", "server_error"): (
        "http_500_envelope http_500_envelope_created http_502_html http_503_html http_504_html_created"
    ),
    ("unknown", "contradiction"): (
        "refused_without_words refused_with_link refused_with_link_as_name refused_with_link_encoded "
        "envelopes_disagree envelopes_disagree_inner "
        "success_string success_number success_null"
    ),
    ("unknown", "no_envelope"): "success_missing json_list json_null",
    (
        "unknown",
        "link_missing",
    ): "success_missing_inner link_missing link_null link_empty link_number link_list",
    (
        "unknown",
        "bad_json",
    ): "duplicate_keys nan not_json invalid_utf8 bom deep_json huge_number trailing_garbage cut_json",
    ("ready", "content_type"): "wrong_content_type no_content_type",
    ("unknown", "empty_body"): "empty_body http_204",
    ("ready", ""): "http_201",
    ("unknown", "link_withheld"): (
        "link_other_host link_lookalike link_suffix link_idn_twin link_http link_ftp link_javascript "
        "link_data link_userinfo link_userinfo_host link_port link_backslash link_control link_nul "
        "link_surrogate link_space link_long link_relative link_without_scheme link_other_path "
        "link_climbing link_without_token"
    ),
}
EXPECTED = {name: end for end, names in ENDS.items() for name in names.split()}
# The system decides whether a reset shows before the mark, at a write, or at a read.
DEPENDS = {
    "reset_on_connect": {("queued", "refused"), ("unknown", "request_cut"), ("unknown", "reset")},
    "reset_before_reading": {("unknown", "request_cut"), ("unknown", "reset")},
}
HANGING = {
    "no_answer",
    "no_answer_created",
    "interim_for_ever",
    "partial_answer",
    "slow_headers",
    "slow_body",
}
STAGES = {"ready": Stage.WAITING, "queued": Stage.SENDING}


def the_link() -> AccessLink:
    return AccessLink.objects.select_related("invitation", "current_attempt").get()


def test_the_table_names_every_fault():
    assert set(EXPECTED) | set(DEPENDS) | {"link_repeated", "link_respelled"} == set(FAULTS)


@pytest.mark.parametrize("name", sorted(set(EXPECTED) | set(DEPENDS)))
def test_a_fault_has_its_end_and_is_called_once(sandbox, settings, make_invitation, name):
    settings.KONDADO_DEADLINE_SECONDS = 2.0 if name in HANGING else 10.0
    sandbox.misbehave(name)
    make_invitation()

    assert dispatch.step() == 0.0
    dispatch.step()  # must find nothing to do: neither after an unknown outcome nor within a pause

    link, attempt = the_link(), the_link().current_attempt
    assert (link.status, attempt.fault) in DEPENDS.get(name, {EXPECTED.get(name)})
    assert len(sandbox.calls) <= 1
    assert len(sandbox.ledger) == (1 if FAULTS[name].created else 0)
    if FAULTS[name].created:
        assert link.status in {Status.READY, Status.UNKNOWN}, "it exists"
    if link.status in {Status.QUEUED, Status.REJECTED}:
        assert sandbox.ledger == [], "it must not exist"
    assert link.invitation.stage == STAGES.get(link.status, Stage.NEEDS_ATTENTION)
    assert (attempt.kondado_link is not None) == (link.status == Status.READY)
    assert (attempt.quarantined_link is not None) == (attempt.fault == "link_withheld")
    assert list(audit.problems()) == []


@pytest.mark.parametrize("name", ["http_401_envelope", "http_401_html", "http_403_envelope", "http_403_html"])
def test_a_refused_credential_is_held_at_once(sandbox, make_invitation, name):
    sandbox.misbehave(name)
    make_invitation()
    dispatch.step()

    hold = Hold.objects.standing().get()
    assert (hold.scope, hold.reason, hold.credential) == ("credential", "credential", "default")


@pytest.mark.parametrize(
    ("name", "least"),
    [("http_429", 60), ("http_429_retry_after", 60), ("rate_limit", 60), ("rate_limit_400", 60)],
)
def test_a_rate_limit_refusal_makes_everybody_wait(sandbox, make_invitation, name, least):
    sandbox.misbehave(name)
    make_invitation()
    dispatch.step()

    call, link = VendorCall.objects.get(), the_link()
    assert (call.pause_until - call.arrived_at).total_seconds() >= least
    assert (link.wait_reason, link.not_before >= call.pause_until) == ("rate_limit", True)
    assert not Hold.objects.exists()


@pytest.mark.parametrize("fault", ["link_repeated", "link_respelled"])
def test_a_link_that_another_attempt_has_is_not_given_out_twice(sandbox, make_invitation, fault):
    first = make_invitation()
    dispatch.step()
    sandbox.misbehave(fault)
    second = make_invitation()
    dispatch.step()

    link = second.links.select_related("current_attempt").get()
    assert (link.status, link.current_attempt.fault) == (Status.UNKNOWN, "link_repeated")
    assert link.current_attempt.kondado_link is None
    assert first.links.get().status == Status.READY


def test_the_log_tells_the_facts_and_no_secret(sandbox, make_invitation, caplog):
    invitation = make_invitation(recipient_email="ana@example.com")
    with caplog.at_level("INFO"):
        dispatch.step()

    record = next(record for record in caplog.records if record.message == "invitation call ended")
    facts = vars(record)
    assert (facts["invitation"], facts["attempt"], facts["try"]) == (invitation.public_id, 1, 1)
    assert (facts["from"], facts["to"], facts["http_status"], facts["peer"]) == (
        *("on_wire", "ready", 200),
        "127.0.0.1",
    )
    assert facts["body_bytes"] == facts["body_expected"] > 0
    assert len(facts["body_sha256"]) == 12 < len(hashlib.sha256().hexdigest())
    for secret in ("ana@example.com", sandbox.ledger[0].guest_token, "canary-key-7f3a", "canary-token-9c1e"):
        assert secret not in str(facts)


def test_an_unexpected_redirect_is_logged_by_its_host_alone(sandbox, make_invitation, caplog):
    sandbox.misbehave("redirect_302")
    make_invitation()
    with caplog.at_level("INFO"):
        dispatch.step()

    record = next(record for record in caplog.records if record.message == "invitation call ended")
    assert vars(record)["redirect_host"]
    assert "/" not in vars(record)["redirect_host"]
    assert AuditEvent.objects.filter(kind="link.unknown").count() == 1
