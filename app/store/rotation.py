"""Which archives to keep: the newest of each recent day and of each recent week."""

import datetime as dt
import re
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path

from app.settings import Settings

# archives with a label (before a migration, before an upgrade) and files of other names are never touched
NAME = "mahalle-{instance}-(\\d{{8}}T\\d{{6}}Z)\\.backup"
MOMENT = "%Y%m%dT%H%M%SZ"


def archives(settings: Settings) -> dict[Path, dt.datetime]:
    """The instance's archives without a label, with the moment (UTC) in their names."""
    name = re.compile(NAME.format(instance=re.escape(settings.instance)))
    found: dict[Path, dt.datetime] = {}
    for path in sorted(settings.here.backups.glob("*.backup")):
        if fits := name.fullmatch(path.name):
            found[path] = dt.datetime.strptime(fits[1], MOMENT).replace(tzinfo=dt.UTC)
    return found


def surplus(made: Mapping[Path, dt.datetime], *, days: int, weeks: int) -> list[Path]:
    """Archives that neither the last `days` days nor the last `weeks` weeks with an archive need.

    Days without an archive do not count, so a machine that was off for a month keeps what it had.

    >>> moments = [dt.datetime(2026, 3, day, hour) for day in (1, 2, 3) for hour in (2, 14)]
    >>> made = {Path(f"{one:%d-%H}"): one for one in moments}
    >>> [path.name for path in surplus(made, days=2, weeks=1)]
    ['01-02', '01-14', '02-02', '03-02']
    """
    newest_first = sorted(made, key=lambda path: made[path], reverse=True)
    kept = _newest(((made[path].date(), path) for path in newest_first), days)
    kept |= _newest(((made[path].isocalendar()[:2], path) for path in newest_first), weeks)
    return sorted(set(made) - kept)


def _newest(newest_first: Iterable[tuple[Hashable, Path]], most: int) -> set[Path]:
    """The newest archive of each of the `most` newest periods."""
    kept: dict[Hashable, Path] = {}
    for period, path in newest_first:
        if period not in kept and len(kept) < most:
            kept[period] = path
    return set(kept.values())


def rotate(settings: Settings) -> list[Path]:
    """Remove what is surplus by the settings; returns it."""
    gone = surplus(archives(settings), days=settings.backup_days, weeks=settings.backup_weeks)
    for path in gone:
        path.unlink()
    return gone
