"""What happens to an installation in its life, in a system without a network; any step that differs ends it.

Runs on the bare system's own Python, so it uses nothing but the standard library.
"""

import base64
import errno
import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import time
from pathlib import Path

SRV = Path("/srv")
BUNDLE = SRV / "bundle"
HOST = "risk.ornek.bel.tr"
FILES = SRV / "girdi"
DEMO = ("--simulation",)
AREAS = ("--constructed", "--code-system", "TÜİK", "--valid-from", "2026-01-01")
LOADS = (
    ("areas", "mahalleler.geojson", *AREAS),
    ("population", "nufus.xlsx"),
    ("groups", "ilce_gruplari.csv"),
    ("centres", "merkezler.xlsx"),
    ("sites", "aday_yerler.xlsx"),
    ("form", "alan_taramasi.xlsx"),
    ("survey", "alan_taramasi_kobo.xlsx", "--campaign-kind", "sample"),
    ("cases", "basvurular.csv"),
)
told: dict[str, object] = {"seconds": {}, "mib": {}}


def say(text):
    sys.stdout.write(f"\n=== {text}\n")
    sys.stdout.flush()


def run(*words, status=0, **more):
    done = subprocess.run([str(word) for word in words], text=True, check=False, **more)
    assert done.returncode == status, f"{words}: {done.returncode}, wanted {status}"
    return done


def mahalle(*words, status=0):
    done = run("mahalle", "--json", *words, status=status, stdout=subprocess.PIPE)
    return json.loads(done.stdout) if done.stdout.strip() else {}


def timed(name, act):
    began = time.monotonic()
    found = act()
    told["seconds"][name] = round(time.monotonic() - began, 1)
    return found


def install(folder=BUNDLE, *words, status=0):
    return run(folder / "install.sh", *words, status=status, stdin=subprocess.DEVNULL)


def ask(path, host=HOST, accept="text/html"):
    context = ssl._create_unverified_context()
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", f"Accept: {accept}", "Connection: close", "", ""]
    answer = b""
    with (
        socket.create_connection(("127.0.0.1", 443), 20) as plain,
        context.wrap_socket(plain, server_hostname=host) as sealed,
    ):
        sealed.sendall("\r\n".join(lines).encode())
        while piece := sealed.recv(65536):
            answer += piece
    return int(answer.split()[1]), answer.decode("utf-8", "replace")


def phone_code(secret):
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def set_phone(name):
    words = ["mahalle", "--json", "users", "phone", name]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as asked:
        secret = json.loads(asked.stderr.readline())["secret"]
        asked.communicate(phone_code(secret) + "\n")
        assert asked.returncode == 0


def bundle_with(stamp, change=None):
    """The same bundle under another stamp, its checksums made anew."""
    made = SRV / f"bundle-{stamp}"
    shutil.copytree(BUNDLE, made, copy_function=os.link)
    release = made / "RELEASE"
    text = re.sub(r"STAMP=.*", f"STAMP={stamp}", release.read_text())
    release.unlink()
    release.write_text(text)
    for path, new in (change or {}).items():
        (made / path).unlink()
        (made / path).write_text(new)
        (made / path).chmod(0o755)
    changed = ["./RELEASE", *(f"./{path}" for path in change or {})]
    sums = (made / "SHA256SUMS").read_text().splitlines()
    kept = [line for line in sums if line.split("  ", 1)[1] not in changed]
    kept += [f"{hashlib.sha256((made / path).read_bytes()).hexdigest()}  {path}" for path in changed]
    (made / "SHA256SUMS").unlink()
    (made / "SHA256SUMS").write_text("\n".join(kept) + "\n")
    return made


def current():
    return Path("/opt/mahalle/current").resolve().name


