"""The private PostgreSQL: made once, started once, found again after every kind of crash."""

import contextlib
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from app.errors import ServerError
from app.store import bootstrap, processes
from app.store.logins import Login, url
from app.store.migrate import migrate
from app.store.server import PrivateServer
from app.store.session import Store

START = "import sys; from app.settings import Settings; from app.store import bootstrap; "
START += "print(bootstrap.make_private(Settings(home=sys.argv[1], sockets=sys.argv[2])))"


@pytest.fixture(scope="module")
def made(new_settings):
    """A cluster of its own, durable as in life, that these tests may hurt."""
    settings = new_settings()
    migrate(settings)
    return settings


@pytest.fixture
def server(made):
    """That cluster's server, running."""
    server = PrivateServer(made)
    server.start()
    return server


def wait_for_end(pid):
    """Wait until a killed process is gone."""
    for _ in range(200):
        if _is_dead(pid):
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} did not end")


def _is_dead(pid):
    try:
        return "Z" in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1]
    except FileNotFoundError:
        return True


def what_it_holds(settings):
    with contextlib.closing(Store.open(settings)) as store, store.session(Login.SERVICE) as session:
        return session.connection().exec_driver_sql("SELECT holds FROM agg.about").scalar()


def test_starting_again_does_nothing_and_keeps_the_process(server):
    before = server.status()
    assert server.start() is False
    assert server.status() == before
    assert before.running
    assert before.version in processes.installed()


def test_making_again_changes_no_secret(server, made):
    before = {path: path.read_text() for path in made.here.secrets.iterdir()}
    assert bootstrap.make_private(made) is False
    assert {path: path.read_text() for path in made.here.secrets.iterdir()} == before


def test_stopping_twice_says_that_it_was_stopped(server, made):
    assert server.stop() is True
    assert server.stop() is False
    state = server.status()
    assert (state.created, state.running, state.pid) == (True, False, None)
    assert what_it_holds(made) == "nothing"  # opening the store starts it again


def test_two_first_starts_at_once_make_one_server(new_settings):
    settings = new_settings()
    command = [sys.executable, "-c", START, settings.home, settings.sockets]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=60) for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    state = PrivateServer(settings).status()
    assert state.running
    with contextlib.closing(psycopg.connect(_address(settings, Login.OWNER))) as owner:
        assert owner.execute("SELECT to_regnamespace('meta') IS NOT NULL").fetchone() == (True,)


def _address(settings, login):
    return url(settings, login).set(drivername="postgresql").render_as_string(hide_password=False)


def test_a_killed_server_starts_again_with_its_data(server, made):
    pid = server.status().pid
    server.kill()
    wait_for_end(pid)
    assert not server.answers()
    assert server.start() is True
    assert server.status().pid != pid
    assert what_it_holds(made) == "nothing"


def test_a_pid_file_of_a_dead_process_is_no_obstacle(server, made):
    server.stop()
    gone = subprocess.Popen(["true"])
    gone.wait()
    _leave_pid_file(made, gone.pid)
    assert server.status().running is False
    assert server.stop() is False
    assert server.start() is True


def test_a_pid_file_whose_number_now_belongs_to_another_process_is_no_obstacle(server, made):
    server.stop()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        _leave_pid_file(made, stranger.pid)
        server.kill()  # must not take the stranger for ours
        assert server.start() is True
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_pid_file_with_nonsense_in_it_is_no_obstacle(server, made):
    server.stop()
    (made.here.cluster / "postmaster.pid").write_text("nonsense")
    assert server.start() is True


def _leave_pid_file(settings, pid):
    lines = (
        pid,
        settings.here.cluster,
        1_700_000_000,
        5432,
        settings.here.socket,
        "",
        "  5432001  0",
        "ready",
    )
    file = settings.here.cluster / "postmaster.pid"
    file.write_text("\n".join(map(str, lines)) + "\n")
    processes.own_for_server(file, settings.server_user)


