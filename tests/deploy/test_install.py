"""What the installer writes, and what it refuses before it touches anything."""

import json
import os
import re
import runpy
import stat
import subprocess
from pathlib import Path

import pytest

from app.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
SCRIPTS = [DEPLOY / "install.sh", DEPLOY / "uninstall.sh", DEPLOY / "bundle.sh", DEPLOY / "files" / "mahalle"]
UNITS = sorted((DEPLOY / "files").glob("*.service"))


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def values(root):
    lines = (root / "etc/mahalle/mahalle.env").read_text().splitlines()
    pairs = [line.partition("=") for line in lines if line.startswith("MAHALLE_")]
    return {name: value.strip("'") for name, _, value in pairs}


def environment(unit):
    return dict(re.findall(r"^Environment=(\w+)=(\S+)$", unit.read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_programs_a_shell_can_read(script):
    shell = script.read_text().split("\n", 1)[0].removeprefix("#!")
    assert os.access(script, os.X_OK)
    assert subprocess.run([shell, "-n", script], check=False).returncode == 0


def test_the_settings_are_those_the_application_reads(installed, monkeypatch):
    for name, value in values(installed).items():
        monkeypatch.setenv(name, value)
    assert Settings().web_hosts == ("risk.ornek.bel.tr",)


def test_the_key_of_the_certificate_is_closed(installed):
    assert mode(installed / "etc/mahalle/tls") == 0o700
    assert mode(installed / "etc/mahalle/tls/site.key") == 0o600


def test_a_second_run_keeps_what_was_given_once(installed, install):
    settings = installed / "etc/mahalle/mahalle.env"
    before = settings.read_text()
    settings.write_text(before + "MAHALLE_UPLOAD_MIB='200'\n")
    assert install(installed).returncode == 0
    assert settings.read_text() == before + "MAHALLE_UPLOAD_MIB='200'\n"
    assert "client_max_body_size 200m" in (installed / "etc/nginx/sites-available/mahalle").read_text()
    settings.write_text(before)
    assert install(installed).returncode == 0
    usual = f"client_max_body_size {Settings().upload_mib}m;"
    assert usual in (installed / "etc/nginx/sites-available/mahalle").read_text()


def test_several_names_reach_settings_and_nginx(tmp_path, install, new_certificate):
    certificate, key = new_certificate(tmp_path, "a.tr", "b.tr")
    words = ["--host-name", "a.tr", "--host-name", "b.tr", "--tls-cert", certificate, "--tls-key", key]
    assert install(tmp_path / "root", *words).returncode == 0
    assert json.loads(values(tmp_path / "root")["MAHALLE_WEB_HOSTS"]) == ["a.tr", "b.tr"]
    assert "server_name a.tr b.tr;" in (tmp_path / "root/etc/nginx/sites-enabled/mahalle").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ["--host-name", "a.tr;return 200"],
        ["--host-name", "A.tr"],
        ["--host-name"],
        ["--tls-cert", "x"],
        ["--language", "de"],
        ["--made-up"],
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_written(tmp_path, install, words):
    assert install(tmp_path / "root", *words).returncode != 0
    assert not (tmp_path / "root").exists()


def test_every_way_in_sets_the_same_places(installed):
    wrapper = (installed / "usr/local/bin/mahalle").read_text()
    ours = {unit.stem: environment(unit) for unit in UNITS}
    web = ours.pop("mahalle-web")
    said = dict(re.findall(r"\b(M[A-Z_]+|NUMBA_CACHE_DIR)=(\S+)", wrapper))
    assert len(ours) == 3
    for name, given in ours.items():
        assert given == said, name
    assert web["MAHALLE_SOCKETS"] == said["MAHALLE_SOCKETS"]
    assert web["MAHALLE_HOME"] != said["MAHALLE_HOME"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_no_unit_may_gain_rights(unit):
    text = unit.read_text()
    for line in ("NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "PrivateTmp=yes"):
        assert f"\n{line}\n" in text
    assert "User=root" not in text
    assert "\nUser=mahalle" in text


def test_the_service_may_still_shut_its_reading_child_off_and_compile():
    text = (DEPLOY / "files" / "mahalle-service.service").read_text()
    assert "\nRestrictNamespaces=user net\n" in text
    assert "\nMemoryDenyWriteExecute" not in text


def test_no_unit_that_ends_takes_the_shared_memory_of_the_database_with_it():
    """systemd's RemoveIPC= removes what the unit's user owns, in whichever unit it was made."""
    named = [unit.stem for unit in UNITS if "\nRemoveIPC=yes\n" in unit.read_text()]
    assert named == ["mahalle-web"]


def test_the_pages_see_nothing_of_the_service_and_no_network_but_this_machine():
    text = (DEPLOY / "files" / "mahalle-web.service").read_text()
    assert "InaccessiblePaths=/var/lib/mahalle " in text
    assert "IPAddressDeny=any\nIPAddressAllow=localhost\n" in text


@pytest.fixture
def bundle(tmp_path):
    """A bundle's beginnings with its checksums."""
    (tmp_path / "RELEASE").write_text("VERSION=1\nSTAMP=1\n")
    (tmp_path / "install.sh").write_bytes((DEPLOY / "install.sh").read_bytes())
    (tmp_path / "a.whl").write_text("wheel")
    names = ["RELEASE", "a.whl", "install.sh"]
    sums = subprocess.run(["sha256sum", *names], cwd=tmp_path, capture_output=True, text=True, check=True)
    (tmp_path / "SHA256SUMS").write_text(sums.stdout)
    return tmp_path


@pytest.mark.parametrize("change", ["altered", "missing"])
def test_a_damaged_bundle_is_refused(bundle, change):
    wheel = bundle / "a.whl"
    wheel.write_text("other") if change == "altered" else wheel.unlink()
    # the checks alone, without the ones that need this machine to be the server
    script = (bundle / "install.sh").read_text().removesuffix('main "$@"\n')
    done = subprocess.run(
        ["bash", "-c", f'{script}\nhere="{bundle}"\nverify'], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "a.whl" in done.stdout + done.stderr


def test_the_lock_of_a_bundle_runs_the_application_and_nothing_else():
    made = runpy.run_path(str(DEPLOY / "runtime_lock.py"))
    lock = made["blocks"]((DEPLOY.parent / "requirements.lock").read_text("utf-8"))
    needed = made["needed"]("mahalle")
    assert {"streamlit", "psycopg-binary", "numba", "uvicorn"} <= needed
    assert not needed & {"pytest", "mypy", "ruff", "playwright", "uv", "mahalle"}
    assert all("--hash=sha256:" in entry for name in needed for entry in lock[name])
