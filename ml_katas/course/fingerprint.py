"""Which text of a kata a learner works on: hashes of what they see and of what judges them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..support.records import record


@record
class Fingerprint:
    """The hashes of a kata's brief, starter template and suite."""

    brief: str
    starter: str
    suite: str

    @classmethod
    def of(cls, folder: Path) -> Fingerprint:
        """Return the fingerprint of the kata in *folder*; a file that cannot be read has no hash."""
        return cls(*(hash_of_file(folder / name) for name in ("README.md", "starter.py.j2", "suite.py")))

    def changed_since(self, before: Fingerprint | None) -> tuple[str, ...]:
        """Return what differs from an fingerprint *before*: brief, starter, checks."""
        if before is None:
            return ()
        pairs = {
            "brief": (self.brief, before.brief),
            "starter": (self.starter, before.starter),
            "checks": (self.suite, before.suite),
        }
        return tuple(name for name, (now, then) in pairs.items() if now != then)


def hash_of(content: bytes) -> str:
    """Return the hash that stands for *content* in the progress file."""
    return hashlib.sha256(content).hexdigest()


def hash_of_file(path: Path) -> str:
    try:
        return hash_of(path.read_bytes())
    except OSError:
        return ""
