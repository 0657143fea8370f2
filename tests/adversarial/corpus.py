"""The corpus: what each submission is expected to end in, read from its first lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ml_katas.report import Status

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Specimen:
    """A submission of the corpus; one that `needs_confinement` would do harm without it."""

    path: Path
    expected: frozenset[Status]
    threat: int
    says: str
    slow: bool
    needs_confinement: bool

    @property
    def name(self) -> str:
        return self.path.stem

    @classmethod
    def load(cls, path: Path) -> Specimen:
        """Return the specimen at *path*; its first lines are `# expect:`, `# threat: N — …` and marks."""
        lines = path.read_text(encoding="utf-8").splitlines()
        facts = dict(line[2:].partition(": ")[::2] for line in lines[:2] if line.startswith("# "))
        threat, _, says = facts.get("threat", "0 — ").partition(" — ")
        return cls(
            path,
            frozenset(Status(word.strip()) for word in facts["expect"].split("|")),
            int(threat),
            says,
            slow="# slow" in lines[2:4],
            needs_confinement="# needs-confinement" in lines[2:4],
        )


def hostile() -> list[Specimen]:
    """Return the hostile submissions, by threat."""
    return _all("submissions")


def honest() -> list[Specimen]:
    """Return the honest submissions that look suspicious."""
    return _all("honest")


def _all(folder: str) -> list[Specimen]:
    return [Specimen.load(path) for path in sorted((_HERE / folder).glob("*.py"))]
