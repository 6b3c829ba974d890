"""The look at a whole server is green only where everything is in place, and names each thing that is not."""

import contextlib
import datetime as dt
import http.server
import os
import pwd
import ssl
import threading

import pytest

from app.i18n import catalogue
from app.store import backup
from app.store.doctor import certificate, deployment
from app.store.logins import Login, secret_file

HOST = "risk.ornek.bel.tr"
WEB = pwd.getpwnam("nobody")
# only root can give the pages' secret to another user
SECRET = "deploy.web_secret" if os.geteuid() == 0 else "deploy.web_secret_stale"


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/saglik" else 404)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(context=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def place(settings, tmp_path, new_certificate, monkeypatch):
    """A server on which all is well, but for who owns the pages' secret where root does not run the tests."""
    settings = settings.model_copy(update={"web_hosts": (HOST,)})
    home = tmp_path / "web"
    held = home / settings.instance / "secrets"
    held.mkdir(parents=True)
    mine = held / "planner.secret"
    mine.touch(mode=0o600)
    mine.write_text(secret_file(settings, Login.PLANNER).read_text())
    if os.geteuid() == 0:
        os.chown(mine, WEB.pw_uid, WEB.pw_gid)
    cert, key = new_certificate(tmp_path, HOST)
    site = tmp_path / "mahalle"
    site.write_text(f"server {{\n\tserver_name {HOST};\n}}\n")
    backup.backup(settings)
    monkeypatch.setattr(deployment.os, "geteuid", lambda: 0)
    monkeypatch.setattr(deployment.site, "service_health", lambda _: {"ok": True, "network": True})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with serving() as web, serving(context) as tls:
        places = deployment.Places(
            web_user=WEB.pw_name,
            web_home=home,
            certificate=cert,
            key=key,
            nginx_site=site,
            web_port=web,
            tls_port=tls,
        )
        yield settings, places


def look(place, *, days=0, **changes):
    settings, places = place
    now = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    settings = settings.model_copy(update=changes)
    return deployment.examine(settings, places, now=now)


def wrong(found):
    return {finding.key for finding in found if finding.level == "error"} - {SECRET}


def test_all_is_well(place):
    found = look(place)
    assert wrong(found) == set(), found
    assert {finding.key for finding in found} == {
        "deploy.second_factor",
        "deploy.hosts",
        "deploy.service",
        "deploy.admin",
        "deploy.web_user",
        SECRET,
        "deploy.tls",
        "deploy.nginx",
        "deploy.web",
        "deploy.front",
        "deploy.backup",
        "deploy.clock",
    }


def test_only_root_can_tell(place, monkeypatch):
    monkeypatch.setattr(deployment.os, "geteuid", lambda: 1000)
    assert [finding.key for finding in look(place)] == ["deploy.not_root"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [({"second_factor": "off"}, "deploy.second_factor_off"), ({"web_hosts": ()}, "deploy.no_hosts")],
)
def test_settings_that_leave_the_door_open(place, changes, key):
    assert wrong(look(place, **changes)) == {key}


@pytest.mark.parametrize(
    ("health", "key"), [({}, "deploy.service_silent"), ({"network": False}, "deploy.no_admin")]
)
def test_a_silent_service_and_an_administrator_without_a_phone(place, monkeypatch, health, key):
    monkeypatch.setattr(deployment.site, "service_health", lambda _: health)
    assert wrong(look(place)) == {key}


def test_pages_without_a_user_of_their_own(place):
    settings, places = place
    nobody = deployment.Places(web_user="no-such-user", web_home=places.web_home)
    found = deployment.guarded(lambda: deployment._users(settings, nobody))
    assert [finding.key for finding in found] == ["deploy.no_web_user"]


def test_secrets_that_the_pages_could_read_are_each_named(place, monkeypatch):
    monkeypatch.setattr(deployment, "may_read", lambda path, **_: path.name == "service.secret")
    found = [finding for finding in look(place) if finding.key == "deploy.web_reads"]
    assert [os.path.basename(finding.fields["file"]) for finding in found] == ["service.secret"]


