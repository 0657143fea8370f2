"""Where the resident server of this environment lies: a private folder, and in it a name that says its state.

The name of the socket holds a fingerprint of the interpreter, torch and this package, so that a server of
another state is never called. What a server inherits for good from the shell that starts it is in there too.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

from .. import __file__ as package_file
from ..errors import BadEnvironment
from .launch import environment, torch_file

_NO_MODULES = ("katas", "templates", "__pycache__")
_INHERITED = ("Max cpu time", "Max data size", "Max address space")


def address() -> Path:
    """Return the path of the socket, in a folder that is there; raise OSError where there can be none."""
    return runtime_folder() / f"{slot()}-{_fingerprint()}.sock"


def log_of(socket: Path) -> Path:
    """Return where the server behind *socket* writes what goes wrong."""
    return socket.with_suffix(".log")


def identity(socket: Path) -> str:
    """Return what distinguishes a socket from another one of its name, or nothing where it is gone."""
    try:
        found = os.stat(socket)
    except OSError:
        return ""
    return f"{found.st_dev}:{found.st_ino}"


def runtime_folder() -> Path:
    """Return the private folder of sockets; the first that can be had of those of the user and the system."""
    problem: OSError | None = None
    for base in (os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("TMPDIR"), "/tmp"):
        if base and os.path.isabs(base):
            try:
                return _private(Path(base, f"mlkata-{os.getuid()}"))
            except OSError as error:
                problem = error
    raise problem or FileNotFoundError("/tmp")


@contextlib.contextmanager
def locked(folder: Path, *, patiently: bool = True) -> Iterator[None]:
    """Hold the lock of a folder of sockets: commands that race to start a server end with one.

    Without patience BlockingIOError is raised where another one holds it.
    """
    import fcntl

    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if patiently else fcntl.LOCK_NB))
        yield


def installation() -> str:
    """Return what the names of all servers of this installation begin with."""
    return _digest((sys.prefix, package_file))


def slot() -> str:
    """Return what the names of all servers begin with of which only the newest is of use in this shell."""
    return f"{installation()}-{_digest((os.environ.get('LD_LIBRARY_PATH'), _limits()))}"


def _private(path: Path) -> Path:
    """Make the folder at *path*; refuse one that others could have made."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise BadEnvironment(
            f"{path} is not a private folder of yours.", "Remove it, or use `mlkata check --cold`."
        )
    return path


def _limits() -> list[str]:
    """Return the hard limits on processor time and memory that a server would never get rid of."""
    with contextlib.suppress(OSError), open("/proc/self/limits", encoding="ascii") as limits:
        hard = [(line[:20], line.split()[-2]) for line in limits if line.startswith(_INHERITED)]
        return [" ".join(limit) for limit in hard if limit[1] != "unlimited"]
    return []


def _fingerprint() -> str:
    """Return a digest of what a running server cannot change: Python, torch, this package, environment."""
    files = sorted(_sources(os.path.dirname(package_file)))
    torch = torch_file()
    if torch is not None:
        files.append(_seen(os.fspath(torch), os.stat(torch)))
    facts = [sys.version, sorted(environment().items()), files]
    return _digest(facts)


def _digest(facts: object) -> str:
    """Return eight hex digits; nobody gains by a collision, and hashlib takes long to import."""
    return f"{crc32(repr(facts).encode()):08x}"


def _sources(folder: str) -> Iterator[tuple[str, int, int]]:
    """Yield what is seen of every module below *folder*."""
    with os.scandir(folder) as children:
        for child in children:
            if child.name.endswith(".py"):
                yield _seen(child.path, child.stat())
            elif child.name not in _NO_MODULES and child.is_dir():
                yield from _sources(child.path)


def _seen(path: str, found: os.stat_result) -> tuple[str, int, int]:
    return path, found.st_mtime_ns, found.st_size
