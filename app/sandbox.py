"""Read an untrusted file in a child process that has little memory, little time and no say.

The child passes the file through the one guarded door and parses it; the parent only reads JSON lines back.
Whatever a hostile file makes a parser do happens to the child.
"""

import ctypes
import dataclasses
import datetime as dt
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TextIO

from app.errors import RefusedError
from geo.layerfile.layer import Feature, Layer, LayerCode, LayerFinding, LayerOptions, LayerRefused
from survey.door import Kind, inspect
from survey.layerfile import problems_of, questions_of
from survey.problems import Code, Problem, Question, Refused, problem
from survey.tablefile import Cell, Row, Sheet, TableOptions, read_table

Task = Literal["table", "layer", "form"]
TABLES = (Kind.CSV, Kind.XLSX, Kind.XLS)
OUTPUT_BYTES = 1 << 30
TOO_HEAVY, UNEXPECTED = 3, 4  # how the child ends
PREFIX = "parse-"
PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
NEW_NETWORK, NEW_USER = 0x40000000, 0x10000000  # CLONE_NEWNET, CLONE_NEWUSER of unshare(2)
DATE, MOMENT, TEXT = "\0d", "\0t", "\0s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the child may use."""

    memory_mib: int = 1536
    seconds: int = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What the child read; one of sheets, layer, form."""

    kind: Kind
    name: str
    findings: tuple[Problem, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    layer: Layer | None = None
    form: Mapping[str, object] = field(default_factory=dict)


def parse(
    path: Path, task: Task, options: Mapping[str, str | int | None], *, limits: Limits, scratch: Path
) -> Parsed:
    """Read a file in a child process.

    Raises
    ------
    Refused
        With the child's problems or questions.
    RefusedError
        When it ran out of memory or time, or died.
    """
    request = {"path": str(path), "task": task, "options": dict(options)}
    request["limits"] = dataclasses.asdict(limits)
    _sweep(scratch)
    with tempfile.TemporaryDirectory(dir=scratch, prefix=f"{PREFIX}{os.getpid()}-") as folder:
        answer = Path(folder) / "answer"
        request["answer"] = str(answer)
        _run_child(json.dumps(request), folder, limits, path.name)
        with answer.open(encoding="utf-8") as lines:
            return _read_answer(lines)


def _sweep(scratch: Path) -> None:
    """Remove what killed processes left: it holds rows of files in the clear."""
    for folder in scratch.glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _run_child(request: str, folder: str, limits: Limits, name: str) -> None:
    env = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": folder,
        "TMPDIR": folder,
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",  # each thread would reserve memory out of the limit
        "MALLOC_ARENA_MAX": "2",
        "OGR_SKIP": "OGR_VRT,VRT,WFS,CSV,HTTP,GeoJSON,KML,LIBKML,GPX,GML",  # heeded only before import
        "GDAL_HTTP_TIMEOUT": "1",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "app.sandbox"],
            input=request,
            env=env,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=limits.seconds + 10,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RefusedError("file.too_heavy", name=name, limit=f"{limits.seconds} s") from None
    if done.returncode == UNEXPECTED:
        # its words could quote the file, so only the kind of error is repeated
        raise RefusedError(
            "file.reader_failed", name=name, error=done.stderr.strip().rpartition("\n")[2][:60]
        )
    if done.returncode:  # a signal, or memory it was not given
        raise RefusedError("file.too_heavy", name=name, limit=f"{limits.memory_mib} MiB")


# ------------------------------------------------------------------ the child
def main() -> None:
    """Serve one request from standard input."""
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)  # do not outlive whoever asked
    cut_network()
    request = json.loads(sys.stdin.read())
    limits = Limits(**request["limits"])
    memory = limits.memory_mib << 20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_BYTES, OUTPUT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with Path(request["answer"]).open("w", encoding="utf-8") as out:
        try:
            for line in _serve(Path(request["path"]), request["task"], request["options"]):
                out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        except Refused as refusal:
            _refuse(out, refusal)
        except MemoryError:
            sys.exit(TOO_HEAVY)
        except Exception as why:  # noqa: BLE001 whatever a parser does with a hostile file ends here
            sys.stderr.write(type(why).__name__)
            sys.exit(UNEXPECTED)


def cut_network() -> bool:
    """Leave every network, loopback too, where the kernel allows; whether it did.

    Root may at once; others in a user namespace of their own, which some systems forbid.
    """
    system = ctypes.CDLL(None)
    return any(system.unshare(flags) == 0 for flags in (NEW_NETWORK, NEW_USER | NEW_NETWORK))


def _refuse(out: TextIO, refusal: Refused) -> None:
    out.seek(0)
    out.truncate()
    questions = [dataclasses.asdict(question) for question in refusal.questions]
    json.dump({"problems": _plain(refusal.problems), "questions": questions}, out)


def _plain(problems: Iterable[Problem]) -> list[dict[str, object]]:
    return [dataclasses.asdict(found) for found in problems]


def _serve(path: Path, task: Task, options: dict[str, str]) -> Iterator[object]:
    name = options.pop("name", path.name)
    upload = inspect(path, original_name=name, encoding=options.get("encoding"))
    findings = _plain(upload.findings)
    head = {"kind": upload.kind, "name": upload.name, "findings": findings}
    if task == "form":
        form, problems = _form(path, upload.name)
        yield {**head, "findings": [*findings, *_plain(problems)]}
        yield form
    elif task == "layer":
        yield head
        yield from _layer(path, upload.kind, {**options, "name": upload.name})
    else:
        if upload.kind not in TABLES:
            raise Refused((problem(Code.FILE_KIND_UNKNOWN, given=upload.name, detail=str(upload.kind)),))
        if upload.encoding:
            options["encoding"] = upload.encoding
        yield head
        chosen = TableOptions(**{**options, "name": upload.name})  # type: ignore[arg-type]
        for sheet in read_table(path, upload.kind, chosen):
            yield from _sheet(sheet)


def _sheet(sheet: Sheet) -> Iterator[object]:
    yield {
        "sheet": sheet.name,
        "header": sheet.header,
        "header_row": sheet.header_row,
        "rejected": _plain(sheet.rejected),
        "findings": _plain(sheet.findings),
        "from_workbook": sheet.from_workbook,
    }
    for row in sheet.rows:
        yield [row.number, [_encode(cell) for cell in row.cells]]


def _encode(cell: Cell) -> str | int | float | bool | None:
    if isinstance(cell, dt.datetime):
        return MOMENT + cell.isoformat()
    if isinstance(cell, dt.date):
        return DATE + cell.isoformat()
    return TEXT + cell if isinstance(cell, str) and cell[:1] == "\0" else cell


def _layer(path: Path, kind: Kind, options: dict[str, str]) -> Iterator[object]:
    from geo.layers import read_layer  # GDAL and shapely only where a layer is read

    if kind in TABLES:
        raise Refused((problem(Code.FILE_KIND_UNKNOWN, given=options["name"], detail=str(kind)),))
    try:
        layer = read_layer(path, kind, LayerOptions(**options))
    except LayerRefused as refusal:
        found = (refusal.finding,)
        raise Refused(problems_of(found), questions_of(found, what=options["name"])) from None
    yield {
        "crs": layer.crs,
        "encoding": layer.encoding,
        "findings": [dataclasses.asdict(f) for f in layer.findings],
    }
    for feature in layer.features:
        yield [dict(feature.properties), feature.wkb.hex() if feature.wkb is not None else None]


def _form(path: Path, name: str) -> tuple[object, tuple[Problem, ...]]:
    from survey.xlsform import read_xlsform  # pyxform only where a form is read

    form, problems = read_xlsform(path, original_name=name)
    return json.loads(form.to_json()), problems


# ----------------------------------------------------------------- the parent
def _read_answer(lines: TextIO) -> Parsed:
    head = json.loads(lines.readline())
    if "problems" in head:
        asked = [(Code(q["code"]), q["what"], tuple(q["choices"]), q["option"]) for q in head["questions"]]
        raise Refused(_problems(head["problems"]), tuple(Question(*words) for words in asked))
    kind, name, findings = Kind(head["kind"]), str(head["name"]), _problems(head["findings"])
    first = lines.readline()
    body = json.loads(first) if first else {}
    if "crs" in body:
        return Parsed(kind=kind, name=name, findings=findings, layer=_read_layer_answer(body, lines))
    if "sheet" not in body:
        return Parsed(kind=kind, name=name, findings=findings, form=body)
    return Parsed(kind=kind, name=name, findings=findings, sheets=tuple(_read_sheets(body, lines)))


def _problems(found: Iterable[dict[str, object]]) -> tuple[Problem, ...]:
    return tuple(Problem(**{**one, "code": Code(str(one["code"]))}) for one in found)  # type: ignore[arg-type]


def _read_layer_answer(body: dict[str, object], lines: TextIO) -> Layer:
    features = []
    for line in lines:
        properties, wkb = json.loads(line)
        features.append(Feature(properties, bytes.fromhex(wkb) if wkb is not None else None))
    found = body["findings"]
    assert isinstance(found, list)
    findings = tuple(
        LayerFinding(**{**f, "code": LayerCode(f["code"]), "choices": tuple(f["choices"])}) for f in found
    )
    crs, encoding = (None if body[name] is None else str(body[name]) for name in ("crs", "encoding"))
    return Layer(tuple(features), crs, findings, encoding)


def _read_sheets(body: dict[str, object], lines: TextIO) -> Iterator[Sheet]:
    rows: list[Row] = []
    for line in lines:
        item = json.loads(line)
        if isinstance(item, dict):
            yield _sheet_of(body, rows)
            body, rows = item, []
        else:
            rows.append(Row(item[0], tuple([_decode(cell) for cell in item[1]])))
    yield _sheet_of(body, rows)


def _sheet_of(body: Mapping[str, object], rows: list[Row]) -> Sheet:
    header, rejected, findings = body["header"], body["rejected"], body["findings"]
    assert isinstance(header, list)
    assert isinstance(rejected, list)
    assert isinstance(findings, list)
    return Sheet(
        name=str(body["sheet"]),
        header=tuple(header),
        rows=tuple(rows),
        header_row=int(str(body["header_row"])),
        rejected=_problems(rejected),
        findings=_problems(findings),
        from_workbook=bool(body["from_workbook"]),
    )


def _decode(cell: str | int | float | bool | None) -> Cell:
    if not isinstance(cell, str) or cell[:1] != "\0":
        return cell
    mark, rest = cell[:2], cell[2:]
    if mark == MOMENT:
        return dt.datetime.fromisoformat(rest)
    return dt.date.fromisoformat(rest) if mark == DATE else rest


if __name__ == "__main__":
    main()
