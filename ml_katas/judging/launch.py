"""Where judgements come from: a resident server, a parent for one command, or a process for each.

Nothing here imports torch; that is done by what is started.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from .. import __file__ as package_file

if TYPE_CHECKING:
    import subprocess

PARENT = "ml_katas.judging.processes.parent"
START_SECONDS = 60.0  # to import PyTorch on a slow or busy machine
MOST_STARTS = 3  # of a sandbox in one judgement
FORK_GRACE_SECONDS = 15.0
_FIVE_SECONDS, _FOR_EVER = struct.pack("ll", 5, 0), struct.pack("ll", 0, 0)
_LONGEST_ADDRESS = 100
_MANY_FILES = 4096
_LAST_BYTES = 4096


class Crowded(OSError):
    """More calls wait already than are taken."""


class Dialer(Protocol):
    """A way to fresh connections to judges.

    `forks`: each is a fork of a process that is warm; `grace_seconds`: how much later than its limits allow
    a judgement may end.
    """

    forks: bool
    grace_seconds: float

    def dial(self) -> contextlib.AbstractContextManager[socket.socket]: ...

    def sign_seconds(self, connection: socket.socket) -> float:
        """Return how long the first sign of a judge may take."""

    def why_silent(self) -> str:
        """Return the last words of what should have answered."""


class OneCommand:
    """A parent that lives as long as this object is entered; *layers*: of the confinement, for its tests.

    It needs no name in any folder: connections are handed to it over the socket that it lives with.
    """

    forks = True
    grace_seconds = FORK_GRACE_SECONDS

    def __init__(self, layers: tuple[str, ...] | None = None) -> None:
        self._layers = layers
        self._lock = threading.Lock()

    def __enter__(self) -> OneCommand:
        self._log = anonymous_file("mlkata-log")
        self._life, parents_life = socket.socketpair()
        with parents_life:
            self._parent = start_parent(self._log, life=parents_life, layers=self._layers)
        return self

    def __exit__(self, *error: object) -> None:
        self._life.close()
        _wait_or_kill(self._parent)
        self._log.close()

    def dial(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        try:
            with theirs, self._lock:
                socket.send_fds(self._life, [b"."], [theirs.fileno()])
        except OSError:
            ours.close()
            raise
        return ours

    def sign_seconds(self, connection: socket.socket) -> float:
        return START_SECONDS

    def why_silent(self) -> str:
        return _last_line_of(self._log)


class Spawning:
    """A judge started for each judgement, where forking is not safe."""

    forks = False
    grace_seconds = FORK_GRACE_SECONDS + MOST_STARTS * START_SECONDS

    def __init__(self) -> None:
        self._log = anonymous_file("mlkata-log")

    @contextlib.contextmanager
    def dial(self) -> Iterator[socket.socket]:
        connection, judges_end = socket.socketpair()
        with connection:
            with judges_end:
                command = python("ml_katas.judging.processes.judge", judges_end.fileno())
                process = _start(command, [judges_end.fileno()], stderr=self._log)
            try:
                yield connection
            finally:
                connection.close()
                _wait_or_kill(process)

    def sign_seconds(self, connection: socket.socket) -> float:
        return START_SECONDS

    def why_silent(self) -> str:
        return _last_line_of(self._log)


def listen(address: str) -> socket.socket:
    """Return a socket that listens at *address*."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        with _short(address) as path:
            listener.bind(path)
        listener.listen(64)
    except OSError:
        listener.close()
        raise
    return listener


def connect(address: str) -> socket.socket:
    """Return a connection to *address*, or raise OSError, Crowded where no more calls are taken."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _FIVE_SECONDS)
        with _short(address) as path:
            connection.connect(path)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _FOR_EVER)
    except BlockingIOError as error:
        connection.close()
        raise Crowded(error.errno, error.strerror) from None
    except OSError:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def _short(address: str) -> Iterator[str]:
    """Yield a path to *address* that a socket can have as its name, which is a short one on every system."""
    if len(os.fsencode(address)) <= _LONGEST_ADDRESS:
        yield address
        return
    folder = os.open(os.path.dirname(address), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{os.path.basename(address)}"
    finally:
        os.close(folder)


def start_parent(
    log: IO[bytes],
    *,
    listener: socket.socket | None = None,
    address: tuple[str, str] = ("", ""),
    idle: float = 0.0,
    life: socket.socket | None = None,
    layers: tuple[str, ...] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a parent that serves *listener*, or *life* until that closes.

    *address* is the path of the listening socket and what distinguishes it from another of that name; a
    parent that was *idle* for so many seconds ends.
    """
    fds = [sock.fileno() if sock else -1 for sock in (listener, life)]
    command = python(PARENT, *fds, round(idle, 1), *address, *([] if layers is None else [",".join(layers)]))
    return _start(command, [fd for fd in fds if fd >= 0], stderr=log)


def _start(command: list[str], fds: list[int], stderr: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a process of the engine, shut off from the terminal and the folder of whoever asks for it."""
    import subprocess

    with _generous_limits():
        return subprocess.Popen(
            command,
            pass_fds=fds,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
            cwd="/",  # not a folder that the learner may remove
            env={**environment(), **_without_torn_files()},
        )


@contextlib.contextmanager
def _generous_limits() -> Iterator[None]:
    """Let what is started meanwhile have what the system grants, and not only what this shell asks for."""
    import resource

    names = ("NOFILE", "FSIZE", "CPU", "DATA", "AS")
    kinds = [getattr(resource, f"RLIMIT_{name}") for name in names]
    before = {kind: resource.getrlimit(kind) for kind in kinds}
    for kind, (soft, hard) in before.items():
        wanted = max(soft, _MANY_FILES) if kind == resource.RLIMIT_NOFILE else resource.RLIM_INFINITY
        known = [limit for limit in (wanted, hard) if limit != resource.RLIM_INFINITY]
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (min(known, default=resource.RLIM_INFINITY), hard))
    try:
        yield
    finally:
        for kind, limits in before.items():
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(kind, limits)


def _without_torn_files() -> dict[str, str]:
    """Return what keeps Python from writing compiled modules of which a limit would leave only a part."""
    import resource

    is_limited = resource.getrlimit(resource.RLIMIT_FSIZE)[1] != resource.RLIM_INFINITY
    return {"PYTHONDONTWRITEBYTECODE": "1"} if is_limited else {}


def _wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    import subprocess

    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def python(module: str, *arguments: object) -> list[str]:
    """Return the command that runs a module of ours in a fresh Python."""
    return [sys.executable, "-P", "-m", module, *map(str, arguments)]


def environment() -> dict[str, str]:
    """Return the whole environment of the engine: nothing of the user's but where Python's packages are."""
    sites = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
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
        with log.open("rb") as file:
            return _last_line_of(file)
    except OSError:
        return ""


def _last_line_of(file: IO[bytes]) -> str:
    size = os.fstat(file.fileno()).st_size
    text = os.pread(
        file.fileno(), _LAST_BYTES, max(0, size - _LAST_BYTES)
    )  # where others write stays as it is
    lines = text.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


def anonymous_file(name: str) -> IO[bytes]:
    """Return a file that has a name in no folder, and is gone with the last process that has it open."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create(name), "w+b")
    from tempfile import TemporaryFile

    return TemporaryFile()
