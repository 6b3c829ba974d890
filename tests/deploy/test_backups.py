"""Old backups go, never the ones of recent days and weeks, and only after the new one was read back."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import RefusedError
from app.store import backup, rotation

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def nightly(nights):
    return {Path(f"{n}"): START + dt.timedelta(days=n, hours=2) for n in range(nights)}


def test_fourteen_days_and_eight_weeks_stay():
    made = nightly(200)
    kept = set(made) - set(rotation.surplus(made, days=14, weeks=8))
    days = {made[path].date() for path in kept}
    assert {made[Path(f"{n}")].date() for n in range(186, 200)} <= days
    assert len({day.isocalendar()[:2] for day in days}) == 8
    assert len(kept) == 14 + 6  # two of the eight weeks' newest are among the fourteen days


@settings(deadline=None)
@given(st.sets(st.integers(0, 5000), max_size=60), st.integers(1, 20), st.integers(0, 10))
def test_rotation_is_bounded_repeatable_and_keeps_the_newest(hours, days, weeks):
    made = {Path(f"{hour}"): START + dt.timedelta(hours=hour) for hour in hours}
    gone = rotation.surplus(made, days=days, weeks=weeks)
    kept = {path: moment for path, moment in made.items() if path not in gone}
    assert len(kept) <= days + weeks
    assert rotation.surplus(kept, days=days, weeks=weeks) == []
    if made:
        assert max(made, key=lambda path: made[path]) in kept


def test_other_files_are_left_alone(settings):
    folder = settings.here.backups
    old = [folder / f"mahalle-main-2020010{n}T020000Z.backup" for n in range(1, 4)]
    spared = [
        folder / "mahalle-main-20200101T020000Z-before-upgrade.backup",
        folder / "mahalle-trial-20200101T020000Z.backup",
        folder / "notes.txt",
    ]
    for path in (*old, *spared):
        path.touch()
    few = settings.model_copy(update={"backup_days": 1, "backup_weeks": 0})
    assert rotation.rotate(few) == old[:2]
    assert sorted(folder.iterdir()) == sorted([old[2], *spared])


def test_an_archive_is_read_to_its_end(settings):
    file = backup.backup(settings)
    assert backup.verify(file)["instance"] == settings.instance
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(RefusedError):
        backup.verify(file)


def test_a_night_makes_reads_back_and_removes(settings, monkeypatch, capsys):
    from app.cli import main

    old = [settings.here.backups / f"mahalle-main-2020010{n}T020000Z.backup" for n in range(1, 4)]
    for path in old:
        path.touch()
    for name in ("home", "sockets", "instance"):
        monkeypatch.setenv(f"MAHALLE_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("MAHALLE_BACKUP_DAYS", "2")
    monkeypatch.setenv("MAHALLE_BACKUP_WEEKS", "1")
    with pytest.raises(SystemExit, match="0"):
        main(["backup", "--rotate", "--json"])
    assert "20200102T" in capsys.readouterr().out
    assert len(list(settings.here.backups.glob("*.backup"))) == 2
