"""The confinement of a sandbox: what it may read, and the steps of its lockdown in order."""

from __future__ import annotations

import contextlib
import importlib.machinery
import os
import signal
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from ... import __file__ as package_file
from ...support.records import record
from . import landlock, namespaces, seccomp
from .linux import PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, drop_capabilities, prctl

_PREFIX_PARTS = ("lib", "lib64", "bin", "include", "share", "pyvenv.cfg")
_SYSTEM = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/share", "/usr/bin")
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/sys/devices/system/cpu")
LAYERS = ("landlock", "namespaces", "seccomp")
_DEVICES = ("/dev/urandom", "/dev/random", "/dev/zero")


@record
class Confinement:
    """What is applied to each sandbox of this parent; built before the first fork."""

    readable: tuple[Path, ...]
    ruleset_fd: int | None
    world_fd: int | None
    filtered: bool

    @classmethod
    def build(cls, layers: Iterable[str] = LAYERS) -> Confinement:
        """Return what this machine offers of *layers*; namespaces only where it does not offer Landlock."""
        wanted = set(layers) if sys.platform == "linux" else set()
        readable = tuple(landlock.decompose(readable_roots(), hidden_paths()))
        ruleset_fd = _ruleset(readable) if "landlock" in wanted and landlock.version() else None
        world_fd = _world() if "namespaces" in wanted and ruleset_fd is None else None
        return cls(readable, ruleset_fd, world_fd, "seccomp" in wanted and seccomp.supported())

    @property
    def fence_fd(self) -> int | None:
        """What a sandbox needs to have open while it locks itself down: a ruleset or a namespace."""
        return self.world_fd if self.ruleset_fd is None else self.ruleset_fd

    def exposes(self, path: Path) -> bool:
        """Return whether a sandbox could read *path*."""
        path = path.resolve()
        return any(granted == path or granted in path.parents for granted in self.readable)

    def apply(self, fence_fd: int) -> None:
        """Lock this process down for good; the fence, if there is one, is open as *fence_fd*."""
        if sys.platform != "linux":
            return
        if self.world_fd is not None:
            namespaces.restrict_self(fence_fd)
            die_with_parent()
        drop_capabilities()
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        if self.ruleset_fd is not None:
            landlock.restrict_self(fence_fd)
        if self.fence_fd is not None:
            os.close(fence_fd)
        if self.filtered:
            seccomp.restrict_self(os.getpid())


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies."""
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def hide_memory() -> None:
    """Let no other process of this user look into this one; children inherit it."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
            score.write("800")  # before: a process that hides its memory may not write this
        prctl(PR_SET_DUMPABLE, 0)


def readable_roots() -> list[Path]:
    """Return what a sandbox may read: Python, its libraries and what is installed beside them."""
    prefixes = {Path(p) for p in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)}
    inside = [prefix / part for prefix in sorted(prefixes) for part in _PREFIX_PARTS if str(prefix) != "/usr"]
    sites = [Path(path) for path in sys.path if path.endswith(("site-packages", "dist-packages", ".zip"))]
    return [*map(Path, _SYSTEM), Path("/usr/local/lib"), Path(sysconfig.get_path("stdlib")), *inside, *sites]


def hidden_paths() -> list[Path]:
    """Return what no sandbox may read, wherever it lies: this package and the bundled katas."""
    package = Path(package_file).resolve().parent
    sites = {package.parent, *(path for path in readable_roots() if path.name.endswith("-packages"))}
    # An editable install leaves a copy of the katas in site-packages, and dist-info names their files.
    installed = [found for site in sites for found in site.glob("ml_katas*")]
    return [package, package.parent / "katas", package.parent / "templates", *installed]


def _ruleset(readable: Iterable[Path]) -> int:
    ruleset = landlock.Ruleset()
    for path in readable:
        ruleset.allow(path)
    for name in (*_SYSTEM_FILES, *_DEVICES):
        ruleset.allow(name)
    ruleset.allow("/dev/null", landlock.READ_AND_WRITE)
    _fill_finders()
    return ruleset.fd


def _world() -> int | None:
    devices = (*_SYSTEM_FILES, *_DEVICES, "/dev/null")
    return namespaces.build([*readable_roots(), *map(Path, devices)], hidden_paths())


def _fill_finders() -> None:
    """Have the folders of sys.path listed now: where ours are inside, a sandbox may not list them."""
    importlib.machinery.PathFinder.find_spec("a_module_that_is_not_there")
