"""`backup` and `restore` as processes: whole or not at all, under use, on a full disk, killed in the middle."""

# ruff: noqa: S608 - fixed words and paths of this test's own are put into statements

import base64
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.portals import SQLITE, Portal
from tests.processes import ROOT, stop, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
HELD = [("everything", "restored")]


def key(letter: str) -> str:
    return base64.urlsafe_b64encode(letter.encode() * 32).decode()


@pytest.fixture
def one(one: Portal) -> Portal:
    """With a key of its own."""
    one.more["BACKUP_KEYS"] = key("b")
    return one


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    place = tmp_path / "shelf"
    place.mkdir()
    return place


def refused(one: Portal, *words: str, **more: str) -> str:
    """What a command says that ends with 1 and no traceback."""
    result = one.manage(*words, **more)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    return result.stderr


def left_in(one: Portal) -> list[str]:
    """What a backup or a restore may leave behind in VAR_DIR."""
    return [path.name for path in one.var.iterdir() if path.name.startswith(("backup-", "convite.sqlite3.r"))]


def test_what_was_backed_up_comes_back_and_nothing_is_sent_twice(one, sandbox, shelf):
    one.queue(3)
    said = one.done("backup", str(shelf / "first"))
    assert "rows, read back" in said
    assert (shelf / "first").stat().st_mode & 0o777 == 0o600
    assert b"@example.com" not in (shelf / "first").read_bytes()
    one.work()
    assert one.statuses() == ["ready"] * 3

    said = one.done("restore", str(shelf / "first"), "--yes")

    assert "Sending is stopped" in said
    assert one.statuses() == ["queued"] * 3
    assert one.standing() == HELD
    one.work()
    assert len(sandbox.calls) == 3
    assert "sound" in one.done("verify_audit")
    assert left_in(one) == []
    one.done("holds", "--release", "1", "--by", "admin@example.com")
    assert one.manage("backup", str(shelf / "second")).returncode == 0
    assert one.manage("restore", str(shelf / "second"), "--yes").returncode == 0
    assert one.standing() == HELD


def test_the_former_database_is_kept_and_comes_back_as_well(one, sandbox, shelf):
    one.queue(1)
    one.done("backup", str(shelf / "first"))
    one.work()

    said = one.done("restore", str(shelf / "first"), "--yes")

    kept = Path(said.partition("kept as ")[2].partition(". Remove")[0])
    assert kept.stat().st_mode & 0o777 == 0o600
    if SQLITE:
        with suppress(FileNotFoundError):
            one.file.with_name(one.file.name + "-wal").unlink()
        kept.replace(one.file)
    else:
        one.done("restore", str(kept), "--yes")
    assert one.statuses() == ["ready"]


def test_a_backup_never_overwrites_and_has_a_new_name_each_time(one, shelf):
    (shelf / "mine").write_text("mine")
    assert "never overwrites" in refused(one, "backup", str(shelf / "mine"))
    assert "no folder" in refused(one, "backup", str(shelf / "away" / "x"))
    one.done("backup", str(shelf))
    assert (shelf / "mine").read_text() == "mine"
    assert [path.suffix for path in shelf.iterdir() if path.name != "mine"] == [".backup"]


def test_keys_are_given_apart(one, shelf):
    file = shelf / "first"
    assert "no key" in refused(one, "backup", str(file), BACKUP_KEYS="")
    same = os.environ["FIELD_KEYS"]
    assert "another one than FIELD_KEYS" in refused(one, "backup", str(file), BACKUP_KEYS=same)
    (shelf / "key").write_text(key("c") + "\n")
    one.done("backup", str(file), "--key-file", str(shelf / "key"), BACKUP_KEYS="")

    assert "another key" in refused(one, "restore", str(file), "--yes")
    one.done("restore", str(file), "--yes", BACKUP_KEYS=f"{key('b')},{key('c')}")


