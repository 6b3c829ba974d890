"""nginx itself, on ports of its own, with the site the installer writes and a stand-in for the pages."""

import http.client
import http.server
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from app.settings import Settings

HOST = "risk.ornek.bel.tr"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the headers it was sent."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("content-length", 0))
        self.rfile.read(length)
        said = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(said)))
        self.send_header("Strict-Transport-Security", "max-age=1")
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def door(installed, tmp_path_factory):
    """Ports of plain HTTP and of TLS."""
    folder = tmp_path_factory.mktemp("nginx")
    pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    plain, tls = free_port(), free_port()
    site = (installed / "etc/nginx/sites-enabled/mahalle").read_text()
    for old, new in (
        ("127.0.0.1:8501", f"127.0.0.1:{pages.server_port}"),
        ("listen 80", f"listen 127.0.0.1:{plain}"),
        ("listen 443", f"listen 127.0.0.1:{tls}"),
        ("listen [::]", "#"),
    ):
        assert old in site or old == "listen [::]"
        site = site.replace(old, new)
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    first = f"{user} pid {folder}/pid; error_log {folder}/log; daemon off; events {{}}"
    text = f"{first} http {{ {temporary} {site} }}"
    (folder / "nginx.conf").write_text(text)
    command = [shutil.which("nginx"), "-e", folder / "log", "-c", folder / "nginx.conf"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    running = subprocess.Popen(command)
    try:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", tls), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield plain, tls
    finally:
        running.terminate()
        running.wait(10)
        pages.shutdown()
        pages.server_close()


@pytest.fixture
def ask(door):
    """Ask through TLS; gives status, headers and what the pages were sent."""

    def _ask(method="GET", path="/", *, name=HOST, host=HOST, headers=None, body=None):
        context = ssl._create_unverified_context()
        with socket.create_connection(("127.0.0.1", door[1]), 10) as plain:
            sealed = context.wrap_socket(plain, server_hostname=name)
            given = {
                "Host": host,
                "Connection": "close",
                "Content-Length": str(len(body or b"")),
                **(headers or {}),
            }
            lines = [
                f"{method} {path} HTTP/1.1",
                *(f"{key}: {value}" for key, value in given.items()),
                "",
                "",
            ]
            with sealed:
                sealed.sendall("\r\n".join(lines).encode() + (body or b""))
                answer = http.client.HTTPResponse(sealed)
                answer.begin()
                text = answer.read()
        sent = json.loads(text) if answer.status == 200 else {}
        return answer.status, answer.headers, sent

    return _ask


def test_plain_http_leads_to_tls(door):
    asked = http.client.HTTPConnection("127.0.0.1", door[0], timeout=10)
    asked.request("GET", "/risk?a=1", headers={"Host": HOST})
    answer = asked.getresponse()
    asked.close()
    assert (answer.status, answer.headers["location"]) == (301, f"https://{HOST}/risk?a=1")


def test_another_name_gets_no_answer(door, ask):
    asked = http.client.HTTPConnection("127.0.0.1", door[0], timeout=10)
    asked.request("GET", "/", headers={"Host": "other.example"})
    with pytest.raises(http.client.RemoteDisconnected):
        asked.getresponse()
    asked.close()
    with pytest.raises(ssl.SSLError):
        ask(name="other.example")
    try:
        status, _, _ = ask(host="other.example")
    except http.client.RemoteDisconnected:
        status = 421
    assert status == 421


def test_the_pages_hear_the_true_address_and_no_other(ask):
    status, headers, sent = ask(
        headers={"X-Forwarded-For": "10.9.8.7", "X-Real-IP": "1.1.1.1", "Forwarded": "for=2.2.2.2"}
    )
    assert status == 200
    assert sent["x-forwarded-for"] == "127.0.0.1"
    assert sent["x-forwarded-proto"] == "https"
    assert sent["host"] == HOST
    assert "x-real-ip" not in sent
    assert "forwarded" not in sent
    assert headers.get_all("strict-transport-security") == ["max-age=31536000"]
    assert "/" not in headers["server"]


def test_websockets_pass(ask):
    _, _, sent = ask(path="/_stcore/stream", headers={"Connection": "Upgrade", "Upgrade": "websocket"})
    assert (sent["connection"], sent["upgrade"]) == ("upgrade", "websocket")


def test_only_uploads_may_be_large(ask):
    large = b"x" * (2 << 20)
    assert ask("PUT", "/uploads/1?from=0", body=large)[0] == 200
    assert ask("POST", "/giris", headers={"Content-Length": str(2 << 20)})[0] == 413
    assert (
        ask("PUT", "/uploads/1", headers={"Content-Length": str((Settings().upload_mib + 1) << 20)})[0] == 413
    )


def test_tries_to_sign_in_are_counted_and_views_of_the_form_are_not(ask):
    assert {ask("GET", "/giris")[0] for _ in range(40)} == {200}
    assert {ask("POST", "/giris", body=b"x")[0] for _ in range(40)} == {200, 429}
    assert ask("GET", "/giris")[0] == 200
