"""A real browser, a real web server and a real worker on the test's database."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from invitations.kondado.sandbox import Sandbox
from tests.factories import PASSWORD
from tests.processes import ROOT, environment, free_port, running, wait_until, worker

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def _sync_allowed() -> Iterator[None]:
    """Playwright runs an event loop in this thread, which Django would take for asynchronous code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture(scope="session")
def playwright(_sync_allowed: None) -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield chromium
    chromium.close()


class Desk:
    """Opens pages and remembers every complaint of theirs."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        self.address = address
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.contexts: list[BrowserContext] = []

    def open(self, path: str = "/", **options: Any) -> Page:
        """A page in a browser of its own."""
        context = self.browser.new_context(base_url=self.address, **options)
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8_000)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._look_at)
        page.goto(path)
        return page

    def sign_in(self, email: str, **options: Any) -> Page:
        """A page of somebody who has signed in by hand."""
        page = self.open("/login/", **options)
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.address}/")
        return page

    def _note(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _look_at(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.foreign.append(request.url)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5):
            return True
    except OSError:
        return False


@pytest.fixture(scope="session")
def web_settings() -> dict[str, str]:
    """Settings of the web process; its static files are collected as an installation does it."""
    chosen = {"DJANGO_SETTINGS_MODULE": "tests.e2e.settings", "WEB_CONCURRENCY": "1"}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **chosen}, check=True)
    return chosen


class Onward(BaseHTTPRequestHandler):
    """An end that leads on: from any address under /collection_guest/ to one beside it, on a host of another name."""

    def do_GET(self) -> None:
        if not self.path.startswith("/collection_guest/"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<title>The other end</title>")
            return
        self.send_response(302)
        self.send_header("Location", f"http://localhost:{self.server.server_port}/sign-in/")
        self.end_headers()

    def log_message(self, *_words: Any) -> None:
        """Nothing: the test looks at the browser."""


@pytest.fixture
def onward() -> Iterator[str]:
    """Host and port of a server at the other end that redirects."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Onward) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def portal(web_settings: dict[str, str], sandbox: Sandbox, onward: str, tmp_path: Path) -> Iterator[str]:
    """The address of a gunicorn that serves this test's database."""
    port = free_port()
    address = f"http://localhost:{port}"
    more = {**web_settings, "BIND": f"127.0.0.1:{port}", "PORTAL_URL": address}
    more["KONDADO_LINK_HOSTS"] = f"{sandbox.link_host},{onward}"
    with running(["-m", "gunicorn"], log=tmp_path / "web.log", env=environment(sandbox, **more)):
        wait_until(lambda: answers(address))
        yield address


@pytest.fixture
def desk(browser: Browser, portal: str) -> Iterator[Desk]:
    """Fails the test when a page complained, a violated content policy included."""
    desk = Desk(browser, portal)
    yield desk
    for context in desk.contexts:
        context.close()
    assert desk.complaints == []


@pytest.fixture
def start_worker(sandbox: Sandbox, tmp_path: Path) -> Iterator[Callable[[], object]]:
    """Starts the worker when it is called; gone when the test ends."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(worker(sandbox, log=tmp_path / "worker.log"))
