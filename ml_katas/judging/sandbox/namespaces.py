"""A mount namespace for kernels without Landlock: a root with only what is listed, all of it read-only.

It is made once, by a process that ends at once; a sandbox moves into it. What is not listed is not there.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
from collections.abc import Collection, Iterable
from pathlib import Path

from .linux import PR_SET_DUMPABLE, mount, prctl, system_call

_UNSHARE, _SETNS, _PIVOT_ROOT, _UMOUNT, _MOUNT_SETATTR = 272, 308, 155, 166, 442
_NEW_USER, _NEW_MOUNTS = 0x10000000, 0x00020000
_BIND, _RECURSIVE, _PRIVATE, _DETACH = 0x1000, 0x4000, 0x40000, 2
_READ_ONLY, _NO_SUID = 1, 2
_HERE, _BENEATH = -100, 0x8000
_OWNER_OF = 0xB701  # ioctl: the user namespace that a namespace belongs to
_ROOT = Path("/mnt")


def build(readable: Collection[Path], hidden: Iterable[Path]) -> int | None:
    """Return a mount namespace of what is *readable* and not *hidden*; None where there can be none."""
    if os.uname().machine != "x86_64":
        return None
    ready, done = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _become_empty_world()
            _furnish(readable, hidden)
            os.write(ready[1], b"!")
            os.close(done[1])
            os.read(done[0], 1)
        finally:
            os._exit(0)
    os.close(ready[1])
    os.close(done[0])
    try:
        return os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC) if os.read(ready[0], 1) else None
    except OSError:
        return None
    finally:
        os.close(ready[0])
        os.close(done[1])
        os.waitpid(pid, 0)


def restrict_self(world: int) -> None:
    """Move this process into a namespace that `build` made."""
    owner = fcntl.ioctl(world, _OWNER_OF)
    system_call(_SETNS, owner, _NEW_USER)
    system_call(_SETNS, world, _NEW_MOUNTS)
    os.close(owner)
    os.chdir("/")


def _become_empty_world() -> None:
    """Enter namespaces of this process's own, in which it is whoever it was, with an empty folder to fill."""
    user, group = os.getuid(), os.getgid()
    prctl(PR_SET_DUMPABLE, 1)  # who hides its memory may not say who it is in there
    system_call(_UNSHARE, _NEW_USER | _NEW_MOUNTS)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        Path("/proc/self", name).write_text(text, encoding="ascii")
    mount("none", "/", "", _RECURSIVE | _PRIVATE)
    mount("none", str(_ROOT), "tmpfs", _NO_SUID)


def _furnish(readable: Collection[Path], hidden: Iterable[Path]) -> None:
    """Bind what is readable into the empty folder, cover what is hidden, and make the folder the root."""
    bound: list[Path] = []
    for path in sorted({*readable, *(path.resolve() for path in readable)}):
        if path.exists() and not any(other in path.parents for other in bound):
            _bind(path, _ROOT / path.relative_to("/"))
            bound.append(path)
    for path in {secret.resolve() for secret in hidden}:
        if path.is_dir() and any(other in path.parents for other in bound):
            mount("none", str(_ROOT / path.relative_to("/")), "tmpfs", _NO_SUID)
    flags = ctypes.c_char_p(struct.pack("QQQQ", _READ_ONLY | _NO_SUID, 0, 0, 0))
    system_call(_MOUNT_SETATTR, _HERE, ctypes.c_char_p(os.fsencode(_ROOT)), _BENEATH, flags, 32)
    os.chdir(_ROOT)
    system_call(_PIVOT_ROOT, ctypes.c_char_p(b"."), ctypes.c_char_p(b"."))
    system_call(_UMOUNT, ctypes.c_char_p(b"."), _DETACH)


def _bind(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        place.symlink_to(os.readlink(path))
        return
    if path.is_dir():
        place.mkdir(exist_ok=True)
    else:
        place.touch()
    mount(str(path), str(place), "", _BIND | _RECURSIVE)
