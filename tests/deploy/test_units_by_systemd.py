"""systemd itself reads the units: every line understood, and little left open."""

import subprocess
from pathlib import Path

import pytest

FILES = Path(__file__).parents[2] / "deploy" / "files"
UNITS = sorted([*FILES.glob("*.service"), *FILES.glob("*.timer")])
WORST = 30  # of systemd's exposure, ten times its printed figure: 0 is shut, 100 is open


@pytest.fixture
def folder(tmp_path):
    """The units, with a program that this machine has."""
    for unit in UNITS:
        text = unit.read_text().replace("/opt/mahalle/current/.venv/bin/mahalle", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    return tmp_path


def test_systemd_understands_every_line(folder):
    command = ["systemd-analyze", "verify", "--man=no", *(folder / unit.name for unit in UNITS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "mahalle" in line]
    assert said == []


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda u: u.stem)
def test_little_is_left_open(folder, unit):
    command = ["systemd-analyze", "security", "--offline=yes", f"--threshold={WORST}", folder / unit.name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]
