"""Whatever a file does to a parser happens to the child: the parent says one sentence and keeps nothing."""

import datetime as dt
import os
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest

from app import sandbox
from app.errors import RefusedError
from app.i18n import explain
from app.sandbox import Limits, parse
from survey.problems import Refused

SHEET = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "staging"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def big_book(tmp_path_factory):
    """A workbook whose reading takes well over a second of a core, and some memory."""
    cells = [f"<c><v>{number * 7919 % 1_000_003}</v></c>" for number in range(80_000)]
    rows = "".join(f'<row r="{row + 1}">{"".join(cells[row : row + 20])}</row>' for row in range(80_000))
    return replace_sheet(tmp_path_factory.mktemp("big") / "big.xlsx", rows)


def replace_sheet(path, rows):
    """Write a workbook whose only sheet holds exactly this XML."""
    plain = path.with_name("plain.xlsx")
    openpyxl.Workbook().save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            inside = SHEET.format(rows).encode() if name == "xl/worksheets/sheet1.xml" else source.read(name)
            target.writestr(name, inside)
    return path


def test_cells_come_back_with_their_types(tmp_path, scratch):
    book = openpyxl.Workbook()
    book.active.append(["name", "n", "x", "day", "moment", "yes"])
    moment = dt.datetime(2026, 3, 1, 12, 30)
    book.active.append(["Şükriye", 3, 2.5, dt.date(2026, 3, 1), moment, True])
    book.save(tmp_path / "t.xlsx")
    (sheet,) = parse(tmp_path / "t.xlsx", "table", {}, limits=Limits(), scratch=scratch).sheets
    name, n, x, day, at, yes = sheet.rows[0].cells
    assert (name, n, x, yes) == ("Şükriye", 3, 2.5, True)
    assert str(day).startswith("2026-03-01")
    assert at == moment
    assert list(scratch.iterdir()) == []


def test_two_cells_at_the_ends_of_a_sheet_do_not_fill_the_memory(tmp_path, scratch):
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = replace_sheet(tmp_path / "hostile.xlsx", rows)
    with pytest.raises((Refused, RefusedError)):
        parse(path, "table", {}, limits=Limits(), scratch=scratch)
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("limits", [Limits(memory_mib=200, seconds=60), Limits(seconds=1)])
def test_a_file_that_needs_too_much_is_refused_with_a_sentence(big_book, scratch, limits):
    with pytest.raises(RefusedError) as caught:
        parse(big_book, "table", {}, limits=limits, scratch=scratch)
    assert caught.value.key == "file.too_heavy"
    assert "big.xlsx" in explain(caught.value, "en")
    assert "big.xlsx" in explain(caught.value, "tr")
    assert list(scratch.iterdir()) == []


def test_a_child_that_hangs_is_ended(tmp_path, scratch, monkeypatch):
    def hang(*_, **__):
        raise subprocess.TimeoutExpired("child", 1)

    monkeypatch.setattr(sandbox.subprocess, "run", hang)
    (tmp_path / "x.csv").write_text("a;b\n1;2\n")
    with pytest.raises(RefusedError) as caught:
        parse(tmp_path / "x.csv", "table", {}, limits=Limits(), scratch=scratch)
    assert caught.value.key == "file.too_heavy"
    assert list(scratch.iterdir()) == []


def test_the_words_of_a_child_that_dies_are_not_repeated(tmp_path, scratch, monkeypatch):
    def die(command, **_):
        return subprocess.CompletedProcess(command, -11, "", "Sevda Kurmaca 99000000012")

    monkeypatch.setattr(sandbox.subprocess, "run", die)
    (tmp_path / "x.csv").write_text("a;b\n1;2\n")
    with pytest.raises(RefusedError) as caught:
        parse(tmp_path / "x.csv", "table", {}, limits=Limits(), scratch=scratch)
    assert "Kurmaca" not in str(caught.value) + explain(caught.value, "en")


def test_the_child_gets_neither_secrets_nor_the_parents_surroundings(tmp_path, scratch, monkeypatch):
    seen = {}

    def look(command, **given):
        seen.update(given["env"], command=command)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setenv("MAHALLE_SECRET", "x")
    monkeypatch.setenv("PGPASSWORD", "x")
    monkeypatch.setattr(sandbox.subprocess, "run", look)
    (tmp_path / "x.csv").write_text("a;b\n1;2\n")
    with pytest.raises(RefusedError):
        parse(tmp_path / "x.csv", "table", {}, limits=Limits(), scratch=scratch)
    assert not {"MAHALLE_SECRET", "PGPASSWORD"} & set(seen)
    assert "VRT" in seen["OGR_SKIP"]
    assert "-I" in seen["command"]


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_uses_is_not(tmp_path, scratch):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, used = scratch / f"parse-{gone.pid}-x", scratch / f"parse-{os.getppid()}-x"
    for folder in (left, used):
        folder.mkdir()
        (folder / "answer").write_text("Sevda Kurmaca")
    (tmp_path / "x.csv").write_text("a;b\n1;2\n")
    parse(tmp_path / "x.csv", "table", {}, limits=Limits(), scratch=scratch)
    assert list(scratch.iterdir()) == [used]


def test_the_child_does_not_outlive_a_killed_parent(big_book, scratch):
    code = "import sys; from pathlib import Path; from app.sandbox import Limits, parse; "
    code += "print('go', flush=True); "
    code += "parse(Path(sys.argv[1]), 'table', {}, limits=Limits(), scratch=Path(sys.argv[2]))"
    with subprocess.Popen(
        [sys.executable, "-c", code, big_book, scratch], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout.readline() == "go\n"
        child = wait_for(lambda: children_of(parent.pid))[0]
        wait_for(lambda: list(scratch.glob("parse-*/answer")))  # it has begun to read
        parent.kill()
    wait_for(lambda: is_gone(child))


def is_gone(pid):
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or " Z " in stat.read_text()


def children_of(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for(condition):
    for _ in range(500):
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError("waited in vain")


def test_a_table_is_not_taken_for_a_layer_nor_a_layer_for_a_table(tmp_path, scratch, city_files):
    with pytest.raises(Refused):
        parse(city_files["survey"], "layer", {}, limits=Limits(), scratch=scratch)
    with pytest.raises(Refused):
        parse(city_files["areas"], "table", {}, limits=Limits(), scratch=scratch)
    with pytest.raises(Refused):
        parse(city_files["survey"], "form", {}, limits=Limits(), scratch=scratch)


def test_a_text_that_looks_like_a_mark_stays_text():
    for cell in ("\0dnot a date", "\0", "\0tx", "plain", "", 3, None, True):
        assert sandbox._decode(sandbox._encode(cell)) == cell


def test_the_child_reaches_nobody_not_even_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        code = (
            "import socket, sys; from app.sandbox import cut_network; cut = cut_network();"
            "sys.exit(9) if not cut else socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2)"
        )
        words = [sys.executable, "-c", code, str(server.getsockname()[1])]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode == 9:
            pytest.skip("this kernel lets nobody but root leave the network")
        assert "OSError" in done.stderr or "ConnectionError" in done.stderr or "unreachable" in done.stderr
        with pytest.raises(TimeoutError):
            server.accept()
