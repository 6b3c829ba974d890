"""Whether the processes answer, and whether the front door shows the certificate that is on disk."""

import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from app.client import Client
from app.errors import ServerError
from app.settings import Settings
from app.store.doctor import certificate
from app.store.doctor.finding import Finding

HERE = "127.0.0.1"
HEALTH = "/saglik"
SECONDS = 10.0


def service_health(settings: Settings) -> Mapping[str, object]:
    """What the service says of itself; empty where it is silent."""
    with contextlib.suppress(ServerError):
        return Client(settings.here.service_socket).get("/health")
    return {}


def pages(port: int) -> Iterator[Finding]:
    """Whether the process of the pages answers."""
    asked = http.client.HTTPConnection(HERE, port, timeout=SECONDS)
    try:
        asked.request("GET", HEALTH)
        well = asked.getresponse().status == 200
    except OSError:
        well = False
    finally:
        asked.close()
    yield Finding("ok" if well else "error", "deploy.web" if well else "deploy.web_silent", {"port": port})


def front(hosts: Sequence[str], port: int, file: Path) -> Iterator[Finding]:
    """Whether nginx passes each name on to the pages, and shows the certificate of `file`."""
    for host in hosts:
        try:
            status, shown = _ask(host, port)
        except OSError as why:
            yield Finding("error", "deploy.front_silent", {"host": host, "why": str(why)})
            continue
        known = certificate.read(file)
        if known is None or shown != known.public_bytes(Encoding.DER):
            yield Finding("error", "deploy.front_other_certificate", {"host": host})
        elif status != 200:
            yield Finding("error", "deploy.front_status", {"host": host, "status": status})
        else:
            yield Finding("ok", "deploy.front", {"host": host})


def _ask(host: str, port: int) -> tuple[int, bytes | None]:
    """Status of the health page under a name, and the certificate shown, in DER."""
    # who signed it is for browsers to judge: the certificate itself is compared with the file
    context = ssl._create_unverified_context()  # noqa: S323
    with (
        socket.create_connection((HERE, port), SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as sealed,
    ):
        sealed.sendall(f"GET {HEALTH} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = http.client.HTTPResponse(sealed)
        answer.begin()
        return answer.status, sealed.getpeercert(binary_form=True)