def test_a_half_made_cluster_is_made_anew(new_settings):
    settings = new_settings()
    half = settings.here.folder / "pg.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15")
    server = PrivateServer(settings, durable=False)
    assert server.start() is True
    assert not half.exists()


def test_it_listens_on_its_socket_only(server, made):
    with server.connect() as admin:
        assert admin.execute("SHOW listen_addresses").fetchone() == ("",)
    inodes = _socket_inodes(server.status().pid)
    assert inodes
    for table in ("tcp", "tcp6", "udp", "udp6"):
        lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        # established loop-back pairs of the statistics collector aside, nothing of ours listens
        listening = {line.split()[9] for line in lines if line.split()[3] == "0A"}
        assert not inodes & listening
    assert stat.S_IMODE(made.here.socket.stat().st_mode) == 0o700


def _socket_inodes(pid):
    found = set()
    for handle in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            link = os.readlink(f"/proc/{pid}/fd/{handle}")
            if link.startswith("socket:["):
                found.add(link[8:-1])
    return found


def test_every_rule_asks_for_a_password_and_pages_carry_checksums(server):
    with server.connect() as admin:
        rules = admin.execute("SELECT type, auth_method FROM pg_hba_file_rules").fetchall()
        assert rules == [("local", "scram-sha-256")]
        for setting, value in (
            ("data_checksums", "on"),
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("synchronous_commit", "on"),
            ("password_encryption", "scram-sha-256"),
            ("log_statement", "none"),
            ("log_min_error_statement", "panic"),
        ):
            assert admin.execute(f"SHOW {setting}").fetchone() == (value,), setting


def test_nobody_enters_without_a_password(server, made):
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(host=str(made.here.socket), user="mahalle_admin", dbname="postgres")


def test_a_failed_statement_leaves_no_value_in_the_log(server, made):
    with server.connect() as admin, pytest.raises(psycopg.Error):
        admin.execute("SELECT 'Zeliha Kurmaca' = %s::int", ["Zeliha Kurmaca"])
    log = (made.here.folder / "log" / "postgresql.log").read_text()
    assert "SELECT 'Zeliha" not in log


def test_the_program_that_wrote_the_data_being_gone_is_said_with_the_package(server, made, monkeypatch):
    server.stop()
    have = max(processes.installed())
    bin_folder = processes.installed()[have]
    monkeypatch.setattr(processes, "installed", lambda: {have + 1: bin_folder})
    with pytest.raises(ServerError) as caught:
        server.start()
    assert caught.value.key == "server.version_gone"
    assert caught.value.fields == {"version": have, "have": str(have + 1)}


def test_a_machine_without_postgis_is_told_what_to_install(new_settings, monkeypatch):
    monkeypatch.setattr(processes, "installed", dict)
    with pytest.raises(ServerError) as caught:
        PrivateServer(new_settings()).start()
    assert caught.value.key == "server.not_installed"


def test_newer_dump_programs_read_older_servers(monkeypatch):
    have = max(processes.installed())
    folder = processes.installed()[have]
    monkeypatch.setattr(processes, "installed", lambda: {have: folder})
    assert processes.program("pg_dump", version=have - 1) == folder / "pg_dump"


def test_a_missing_account_is_said(new_settings):
    if os.geteuid():
        assert processes.own_for_server(new_settings().home, "nobody-of-this-name") is None
    else:
        with pytest.raises(ServerError) as caught:
            processes.own_for_server(new_settings().home, "nobody-of-this-name")
        assert caught.value.key == "server.no_account"


def test_a_socket_folder_of_another_user_is_refused(new_settings, monkeypatch):
    settings = new_settings()
    settings.sockets.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: settings.sockets.stat().st_uid + 4321)
    with pytest.raises(ServerError) as caught:
        PrivateServer(settings).start()
    assert caught.value.key == "server.sockets_not_ours"