def test_a_backup_that_was_cut_or_changed_changes_nothing(one, shelf):
    one.queue(1)
    one.done("backup", str(shelf / "good"))
    good = (shelf / "good").read_bytes()
    for name, text in (("cut", good[:-1]), ("short", good[:200]), ("changed", good[:-9] + b"x" + good[-8:])):
        (shelf / name).write_bytes(text)
        assert "damaged" in refused(one, "restore", str(shelf / name), "--yes")
    assert "not a backup" in refused(one, "restore", str(ROOT / "manage.py"), "--yes")
    assert one.statuses() == ["queued"]
    assert one.standing() == []


def test_it_asks_unless_told_not_to(one, shelf):
    one.queue(1)
    one.done("backup", str(shelf / "first"))
    one.queue(1)
    for answer in ("", "no\n", "y\n"):
        assert one.manage("restore", str(shelf / "first"), given=answer).returncode == 1
    assert one.statuses() == ["queued"] * 2
    assert one.manage("restore", str(shelf / "first"), given="yes\n").returncode == 0
    assert one.statuses() == ["queued"]


def test_a_restore_waits_for_nobody_who_lives(one, sandbox, shelf, tmp_path):
    one.done("backup", str(shelf / "first"))
    with one.start("run_worker", log="worker") as worker:
        wait_until(lambda: "worker started" in (tmp_path / "worker").read_text())
        assert "runs. Stop every one" in refused(one, "restore", str(shelf / "first"), "--yes")
        stop(worker)
    with one.start("runserver", "--noreload", "127.0.0.1:0", log="web"):
        wait_until(lambda: "Starting development server" in (tmp_path / "web").read_text())
        assert "runs. Stop every one" in refused(one, "restore", str(shelf / "first"), "--yes")
    one.ask(
        "INSERT INTO invitations_workerbeat (name, started_at, beat_at, problem) "
        f"VALUES ('elsewhere:1', {NOW}, {NOW}, '')"
    )
    assert "elsewhere:1" in refused(one, "restore", str(shelf / "first"), "--yes")
    one.ask("DELETE FROM invitations_workerbeat")
    one.done("restore", str(shelf / "first"), "--yes")


NOW = "datetime('now')" if SQLITE else "now()"


def test_a_backup_under_use_is_of_one_moment(one, sandbox, shelf):
    one.queue(4)
    with one.start("run_worker") as worker:
        for name in ("one", "two", "three"):
            one.done("backup", str(shelf / name))
        stop(worker)
    for name in ("one", "two", "three"):
        one.done("restore", str(shelf / name), "--yes")
        assert "sound" in one.done("verify_audit")


def test_a_full_disk_leaves_nothing(one, shelf):
    one.queue(1)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", shelf], check=True)
    try:
        assert "could not be written" in refused(one, "backup", str(shelf / "first"))
        assert list(shelf.iterdir()) == []
    finally:
        subprocess.run(["umount", shelf], check=True)
    assert left_in(one) == []
    assert one.statuses() == ["queued"]


def limited(one: Portal, *words: str) -> subprocess.CompletedProcess[str]:
    """A command that may write no file beyond 200 kB, which is how a full disk looks from inside."""
    code = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)); "
    code += "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    words = (sys.executable, "-c", code, "manage.py", *words)
    return subprocess.run(
        words, cwd=ROOT, env=one.env(), capture_output=True, text=True, check=False, timeout=100
    )