def test_who_may_read_follows_owner_group_and_others_on_the_whole_way(tmp_path):
    tmp_path.chmod(0o755)
    folder = tmp_path / "a"
    folder.mkdir()
    file = folder / "secret"
    file.touch()
    own, group, other = os.geteuid(), os.getegid(), 54_321

    def may(user, groups, way, mode):
        folder.chmod(way)
        file.chmod(mode)
        return deployment._allowed(folder, user, groups, 0o100) and deployment._allowed(
            file, user, groups, 0o400
        )

    assert may(own, {group}, 0o700, 0o600)
    assert not may(other, {other}, 0o700, 0o644)
    assert not may(other, {other}, 0o711, 0o640)
    assert may(other, {other}, 0o711, 0o644)
    assert may(other, {group}, 0o710, 0o640)
    assert not may(other, {group}, 0o701, 0o640)
    folder.chmod(0o700)
    assert not deployment.may_read(file, user=other, groups={other})


def test_pages_that_hold_another_secret_or_an_old_one(place):
    settings, places = place
    held = places.web_home / settings.instance / "secrets"
    (held / "service.secret").touch(mode=0o600)
    assert wrong(look(place)) == {"deploy.web_holds_more"}
    (held / "service.secret").unlink()
    (held / "planner.secret").write_text("old")
    assert {finding.key for finding in look(place)} >= {"deploy.web_secret_stale"}
    (held / "planner.secret").chmod(0o644)
    assert wrong(look(place)) == {"doctor.secret_open"}
    (held / "planner.secret").unlink()
    assert wrong(look(place)) == {"doctor.secret_missing"}


def test_a_certificate_near_its_end_or_of_another_name_or_key(place, new_certificate, tmp_path):
    assert wrong(look(place, days=352)) >= {"deploy.tls_ends"}
    assert wrong(look(place, web_hosts=("other.bel.tr",))) == {"deploy.tls_names", "deploy.nginx_names"}
    (tmp_path / "other").mkdir()
    other, _ = new_certificate(tmp_path / "other", HOST)
    place[1].certificate.write_bytes(other.read_bytes())
    assert wrong(look(place)) == {"deploy.tls_other_key", "deploy.front_other_certificate"}
    place[1].certificate.write_text("no certificate")
    assert "deploy.tls_unreadable" in wrong(look(place))
    place[1].certificate.unlink()
    assert "deploy.unreadable" in wrong(look(place))


def test_a_certificate_of_tomorrow_and_an_open_key(place, new_certificate, tmp_path):
    new_certificate(tmp_path, HOST, begins=1)
    place[1].key.chmod(0o644)
    assert {"deploy.tls_not_yet", "doctor.secret_open"} <= wrong(look(place))


def test_a_star_stands_for_one_part(tmp_path, new_certificate):
    found = certificate.read(new_certificate(tmp_path, "*.bel.tr")[0])
    assert certificate.covers(found, "Risk.bel.tr")
    assert not certificate.covers(found, "a.risk.bel.tr")
    assert not certificate.covers(found, "bel.tr")


def test_silent_pages_and_a_silent_front_door(place):
    settings, places = place
    with serving() as gone:
        pass
    shut = deployment.Places(web_port=gone, tls_port=gone, certificate=places.certificate)
    (found,) = deployment.site.pages(shut.web_port)
    assert found.key == "deploy.web_silent"
    (found,) = deployment.site.front(settings.web_hosts, shut.tls_port, shut.certificate)
    assert found.key == "deploy.front_silent"


def test_no_backup_of_the_last_night_or_a_damaged_one(place):
    settings, _ = place
    assert "deploy.backup_old" in wrong(look(place, days=2))
    (file,) = settings.here.backups.glob("*.backup")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    assert wrong(look(place)) == {"backup.damaged"}
    file.unlink()
    assert wrong(look(place)) == {"deploy.backup_old"}


def test_a_clock_behind_its_own_records(place):
    assert "deploy.clock_wrong" in wrong(look(place, days=-2))


def test_every_finding_has_words(place):
    for finding in look(place):
        for language in ("tr", "en"):
            catalogue(language)[finding.key].format(**finding.fields)
