"""Stand-in for systemctl: starts a unit's ExecStart as its user, with what of its sandbox needs no systemd.

Kept: user and groups, environment, no new privileges, no capabilities, a read-only system but for the unit's
own folders, private /tmp, hidden folders, private network. Not kept: filters of system calls and addresses.
"""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

UNITS = Path("/etc/systemd/system")
STATE = Path("/run/units")
LOGS = Path("/var/log/units")
QUIET = ("daemon-reload", "enable", "is-enabled", "preset", "mask", "unmask")


class Unit:
    """One unit file."""

    def __init__(self, name):
        self.name = name.removesuffix(".service")
        self.lines = []
        for line in (UNITS / f"{self.name}.service").read_text().splitlines():
            key, sign, value = line.partition("=")
            if sign and not line.startswith("#"):
                self.lines.append((key, value))

    def all(self, key):
        return [value for name, value in self.lines if name == key and value]

    def one(self, key, default=""):
        return (self.all(key) or [default])[-1]

    @property
    def environment(self):
        found = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        found |= dict(value.split("=", 1) for value in self.all("Environment"))
        for file in self.all("EnvironmentFile"):
            pairs = re.findall(r"^(MAHALLE_\w+)=(.*)$", Path(file).read_text(), flags=re.MULTILINE)
            found |= {name: value.strip("'") for name, value in pairs}
        return found

    def command(self, key):
        """The unit's command within its sandbox."""
        user = self.one("User")
        own = " ".join(self.all("ReadWritePaths")).split()
        own += [f"/var/cache/{folder}" for folder in self.all("CacheDirectory")]
        hidden = " ".join(self.all("InaccessiblePaths")).split()
        shut = ["set -e", *(f"mount --bind {folder} {folder}" for folder in own)]
        shut += [f"mount -t tmpfs -o mode=000,ro tmpfs {folder}" for folder in hidden]
        shut += ["mount -t tmpfs -o mode=1777 tmpfs /tmp", "mount -o remount,bind,ro /", "cd /"]
        who = f"setpriv --reuid={user} --regid={self.one('Group')} --init-groups --no-new-privs"
        shut.append(f"exec {who} --bounding-set=-all --inh-caps=-all -- {self.one(key)}")
        network = ["--net"] if self.one("PrivateNetwork") == "yes" else []
        return ["unshare", "--mount", *network, "sh", "-c", "\n".join(shut)]

    @property
    def pid_file(self):
        return Path(self.one("PIDFile") or STATE / f"{self.name}.pid")

    def pid(self):
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(self.pid_file.read_text().split()[0])
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
                return pid
        return None

    def run(self, key):
        """Start; waits for all but simple services."""
        LOGS.mkdir(parents=True, exist_ok=True)
        STATE.mkdir(parents=True, exist_ok=True)
        with (LOGS / f"{self.name}.log").open("a") as log:
            started = subprocess.Popen(
                self.command(key),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if key == "ExecStart" and self.one("Type") == "simple":
            self.pid_file.write_text(str(started.pid))
            return 0
        return started.wait()

    def start(self):
        return 0 if self.pid() else self.run("ExecStart")

    def stop(self):
        if self.all("ExecStop"):
            return self.run("ExecStop") if self.pid() else 0
        if pid := self.pid():
            os.kill(pid, signal.SIGTERM)
            until = time.monotonic() + 30
            while self.pid() and time.monotonic() < until:
                time.sleep(0.1)
        return 0

    def restart(self):
        return self.stop() or self.start()


def nginx(what):
    file = Path("/run/nginx.pid")  # `nginx -t` leaves an empty one
    running = file.exists() and file.read_text().strip() != ""
    if what == "stop":
        return subprocess.call(["nginx", "-s", "stop"]) if running else 0
    return subprocess.call(["nginx", "-s", "reload"] if running else ["nginx"])


def main(words):
    plain = [word for word in words if not word.startswith("-")]
    what, names = plain[0], plain[1:]
    if what in QUIET:
        return 0
    status = 0
    for name in names:
        if name.startswith("nginx"):
            status |= nginx("stop" if what == "stop" else "start")
        elif name.startswith("mahalle") and not name.endswith(".timer"):
            unit = Unit(name)
            act = {"start": unit.start, "stop": unit.stop, "restart": unit.restart, "disable": unit.stop}
            status |= act[what]() if what in act else int(unit.pid() is None)
    return status


if __name__ == "__main__":
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / "called").open("a") as called:
        called.write(shlex.join(sys.argv[1:]) + "\n")
    raise SystemExit(main(sys.argv[1:]))
