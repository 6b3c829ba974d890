"""`mahalle serve`: what it refuses, that it brings a dead child back, and that it leaves nothing running."""

import base64
import contextlib
import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from app.auth import people
from app.auth.people import NewUser
from app.auth.roles import Role
from app.cli import main
from app.errors import RefusedError
from app.store.server import PrivateServer

SECONDS = 60


@pytest.fixture
def command(settings, monkeypatch, capsys):
    """Give a command on a store of its own; returns its status and what it said."""
    monkeypatch.setenv("MAHALLE_HOME", str(settings.home))
    monkeypatch.setenv("MAHALLE_SOCKETS", str(settings.sockets))

    def _command(*words):
        with pytest.raises(SystemExit) as ended:
            main(["--language", "en", *words])
        return ended.value.code, capsys.readouterr()

    return _command


@pytest.fixture
def tls_files(tmp_path):
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
    ]
    subprocess.run([*words, "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0"], "without TLS"),
        (["--host", "10.1.2.3"], "without TLS"),
        (["--tls-cert", "nowhere.pem"], "go together"),
        (["--tls-cert", "nowhere.pem", "--tls-key", "nowhere.key"], "cannot be read"),
        (["--host", "0.0.0.0", "--behind-proxy"], "use 127.0.0.1"),
        (["--behind-proxy"], "needs its name"),
    ],
)
def test_a_network_is_refused_with_the_reason(command, words, said):
    code, output = command("serve", *words)
    assert code == 1
    assert said in output.err


def test_with_tls_and_a_name_an_administrators_phone_is_still_asked_for(command, tls_files, monkeypatch):
    monkeypatch.setenv("MAHALLE_WEB_HOSTS", '["risk.example.org"]')
    words = ["--host", "0.0.0.0", "--tls-cert", str(tls_files[0]), "--tls-key", str(tls_files[1])]
    code, output = command("serve", *words)
    assert code == 1
    assert "administrator has to have set a phone up" in output.err
    monkeypatch.setenv("MAHALLE_SECOND_FACTOR", "off")
    code, output = command("serve", *words)
    assert "for this machine only" in output.err


def test_a_phone_is_set_up_at_the_console(command, store, monkeypatch):
    now = dt.datetime.now(dt.UTC)
    people.add(store, NewUser(name="ada", display="Ada", role=Role.ADMIN), actor="test", now=now)
    given = {}

    def begin(opened, name):
        given["secret"], address = begin_phone(opened, name)
        return given["secret"], address

    def type_in(*_, **__):
        secret = base64.b32decode(given["secret"])
        return TOTP(secret, 6, SHA1(), 30).generate(int(time.time())).decode()

    begin_phone = people.begin_phone
    monkeypatch.setattr("app.auth.people.begin_phone", begin)
    monkeypatch.setattr("typer.prompt", type_in)
    code, output = command("users", "phone", "ada")
    assert code == 0, output.err
    assert given["secret"] in output.out.replace("\n", "")
    assert output.out.count("-") >= 30, "ten recovery codes in groups"
    assert people.is_ready_for_network(store)


class Running:
    """A `mahalle serve` of its own."""

    def __init__(self, settings):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environment = {
            **os.environ,
            "MAHALLE_HOME": str(settings.home),
            "MAHALLE_SOCKETS": str(settings.sockets),
        }
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def answers(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/saglik", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def wait(self, condition):
        until = time.monotonic() + SECONDS
        while not condition():
            assert self.process.poll() is None, self.process.stderr.read()
            assert time.monotonic() < until
            time.sleep(0.1)

    def children(self):
        found = {}
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                words = child.cmdline()
                found |= {name: child for name in ("service", "web") if name in words[3:4]}
        return found


def test_a_dead_child_comes_back_and_nothing_is_left_at_the_end(settings):
    running = Running(settings)
    try:
        running.wait(running.answers)
        for name in ("web", "service"):
            before = running.children()[name].pid
            os.kill(before, signal.SIGKILL)
            running.wait(lambda n=name, b=before: n in running.children() and running.children()[n].pid != b)
        running.wait(running.answers)
        left = psutil.Process(running.process.pid).children(recursive=True)
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(30) == 0
        assert not [child for child in left if child.is_running() and child.status() != "zombie"]
    finally:
        running.process.kill()
        _, said = running.process.communicate()
    assert said.count("yeniden başlatıldı") == 2


def test_a_database_of_our_own_starts_and_ends_with_the_pages_and_a_second_call_leaves_it(new_settings):
    settings = new_settings()
    running = Running(settings)
    try:
        running.wait(running.answers)
        second = Running(settings)
        _, said = second.process.communicate(timeout=SECONDS)
        assert second.process.returncode == 1
        assert "zaten sunuluyor" in said
        assert PrivateServer(settings).answers()
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(30) == 0
        assert not PrivateServer(settings).answers()
    finally:
        running.process.kill()
        running.process.communicate()


def test_a_wrong_code_leaves_the_network_shut(store):
    now = dt.datetime.now(dt.UTC)
    people.add(store, NewUser(name="ada", display="Ada", role=Role.ADMIN), actor="test", now=now)
    assert not people.is_ready_for_network(store)
    people.begin_phone(store, "ada")
    assert not people.is_ready_for_network(store)
    with pytest.raises(RefusedError, match=r"signin\.wrong_code"):
        people.confirm_phone(store, "ada", "000000x", actor="test", now=now)
    assert not people.is_ready_for_network(store)
