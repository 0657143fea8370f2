"""Landlock: a process that may read what is listed and write nothing, whoever it runs as.

https://docs.kernel.org/userspace-api/landlock.html; the numbers are those of linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from .linux import system_call

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
READ = _READ_FILE | _READ_DIR  # libraries load without the right to execute, which is for programs
READ_AND_WRITE = READ | _WRITE_FILE

# How many file rights each version of the interface knows, from the first on.
_KNOWN_RIGHTS = (13, 14, 15, 15, 16)
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6
_ALL_NETWORK = _ALL_SCOPES = 0b11


def version() -> int:
    """Return the version of the interface, 0 where the system has none."""
    try:
        return system_call(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    except OSError:
        return 0


class Ruleset:
    """What a process and its children may reach; built once, applied in each sandbox."""

    def __init__(self) -> None:
        known = version()
        if not known:
            raise OSError("Landlock is not available")
        self._rights = (1 << _KNOWN_RIGHTS[min(known, len(_KNOWN_RIGHTS)) - 1]) - 1
        network = _ALL_NETWORK if known >= _NETWORK_SINCE else 0
        scopes = _ALL_SCOPES if known >= _SCOPES_SINCE else 0
        size = 24 if known >= _SCOPES_SINCE else 16 if known >= _NETWORK_SINCE else 8
        attributes = struct.pack("QQQ", self._rights, network, scopes)
        self.fd = system_call(_CREATE_RULESET, ctypes.c_char_p(attributes), size, 0)

    def allow(self, path: str | Path, rights: int = READ) -> None:
        """Allow *rights* beneath *path*, if it exists."""
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return
        try:
            rights &= self._rights if os.path.isdir(fd) else self._rights & _OF_FILES
            rule = struct.pack("=Qi", rights, fd)
            system_call(_ADD_RULE, self.fd, _PATH_BENEATH, ctypes.c_char_p(rule), 0)
        finally:
            os.close(fd)


def restrict_self(ruleset_fd: int) -> None:
    """Put this thread, and what it starts, under a ruleset for good; no_new_privs must be set."""
    system_call(_RESTRICT_SELF, ruleset_fd, 0)


def decompose(roots: Iterable[Path], hidden: Iterable[Path]) -> list[Path]:
    """Return paths that cover *roots* but nothing *hidden*: a folder around it goes entry by entry."""
    hidden = {path.resolve() for path in hidden}
    cover: list[Path] = []
    todo = list(dict.fromkeys(root.resolve() for root in roots if root.exists()))
    while todo:
        path = todo.pop()
        if any(path == secret or secret in path.parents for secret in hidden):
            continue
        if any(path in secret.parents for secret in hidden):
            todo += _entries(path)
        else:
            cover.append(path)
    return cover


def _entries(folder: Path) -> list[Path]:
    try:
        return [folder / entry for entry in os.listdir(folder) if not (folder / entry).is_symlink()]
    except OSError:
        return []
