"""Where judgements come from: a resident server, a parent for one command, or a process for each.

Nothing here imports torch; that is done by what is started.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .. import __file__ as package_file

if TYPE_CHECKING:
    import subprocess


class Line(Protocol):
    """A way to fresh connections to judges; `forks`: each is a fork of a process that is warm."""

    forks: bool

    def dial(self) -> contextlib.AbstractContextManager[socket.socket]: ...

    def why_silent(self) -> str:
        """Return the last words of what should have answered."""


class OneCommand:
    """A parent that lives as long as this object is entered; *layers*: of the confinement, for its tests."""

    forks = True

    def __init__(self, layers: tuple[str, ...] | None = None) -> None:
        self._layers = layers

    def __enter__(self) -> OneCommand:
        import tempfile

        self._folder = tempfile.mkdtemp(prefix="mlkata-")
        self._log = Path(self._folder, "log")
        self._address = str(Path(self._folder, "socket"))
        life, parents_life = socket.socketpair()
        with listen(self._address) as listener, parents_life, self._log.open("wb") as log:
            self._parent = start_parent(listener, log, life=parents_life, layers=self._layers)
        self._life = life
        return self

    def __exit__(self, *error: object) -> None:
        import shutil
        import subprocess

        self._life.close()
        try:
            self._parent.wait(2)
        except subprocess.TimeoutExpired:
            self._parent.kill()
            self._parent.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def dial(self) -> socket.socket:
        return connect(self._address)

    def why_silent(self) -> str:
        return last_line(self._log)


class Spawning:
    """A judge started for each judgement, where forking is not safe."""

    forks = False

    @contextlib.contextmanager
    def dial(self) -> Iterator[socket.socket]:
        connection, judges_end = socket.socketpair()
        with judges_end:
            command = python("ml_katas.judging.processes.judge", judges_end.fileno())
            process = _start(command, [judges_end.fileno()])
        try:
            with connection:
                yield connection
        finally:
            process.wait(10)

    def why_silent(self) -> str:
        return ""


def listen(address: str) -> socket.socket:
    """Return a socket that listens at *address*."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    return listener


def connect(address: str) -> socket.socket:
    """Return a connection to *address*, or raise OSError."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def start_parent(
    listener: socket.socket,
    log: Any,
    *,
    life: socket.socket | None = None,
    idle_seconds: float = 0.0,
    layers: tuple[str, ...] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a parent that serves *listener* until *life* closes, or until it was idle for so long."""
    fds = [listener.fileno(), *([life.fileno()] if life else [])]
    numbers = (fds[0], life.fileno() if life else -1, round(idle_seconds))
    command = python(
        "ml_katas.judging.processes.parent", *numbers, *([] if layers is None else [",".join(layers)])
    )
    return _start(command, fds, stderr=log)


def _start(command: list[str], fds: list[int], stderr: Any = None) -> subprocess.Popen[bytes]:
    """Start a process of the engine, shut off from the terminal and the folder of whoever asks for it."""
    import subprocess

    return subprocess.Popen(
        command,
        pass_fds=fds,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr or subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",  # not a folder that the learner may remove
        env=environment(),
    )


def python(module: str, *arguments: object) -> list[str]:
    """Return the command that runs a module of ours in a fresh Python."""
    return [sys.executable, "-P", "-m", module, *map(str, arguments)]


def environment() -> dict[str, str]:
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
        "TORCHINDUCTOR_CACHE_DIR": "/",  # exists, so that torch makes none
        **kept,
    }


def torch_file() -> Path | None:
    """Return where PyTorch is installed, or None where it is not; it is not imported for that."""
    for folder in sys.path:
        path = Path(folder, "torch", "__init__.py")
        if path.is_file():
            return path
    import importlib.util

    spec = importlib.util.find_spec("torch")  # an installation that is found in another way
    return Path(spec.origin) if spec and spec.origin else None


def last_line(log: Path) -> str:
    """Return the last line of a log, or nothing."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""