def memory():
    """Proportional memory by OS user and program."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().replace("\0", " ")
            rollup = (process / "smaps_rollup").read_text()
        except OSError:
            continue
        name = "postgresql" if "postgres" in words[:60] else "nginx" if words.startswith("nginx") else None
        if "bin/mahalle" in words:
            name = words.split("bin/mahalle", 1)[1].split()[0]
        if name:
            kib = int(re.search(r"^Pss:\s+(\d+)", rollup, flags=re.MULTILINE)[1])
            found[name] = found.get(name, 0) + kib
    return {name: round(kib / 1024) for name, kib in sorted(found.items())}


def size(folder):
    done = run("du", "-sm", folder, stdout=subprocess.PIPE)
    return int(done.stdout.split()[0])


def cut_off():
    for address in ("192.0.2.1", "10.0.0.1"):
        try:
            socket.create_connection((address, 443), 3)
        except OSError as why:
            reason = why.errno
        else:
            reason = None
        assert reason == errno.ENETUNREACH, address  # unreachable: there is no network at all


def first_installation():
    timed("install", lambda: install(BUNDLE, "--admin", "yonetici", status=1))
    say("red until the administrator has a phone, then green")
    set_phone("yonetici")
    timed("install_again", install)
    assert ask("/giris")[0] == 200
    assert ask("/")[0] == 401
    assert (ask("/tiles/area/1/1/1/1.pbf", accept="*/*"))[0] == 401
    names = {path.name for path in Path("/var/lib/mahalle-web").rglob("*") if path.is_file()}
    assert names == {"planner.secret"}, names


def load():
    for kind, file, *words in LOADS:
        mahalle("load", kind, FILES / file, *DEMO, *words)
    mahalle("indicators", "set", FILES / "indicators.toml")
    mahalle("refresh", "--seed", "2026")
    for step in ("check", "approve", "publish"):
        mahalle("runs", step)
    mahalle("recommend", "--centres", "3")
    mahalle("plans", "publish")


def restore():
    folder = Path("/var/lib/mahalle/main/backups")
    run("systemctl", "start", "mahalle-backup.service")
    newest = max(folder.glob("*.backup"), key=lambda path: path.stat().st_mtime)
    told["mib"]["backup"] = round(newest.stat().st_size / (1 << 20), 1)
    words, copy = SRV / "words", Path("/var/lib/mahalle/anahtar.txt")
    words.write_text("bir iki uc dort bes alti\n")
    words.chmod(0o644)
    mahalle("keys", "export", copy, "--passphrase-file", words)
    mahalle("keys", "confirm", copy, "--passphrase-file", words)
    prova = ("--instance", "prova")
    mahalle(*prova, "keys", "import", copy, "--passphrase-file", words)
    made = timed("restore", lambda: mahalle(*prova, "restore", newest))
    assert sum(made["manifest"]["rows"].values()) > 10_000
    here, there = (mahalle(*where, "runs", "list") for where in ((), prova))
    assert here == there
    mahalle(*prova, "doctor")
    mahalle(*prova, "db", "stop")


def upgrade():
    before = current()
    runs = mahalle("runs", "list")
    timed("upgrade", lambda: install(bundle_with("20990101T000000Z")))
    assert current() != before
    assert current().endswith("20990101T000000Z")
    assert mahalle("runs", "list") == runs
    assert ask("/giris")[0] == 200
    assert list(Path("/var/lib/mahalle/main/backups").glob("*before-upgrade*"))


def failing_upgrade():
    before = current()
    script = (BUNDLE / "install.sh").read_text().replace("HEALTH_SECONDS=120", "HEALTH_SECONDS=15")
    unit = (BUNDLE / "files" / "mahalle-web.service").read_text()
    broken = re.sub(r"^ExecStart=.*$", "ExecStart=/bin/false", unit, flags=re.MULTILINE)
    change = {"install.sh": script, "files/mahalle-web.service": broken}
    worse = bundle_with("20990202T000000Z", change)
    timed("upgrade_undone", lambda: install(worse, status=1))
    assert current() == before
    assert not list(Path("/opt/mahalle/releases").glob("*20990202*"))
    assert ask("/giris")[0] == 200
    mahalle("doctor", "--deploy")


def altered_bundle():
    bad = bundle_with("20990303T000000Z")
    wheel = next((bad / "wheels").glob("mahalle-*.whl"))
    content = bytearray(wheel.read_bytes())
    content[100] ^= 1
    wheel.unlink()
    wheel.write_bytes(content)
    before = current()
    install(bad, status=1)
    assert current() == before


def uninstall():
    run("/opt/mahalle/current/uninstall.sh")
    assert not Path("/opt/mahalle").exists()
    assert not list(Path("/etc/systemd/system").glob("mahalle*"))
    assert Path("/var/lib/mahalle/main/secrets/keys.json").exists()
    say("back again: the data are found in place")
    install()
    assert mahalle("runs", "list")["runs"]
    run("/opt/mahalle/current/uninstall.sh", "--purge", "--yes")
    for path in ("/var/lib/mahalle", "/var/lib/mahalle-web", "/etc/mahalle", "/opt/mahalle"):
        assert not Path(path).exists(), path
    assert "mahalle" not in Path("/etc/passwd").read_text()


def main():
    told["seconds"]["files"] = int((SRV / "seconds-files").read_text())
    for name, act in (
        ("the network is cut off", cut_off),
        ("first installation", first_installation),
        ("load, refresh, recommend", lambda: timed("load_refresh_recommend", load)),
        ("backup and restore into another instance", restore),
        ("green", lambda: mahalle("doctor", "--deploy")),
    ):
        say(name)
        act()
    ask("/giris")
    told["mib"] |= {"release": size("/opt/mahalle/current/"), "data": size("/var/lib/mahalle/main")}
    told["memory_mib"] = memory()
    for name, act in (
        ("upgrade", upgrade),
        ("an upgrade that does not come to life is undone", failing_upgrade),
        ("an altered bundle is refused", altered_bundle),
        ("uninstall, and again with all data", uninstall),
    ):
        say(name)
        act()
    told["mib"]["bundle"] = size(BUNDLE)
    (SRV / "bundle-test.json").write_text(json.dumps(told, indent=1) + "\n")
    say(json.dumps(told))


if __name__ == "__main__":
    main()
