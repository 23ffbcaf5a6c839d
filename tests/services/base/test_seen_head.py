"""What a machine has seen outlives it, never goes back by itself, and is never half written."""

import threading

import pytest

from invitations.services.base import seen_head
from invitations.services.base.seen_head import DAMAGED, Head

ONE, TWO = Head(1, "1" * 64), Head(2, "2" * 64)


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


def test_nothing_is_known_at_first():
    assert seen_head.read() is None


def test_it_never_goes_back_by_itself():
    seen_head.note(TWO)
    seen_head.note(ONE)
    assert seen_head.read() == TWO

    with seen_head.locked():
        seen_head.replace(ONE)
    assert seen_head.read() == ONE


@pytest.mark.parametrize(
    "text", ["", "1:", "x", f"1:{'1' * 64}", f"1:{'1' * 63}g\n", f"1:{'1' * 64}\n\n", "\xff"]
)
def test_what_cannot_be_read_is_an_event_that_no_record_has(var, text):
    (var / "head").write_bytes(text.encode("latin-1"))
    assert seen_head.read() == DAMAGED


def test_only_its_user_reads_it_and_nothing_is_left_beside_it(var):
    seen_head.note(ONE)
    assert [path.name for path in var.iterdir()] == ["head"]
    assert (var / "head").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_away_is_said(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "away"
    with pytest.raises(OSError, match="away"):
        seen_head.note(ONE)


def test_many_at_once_leave_the_last():
    heads = [Head(number, f"{number:064x}") for number in range(1, 41)]
    threads = [threading.Thread(target=seen_head.note, args=[head]) for head in heads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen_head.read() == heads[-1]
