"""What must be wired up at the start, because nothing else would miss it."""

import subprocess
import sys

WIRED = ("invitations.checks", "invitations.account_events")


def test_the_app_wires_up_its_checks_and_what_listens_to_sign_ins():
    """In a process of its own: here, another test may have imported them."""
    said = f"import django; django.setup(); import sys; print([name in sys.modules for name in {WIRED}])"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[True, True]"
