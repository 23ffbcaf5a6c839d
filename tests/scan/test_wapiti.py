"""wapiti against a gunicorn as it is shipped, signed in as a manager: it crawls and attacks for two minutes at most."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.processes import web

pytestmark = [pytest.mark.scan, pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
WAPITI = Path(__file__).resolve().parents[2] / ".venv-scan" / "bin" / "wapiti"
MODULES = "cookieflags,crlf,csp,csrf,exec,file,http_headers,permanentxss,redirect,sql,xss"
SECONDS_TO_CRAWL, SECONDS_FOR_EACH_ATTACK = 40, 8
# The test asks over plain http on loopback; with https cookies are Secure, see test_s13 in tests/views/test_guest.py,
# and HSTS is set.
OF_PLAIN_HTTP = ("Secure flag is not set", "Strict-Transport-Security is not set")


def test_s58_wapiti_finds_nothing(sandbox, client_for, manager, make_invitation, tmp_path, transactional_db):
    assert WAPITI.exists(), "python3 do.py test --all installs it"
    for status in ("queued", "ready", "unknown", "rejected"):
        make_invitation(status=status)
    session = client_for(manager).cookies["sessionid"].value
    report = tmp_path / "report.json"
    with web(sandbox, log=tmp_path / "log") as portal:
        address = f"http://localhost:{portal.port}/"
        words = [str(WAPITI), "--url", address, "--scope", "folder", "--cookie-value", f"sessionid={session}"]
        words += ["--exclude", f"{address}logout/", "--exclude", f"{address}static/*", "--module", MODULES]
        words += ["--max-scan-time", str(SECONDS_TO_CRAWL), "--max-attack-time", str(SECONDS_FOR_EACH_ATTACK)]
        words += ["--max-files-per-dir", "15", "--max-links-per-page", "20", "--depth", "3"]
        words += [
            "--format",
            "json",
            "--output",
            str(report),
            "--store-session",
            str(tmp_path),
            "--no-bugreport",
        ]
        subprocess.run(words, capture_output=True, check=True, timeout=200)

    told = json.loads(report.read_text())
    every = [
        f"{kind}: {one['method']} {one['path']} {one['info']}"
        for kind, each in {**told["vulnerabilities"], **told["anomalies"]}.items()
        for one in each
    ]
    assert any(OF_PLAIN_HTTP[0] in one for one in every), "it found what is there to be found"
    # A forgery is told where a post with a wrong token is answered as the one before it. No flaw where all were refused.
    log = (tmp_path / "log").read_text()
    refused = [
        one
        for one in every
        if one.startswith("Cross Site Request Forgery")
        and set(re.findall(rf"POST {re.escape(one.split()[5])} (\d+)", log)) == {"403"}
    ]
    judged = [one for one in every if one not in refused]
    assert [one for one in judged if not any(text in one for text in OF_PLAIN_HTTP)] == []
    assert "GET /invitations/new/ 200" in (tmp_path / "log").read_text(), "it was signed in"
    assert told["infos"]["crawled_pages_nbr"] > 20
