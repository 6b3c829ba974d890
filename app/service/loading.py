"""Long work on data: take in a file that was sent, and make a draft of the map."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from app.errors import RefusedError
from app.intake import LoadOptions, load
from app.refresh import RefreshOptions, examine, refresh
from app.service.work import Job
from app.store import indicators, works
from app.store.logins import Login

# what a person may answer from the browser; where things are written is not among it
OPTIONS = frozenset(option.name for option in fields(LoadOptions)) - {"rejected_to"}
DATES = ("valid_from", "valid_to")
REJECTED = "reddedilen-satirlar.xlsx"


def load_upload(job: Job) -> Mapping[str, object]:
    """Take in, or only look at, a file that was sent.

    Raises
    ------
    RefusedError
        If the upload is gone or unfinished, or an option is unknown.
    """
    job.tell("stage.read", 0.05)
    kind = str(job.arguments["load"])
    path = _named(job)
    options = _options(job)
    job.tell("stage.check" if options.check else "stage.save", 0.2)
    outcome = load(kind, path, options=options, store=job.store, actor=job.actor)
    rejected = Path(outcome.rejected_file).name if outcome.rejected_file else None
    return {**outcome.as_dict("tr"), "rejected_file": rejected}


def _named(job: Job) -> Path:
    """The upload under the name it was sent with: reports and mappings speak of that name."""
    upload_id = uuid.UUID(str(job.arguments["upload"]))
    with job.store.session(Login.SERVICE) as session:
        upload = session.get(works.Upload, upload_id)
        if upload is None or upload.received != upload.size:
            raise RefusedError("uploads.unknown")
        name = upload.name
    folder = job.folder / "in"
    folder.mkdir(mode=0o700, exist_ok=True)
    link = folder / Path(name).name
    link.unlink(missing_ok=True)
    link.hardlink_to(job.store.settings.here.uploads / str(upload_id))
    return link


def _options(job: Job) -> LoadOptions:
    given = job.arguments.get("options", {})
    assert isinstance(given, dict)
    if unknown := set(given) - OPTIONS:
        raise RefusedError("service.bad_field", field=", ".join(sorted(unknown)))
    dates = {name: dt.date.fromisoformat(str(given[name])) for name in DATES if given.get(name)}
    filled = {name: value for name, value in given.items() if value not in (None, "")}
    return LoadOptions(**{**filled, **dates, "rejected_to": job.folder / REJECTED})


def examine_run(job: Job) -> Mapping[str, object]:
    """Check the models behind a run that was made before."""
    number = int(str(job.arguments["run"]))
    return examine(job.store, number, actor=job.actor, now=job.at, tell=job.tell)


def make_run(job: Job) -> Mapping[str, object]:
    """Make a draft of the risk map, and check the models behind it."""
    title = job.arguments.get("title")
    options = RefreshOptions(
        indicators=indicators.text(job.store),
        campaign=str(job.arguments["campaign"]) if job.arguments.get("campaign") else None,
        title=str(title) if title else None,
    )
    made = refresh(job.store, options, actor=job.actor, now=job.at, tell=job.tell)
    examine(job.store, made.run_id, actor=job.actor, now=job.at, tell=job.tell)
    return {"run": made.run_id, "maps": made.maps, "areas": made.areas, "sampled": made.sampled_areas}