def test_a_restore_onto_a_full_disk_leaves_the_old_one(one, shelf):
    one.queue(1)
    one.done("backup", str(shelf / "first"))
    one.queue(1)
    if SQLITE:
        result = limited(one, "restore", str(shelf / "first"), "--yes")
        assert (result.returncode, "as it was" in result.stderr) == (1, True)
        assert left_in(one) == []
    assert one.statuses() == ["queued"] * 2
    one.done("restore", str(shelf / "first"), "--yes")
    assert one.statuses() == ["queued"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("wait", [0.3, 0.8, 1.3, 1.8, 2.5])
def test_a_backup_that_is_killed_leaves_no_file_and_the_next_one_works(one, shelf, wait, number):
    one.queue(1)
    with one.start("backup", str(shelf / "first")) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(wait)
        process.send_signal(number)
        process.wait()
    if not (shelf / "first").exists():
        one.done("backup", str(shelf / "first"))
    assert [path.name for path in shelf.iterdir()] == ["first"]
    assert left_in(one) == []
    one.done("restore", str(shelf / "first"), "--yes")


@pytest.mark.parametrize("wait", [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0])
def test_a_restore_that_is_killed_leaves_the_old_one_or_the_new_one(one, sandbox, shelf, wait):
    one.queue(2)
    one.done("backup", str(shelf / "first"))
    one.work()
    with one.start("restore", str(shelf / "first"), "--yes") as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(wait)
        process.kill()
        process.wait()

    wait_until(lambda: one.statuses() in (["ready"] * 2, ["queued"] * 2))
    one.work()  # on whichever it is now
    assert len(sandbox.calls) == 2
    assert one.statuses() == ["ready"] * 2 or one.standing() == HELD
    one.done("restore", str(shelf / "first"), "--yes")
    one.work()
    assert len(sandbox.calls) == 2
    assert one.standing() == HELD
    assert "sound" in one.done("verify_audit")


if SQLITE:

    def test_a_damaged_database_with_its_log_beside_it_is_replaced(one, sandbox, shelf):
        one.queue(2)
        one.done("backup", str(shelf / "first"))
        with one.start("run_worker") as worker:
            wait_until(lambda: one.statuses() == ["ready"] * 2)
            worker.kill()
            worker.wait()
        with one.file.open("r+b") as file:
            file.seek(100)
            file.write(os.urandom(20_000))

        one.done("restore", str(shelf / "first"), "--yes")

        assert one.statuses() == ["queued"] * 2
        one.work()
        assert len(sandbox.calls) == 2

    def test_another_program_that_has_the_file_open_is_noticed(one, shelf):
        one.queue(1)
        one.done("backup", str(shelf / "first"))
        code = f"import sqlite3, time; c = sqlite3.connect({str(one.file)!r}); c.execute('SELECT * FROM cache'); "
        code += "print('open', flush=True); time.sleep(100)"
        words = [sys.executable, "-c", code]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as other:
            assert other.stdout.readline()
            assert "Another program" in refused(one, "restore", str(shelf / "first"), "--yes")
            other.kill()
        one.done("restore", str(shelf / "first"), "--yes")

    def test_a_lost_database_comes_back_from_nothing(one, shelf):
        one.queue(1)
        one.done("backup", str(shelf / "first"))
        one.file.unlink()
        one.done("restore", str(shelf / "first"), "--yes")
        assert one.statuses() == ["queued"]

else:

    def test_rights_are_taken_away_again(one, shelf):
        one.queue(1)
        one.ask(f"GRANT ALL ON invitations_auditevent TO {one.runtime}")
        assert "has the right to" in refused(one, "verify_audit")
        one.done("backup", str(shelf / "first"))

        one.done("restore", str(shelf / "first"), "--yes")

        assert "sound" in one.done("verify_audit")

    def test_an_empty_database_of_another_server_is_filled(one, shelf, blank_portal):
        one.queue(1)
        one.done("backup", str(shelf / "first"))
        with blank_portal.database() as (url, owner_url):
            there = {"DATABASE_URL": url, "MIGRATION_DATABASE_URL": owner_url}
            one.done("restore", str(shelf / "first"), "--yes", **there)
            assert "sound" in one.done("verify_audit", **there)

    def test_tables_of_a_later_version_do_not_stay(one, shelf):
        one.done("backup", str(shelf / "first"))
        one.ask("CREATE TABLE later (id int)")
        one.done("restore", str(shelf / "first"), "--yes")
        assert one.ask("SELECT to_regclass('later')") == [(None,)]

    def test_somebody_who_is_connected_is_noticed(one, shelf):
        one.done("backup", str(shelf / "first"))
        with one.connected():
            assert "connected" in refused(one, "restore", str(shelf / "first"), "--yes")
