"""All benchmarks: prints a table and writes `out/bench.json`.

Each row is {name, value, unit, peer, ratio, target, met}; `met` is null where nothing was promised.
Run by `make bench` on an otherwise idle machine.
"""

import datetime as dt
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree

import psutil
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
SECONDS_BETWEEN_LOOKS = 0.2
MIB = 1 << 20


def row(name, value, unit, *, target=None, peer=None):
    """One line of the table; a target is an upper limit."""
    ratio = None if not peer else round(value / peer, 4)
    met = None if target is None else bool(value <= target)
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "peer": peer,
        "ratio": ratio,
        "target": target,
        "met": met,
    }


def main():
    """Run everything, longest last."""
    quick = [*stages(), *whole_demonstration(), *models(), *siting(), *travel(), *pages()]
    show([*quick, *recovery(), *studies()], "bench")


def show(rows, name):
    """Print the table, write `out/<name>.json`, and fail where a target was missed."""
    out = ROOT / "out"
    out.mkdir(exist_ok=True)
    (out / f"{name}.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    table = Table(*rows[0])
    for one in rows:
        table.add_row(*("-" if value is None else str(value) for value in one.values()))
    Console(width=160).print(table)
    missed = [one["name"] for one in rows if one["met"] is False]
    if missed:
        sys.exit(f"missed: {', '.join(missed)}")


def models():
    """The statistical models beside their peers."""
    return sibling("speed").model_rows(row)


def siting():
    """Where to open centres, beside peers."""
    return sibling("siting").siting_rows(row, sibling("speed").peer)


def travel():
    """Travel on road networks."""
    return sibling("travel").travel_rows(row)


def recovery():
    """Recovery of a simulated truth over thirty surveys."""
    return sibling("recovery").recovery_rows()


def studies():
    """Simulation studies of the models, marked slow: their figures, and how many do not hold."""
    with tempfile.TemporaryDirectory(prefix="mb") as folder:
        written = Path(folder) / "studies.xml"
        told = ["-m", "slow", f"--junitxml={written}", "-o", "junit_family=xunit1"]
        apart = "--ignore=tests/models/test_recovery.py"  # has rows of its own
        subprocess.run([sys.executable, "-m", "pytest", *told, apart, "tests/models"], cwd=ROOT, check=False)
        found = ElementTree.parse(written).getroot()
    failed = len(found.findall(".//failure")) + len(found.findall(".//error"))
    number = len(found.findall(".//testcase"))
    yield row(f"simulation studies that do not hold, of {number}", failed, "", target=0)
    for figure in found.iter("property"):
        yield row(figure.get("name"), float(figure.get("value")), "")


def pages():
    """The pages in a browser, and twenty people without one."""
    return sibling("pages").page_rows(row)


def sibling(name):
    """A module beside this one."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def stages():
    """Load of the demonstration's survey and cases, and a warm refresh."""
    from app.demo import files
    from app.intake import LoadOptions, load
    from app.refresh import RefreshOptions, refresh
    from app.settings import Settings
    from app.store.migrate import migrate
    from app.store.server import PrivateServer
    from app.store.session import Store

    with tempfile.TemporaryDirectory(prefix="mb", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        settings = Settings(home=Path(folder) / "h", sockets=Path(folder) / "s")
        migrate(settings)
        try:
            store = Store.open(settings)
            files.write(Path(folder) / "in")
            seconds = {}
            for kind, name in files.FILES.items():
                options = LoadOptions(simulation=True, campaign_kind="sample" if kind == "survey" else None)
                began = time.perf_counter()
                load(kind, Path(folder) / "in" / name, options=options, store=store, actor="bench")
                seconds[kind] = time.perf_counter() - began
            words = resources.files("app.demo.data").joinpath("indicators.toml").read_text("utf-8")
            now = dt.datetime.now(dt.UTC)
            for _ in range(2):
                began = time.perf_counter()
                refresh(store, RefreshOptions(indicators=words), actor="bench", now=now)
                refreshed = time.perf_counter() - began
            store.close()
        finally:
            PrivateServer(settings).stop()
    return [
        row("load survey and cases", seconds["survey"] + seconds["cases"], "s", target=25),
        row("refresh, warm", refreshed, "s", target=10),
    ]


def whole_demonstration():
    """`mahalle demo --no-serve` from nothing: seconds and the peak of all its processes (sum of PSS)."""
    with tempfile.TemporaryDirectory(prefix="mb", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        env = {**os.environ, "MAHALLE_HOME": f"{folder}/h", "MAHALLE_SOCKETS": f"{folder}/s"}
        command = [
            str(Path(sys.executable).with_name("mahalle")),
            "demo",
            "--no-serve",
            "--out",
            f"{folder}/out",
        ]
        began, peak = time.perf_counter(), 0
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        while process.poll() is None:
            peak = max(peak, _pss(process.pid, Path(folder)))
            time.sleep(SECONDS_BETWEEN_LOOKS)
        seconds = time.perf_counter() - began
        stop = [str(Path(sys.executable).with_name("mahalle")), "--instance", "demo", "db", "stop"]
        subprocess.run(stop, env=env, check=True, stdout=subprocess.DEVNULL)
        if process.returncode:
            sys.exit(f"the demonstration ended with {process.returncode}")
    return [
        row("demonstration, whole", seconds, "s", target=120),
        row("demonstration, peak memory", peak / MIB, "MiB", target=2048),
    ]


def _pss(pid, folder):
    """Proportional memory of a process tree and of the PostgreSQL that it started."""
    total = 0
    for root in (pid, _postmaster(folder)):
        try:
            tree = [psutil.Process(root), *psutil.Process(root).children(recursive=True)] if root else []
            total += sum(one.memory_full_info().pss for one in tree)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # it ended between two looks
    return total


def _postmaster(folder):
    try:
        return int((folder / "h" / "demo" / "pg" / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


if __name__ == "__main__":
    main()
