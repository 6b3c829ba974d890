"""Child processes for long work, forked from one that has loaded all that work needs.

Loading takes two seconds, a fork none: whoever asks does not wait, and memory is shared. The forking process
has one thread and no connection. It dies with the service, and its children with it.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass

LINE_BYTES = 1 << 26  # a result comes on one line
TRIES = 2


@dataclass(slots=True)
class Child:
    """One process that waits for what to do, or does it."""

    pid: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class Children:
    """Where children come from."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def start(self) -> None:
        """Start the process that forks; it loads while nobody waits."""
        self.close()
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app.service.work", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    async def new(self) -> Child | None:
        """A child that waits for one line of JSON, what to do; None if there can be none."""
        for _ in range(TRIES):
            if self._process is None or self._process.poll() is not None:
                self.start()
            child = await self._fork()
            if child is not None:
                return child
        return None

    async def _fork(self) -> Child | None:
        assert self._line is not None
        ours, theirs = socket.socketpair()
        with theirs, contextlib.suppress(OSError):  # of a process that has died
            socket.send_fds(self._line, [b"x"], [theirs.fileno()])
        reader, writer = await asyncio.open_connection(sock=ours, limit=LINE_BYTES)
        with contextlib.suppress(OSError):
            if hello := await reader.readline():
                return Child(int(json.loads(hello)["pid"]), reader, writer)
        writer.close()
        return None

    def close(self) -> None:
        """End the process that forks."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._line = self._process = None
