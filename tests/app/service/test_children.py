"""Children forked from a process that has loaded everything: each its own, none left behind."""

import asyncio
import concurrent.futures
import json
import os
import signal
import time

import pytest

from app.service.children import Children


@pytest.fixture
def run():
    """Run a coroutine in a loop of its own: a browser of another test may have one here."""
    with concurrent.futures.ThreadPoolExecutor(1) as own:
        yield lambda what: own.submit(asyncio.run, what).result()


@pytest.fixture
def children():
    made = Children()
    made.start()
    yield made
    made.close()


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_end(pid):
    until = time.monotonic() + 10
    while is_alive(pid):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_each_piece_of_work_has_a_child_of_its_own_that_answers(run, children):
    async def _ask():
        both = await asyncio.gather(children.new(), children.new())
        for child in both:
            child.writer.write(b"[]\n")
        said = [json.loads(await child.reader.readline()) for child in both]
        for child in both:
            child.writer.close()
        return {child.pid for child in both}, said

    pids, said = run(_ask())
    assert len(pids) == 2
    assert {one["error"]["error"] for one in said} == {"cli.unexpected"}
    for pid in pids:
        wait_for_end(pid)


def test_a_killed_child_ends_its_own_line_only(run, children):
    async def _ask():
        first, second = await asyncio.gather(children.new(), children.new())
        first.kill()
        assert await first.reader.readline() == b""
        second.writer.write(b"[]\n")
        said = json.loads(await second.reader.readline())
        for child in (first, second):
            child.writer.close()
        return said

    assert "error" in run(_ask())


def test_when_the_forking_process_dies_so_do_its_children_and_another_takes_its_place(run, children):
    async def _ask():
        before = await children.new()
        parent = children._process
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        after = await children.new()
        for child in (before, after):
            child.writer.close()
        return before.pid, after.pid

    before, after = run(_ask())
    wait_for_end(before)
    assert after != before


def test_children_end_with_the_service(run, children):
    async def _end():
        child = await children.new()
        children.close()
        child.writer.close()
        return child.pid

    wait_for_end(run(_end()))
