"""README's pictures, taken of a demo that is made for them: `python3 do.py pictures`. Writes docs/images/*.png."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from tests.processes import ROOT, free_port

IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1280, "height": 860}
READY = "Ctrl-C stops everything."
MOST_BYTES = 200_000
PATIENCE = 60_000  # milliseconds for one page, on a machine that does other things as well


@contextmanager
def demo() -> Iterator[str]:
    """What a fresh demo says once it is ready. It is stopped, and its data are gone, afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        ports = ["--port", str(free_port()), "--sandbox-port", str(free_port())]
        words = [sys.executable, "do.py", "run", *ports, "--data", folder]
        process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        said = ""
        try:
            while READY not in said:
                line = process.stdout.readline()
                if not line:
                    sys.exit("The demo did not start.")
                said += line
            yield said
        finally:
            process.terminate()
            process.wait()


def found(pattern: str, said: str) -> str:
    """The one thing in what the demo said."""
    match = re.search(pattern, said)
    assert match is not None, pattern
    return match[1]


def open_page(browser: Browser) -> Page:
    """A page of the pictures' size, in light colours."""
    page = browser.new_context(viewport=SIZE, color_scheme="light", locale="en").new_page()
    page.set_default_timeout(PATIENCE)
    return page


def take(page: Page, name: str) -> None:
    """What fits the window, as a file small enough for a README."""
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}: {size // 1000} kB")  # noqa: T201
    if size > MOST_BYTES:
        sys.exit("That is too large.")


def sign_in(page: Page, portal: str, password: str) -> None:
    """As the demo's manager."""
    page.goto(f"{portal}/login/")
    page.get_by_label("Email").fill("manager@example.com")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{portal}/")
    page.reload()  # without the word of welcome


def fill_in(page: Page, portal: str) -> None:
    """The form as it is just before it is sent, with what the guest will get beside it."""
    page.goto(f"{portal}/invitations/new/")
    page.get_by_label("Account", exact=True).select_option(label="Farol Digital")
    page.get_by_role("combobox", name="Connector").fill("Shopi")
    page.get_by_role("option", name="Shopify").first.click()
    page.get_by_label("Guest’s address").fill("luana.prado@livrariaipe.example")
    page.get_by_label("Guest’s name").fill("Luana Prado")
    page.get_by_role("heading", name="What the guest gets").click()
    page.get_by_text("Agência Farol").first.wait_for()


def take_all(browser: Browser, said: str) -> None:
    """The four pictures."""
    portal, stand_in = found(r"Convite is at (\S+)", said), found(r"the mails sent: (\S+)", said)
    manager = open_page(browser)
    sign_in(manager, portal, found(r"manager@example\.com +(\S+)", said))
    take(manager, "overview")
    manager.goto(f"{portal}/invitations/?stage=partly_connected")
    manager.locator("main tbody a").first.click()
    manager.get_by_role("heading", name="Invitation of").wait_for()
    take(manager, "invitation")
    fill_in(manager, portal)
    take(manager, "form")

    guest = open_page(browser)
    guest.goto(f"{stand_in}/mails/")
    guest.locator("tr", has_text="Agência Farol").get_by_role("link").first.click()
    guest.goto(guest.locator("pre a", has_text="/g/").first.get_attribute("href") or "")
    take(guest, "guest")


def main() -> None:
    """All of them, of one demo."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("There is no chromium here. On Debian: apt-get install chromium")
    IMAGES.mkdir(exist_ok=True)
    with demo() as said, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        take_all(browser, said)
        browser.close()


if __name__ == "__main__":
    main()
