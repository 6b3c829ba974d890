"""When a new risk map is due: the regulation asks for renewal at set intervals."""

import datetime as dt

from app.regions import service_regions
from app.store import runs
from app.store.logins import Login
from app.store.session import Store


def is_due(store: Store, *, now: dt.datetime) -> bool:
    """Whether any service region's map has reached its age, or a region has none.

    The whole city is renewed together, so one region that is due makes the run due. A draft in the making
    counts as done.
    """
    with store.session(Login.REFRESH) as session:
        published = runs.newest_published_at(session)
        waiting = [run for run in runs.all_runs(session) if run.state in ("draft", "checked", "approved")]
        if any(published is None or run.created_at > published for run in waiting):
            return False
        if published is None or now >= months_after(published, store.settings.renewal_months):
            return True
        mapped = runs.get(session, state="published").parameters.get("regions")
        return not set(service_regions(session, store.settings).values()) <= set(_names(mapped))


def _names(value: object) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list) else []


def months_after(moment: dt.datetime, months: int) -> dt.datetime:
    """The same day so many months later; the last day of a shorter month.

    >>> months_after(dt.datetime(2026, 8, 31), 6)
    datetime.datetime(2027, 2, 28, 0, 0)
    """
    year, month = divmod(moment.month - 1 + months, 12)
    first = moment.replace(year=moment.year + year, month=month + 1, day=1)
    last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    return first.replace(day=min(moment.day, last.day))
