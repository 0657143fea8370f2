"""The client of the engine: starts a parent, sends requests, assembles reports."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from .. import __file__ as package_file
from ..errors import BadEnvironment
from ..kata import Kata
from ..report import CheckResult, Diagnosis, Frame, Isolation, Report, Status, from_plain

LENGTH = struct.Struct("<I")
OnEvent = Callable[[dict[str, Any]], None]
_START_SECONDS = 60.0


class Judge(Protocol):
    """Judges one submission; the one seam at which tests may put a fake."""

    def __call__(
        self,
        kata: Kata,
        source: bytes,
        *,
        file_name: str,
        seed: str = "",
        diagnose: bool = True,
        on_event: OnEvent | None = None,
    ) -> Report: ...


_ambient: Judge | None = None


@contextlib.contextmanager
def judging() -> Iterator[Judge]:
    """Yield a judge: that of the batch under way, or one of its own for as long as the block lasts.

    Raises BadEnvironment where this machine cannot judge.
    """
    global _ambient
    if _ambient is not None:
        yield _ambient
        return
    _require_torch()
    with _engine() as judge:
        _ambient = judge
        try:
            yield judge
        finally:
            _ambient = None


def _require_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        raise BadEnvironment(
            "PyTorch is not installed in this Python, so nothing can be checked.",
            "`pip install torch` installs it (with CUDA on Linux; the README names lighter ways).",
        )


@contextlib.contextmanager
def _engine() -> Iterator[Judge]:
    if not hasattr(socket, "AF_UNIX") or os.name != "posix":
        raise BadEnvironment(
            "Checking needs a Unix system.", "On Windows, install ml_katas inside WSL2 and check there."
        )
    if sys.platform == "linux" and os.environ.get("MLKATA_START") != "spawn":
        with Forking() as judge:
            yield judge
    else:
        yield Spawning()


class Forking:
    """Judges through a parent that forks; the parent lives as long as this object is entered."""

    def __enter__(self) -> Forking:
        self._folder = tempfile.mkdtemp(prefix="mlkata-")
        self._address = str(Path(self._folder, "socket"))
        self._log = Path(self._folder, "log")
        life, parents_life = socket.socketpair()
        with socket.socket(socket.AF_UNIX) as listener, parents_life, self._log.open("wb") as log:
            listener.bind(self._address)
            listener.listen(64)
            fds = (listener.fileno(), parents_life.fileno())
            self._parent = start_python("ml_katas.judging.parent", fds, log)
        self._life = life
        return self

    def __exit__(self, *error: object) -> None:
        self._life.close()
        try:
            self._parent.wait(2)
        except subprocess.TimeoutExpired:
            self._parent.kill()
            self._parent.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __call__(self, kata: Kata, source: bytes, **how: Any) -> Report:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self._address)
        return converse(connection, kata, source, self._why_silent, **how)

    def _why_silent(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


class Spawning:
    """Judges through a process started for each judgement, where forking is not safe."""

    def __call__(self, kata: Kata, source: bytes, **how: Any) -> Report:
        connection, judges_end = socket.socketpair()
        with judges_end, tempfile.TemporaryFile() as log:
            process = start_python("ml_katas.judging.judge", (judges_end.fileno(),), log)
            judges_end.close()
            try:
                return converse(connection, kata, source, lambda: "", **how)
            finally:
                connection.close()
                process.wait(10)


def start_python(module: str, fds: tuple[int, ...], log: Any) -> subprocess.Popen[bytes]:
    """Start a module of ours in a fresh Python with an environment of its own; *fds* are its arguments."""
    command = [sys.executable, "-P", "-m", module, *map(str, fds)]
    return subprocess.Popen(
        command,
        pass_fds=fds,
        env=built_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=log,
        start_new_session=True,
    )


def isolation() -> Isolation:
    """Return the isolation that this machine offers, found by trying; no torch is needed for that."""
    if os.name != "posix":
        return Isolation("limits-only")
    command = [sys.executable, "-P", "-m", "ml_katas.judging.probing"]
    answer = subprocess.run(command, env=built_environment(), capture_output=True, text=True, check=False)
    return from_plain(Isolation, json.loads(answer.stdout)) if answer.stdout else Isolation("limits-only")


def built_environment() -> dict[str, str]:
    """Return the whole environment of the engine: nothing of the user's but where Python's packages are."""
    sites = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "PYTHONPATH": os.pathsep.join([str(Path(package_file).resolve().parent.parent), *sites]),
        "PYTHONHASHSEED": "0",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
        "OMP_THREAD_LIMIT": "4",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        **kept,
    }


def converse(
    connection: socket.socket,
    kata: Kata,
    source: bytes,
    why_silent: Callable[[], str],
    *,
    file_name: str,
    seed: str = "",
    diagnose: bool = True,
    on_event: OnEvent | None = None,
) -> Report:
    """Send a request on *connection* and return the report that comes of it."""
    from .seeds import new_run_seed

    seed = seed or new_run_seed()
    request = {
        "kata": str(kata.folder.resolve()),
        "source": base64.b64encode(source).decode(),
        "file_name": file_name,
        "seed": seed,
        "diagnose": diagnose,
    }
    data = json.dumps(request).encode()
    patience = _START_SECONDS + 2 * kata.facts.limits.total_seconds
    draft = Draft(kata.slug, seed)
    with connection, contextlib.suppress(OSError):
        connection.sendall(LENGTH.pack(len(data)) + data)
        for event in events(connection, patience):
            draft.take(event)
            if on_event is not None:
                on_event(event)
    return draft.report(why_silent)


def events(connection: socket.socket, patience: float) -> Iterator[dict[str, Any]]:
    """Yield the judge's events as they come, for at most *patience* seconds."""
    deadline, buffer = time.monotonic() + patience, b""
    while (left := deadline - time.monotonic()) > 0:
        connection.settimeout(left)
        data = connection.recv(1 << 16)
        if not data:
            return
        *lines, buffer = (buffer + data).split(b"\n")
        yield from map(json.loads, lines)


class Draft:
    """A report in the making."""

    def __init__(self, slug: str, seed: str) -> None:
        self._slug, self._seed = slug, seed
        self._checks: list[CheckResult] = []
        self._end: dict[str, Any] | None = None
        self._diagnosis: Diagnosis | None = None
        self._isolation = Isolation("limits-only")

    def take(self, event: dict[str, Any]) -> None:
        """Take over what one event says."""
        match event:
            case {"event": "started", "isolation": isolation}:
                self._isolation = from_plain(Isolation, isolation)
            case {"event": "check", "check": check}:
                self._checks.append(from_plain(CheckResult, check))
            case {"event": "report"}:
                self._end = event
            case {"event": "diagnosis", "diagnosis": diagnosis}:
                self._diagnosis = from_plain(Diagnosis, diagnosis)

    def report(self, why_silent: Callable[[], str]) -> Report:
        """Return the whole report; one that never ended is `broken`."""
        end = self._end
        if end is None:
            reason = why_silent()
            message = "The checker stopped before it had a verdict" + (f" ({reason})." if reason else ".")
            return self._made(Status.BROKEN, message, {})
        return self._made(Status(end["status"]), end["message"], end)

    def _made(self, status: Status, message: str, end: dict[str, Any]) -> Report:
        return Report(
            kata=self._slug,
            status=status,
            seed=self._seed,
            ms=end.get("ms", 0.0),
            isolation=self._isolation,
            checks=tuple(self._checks),
            message=message,
            at=from_plain(Frame, end.get("at")),
            output=end.get("output", ""),
            diagnosis=self._diagnosis,
        )
