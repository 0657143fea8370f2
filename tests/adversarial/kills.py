"""Processes that are killed at random moments of a check: `python -m tests.adversarial.kills --rounds 200`.

In each round a right submission is checked, and the server, the judge, the sandbox or the command itself is
killed, asked to end or stopped. The check ends with the verdict that it deserves, what was recorded stays,
and no process, socket or temporary file is left. Runs as a process of its own, which adopts what is left.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ml_katas.judging.launch import PARENT
from ml_katas.judging.sandbox.linux import prctl
from ml_katas.support.files import STALE_SECONDS

from .processes import GRACE, descendants_of, forks_of, parent_of, words_of

COURSE = Path(__file__).parents[1] / "fixtures" / "course"
KATA = "tiny-double"
SLOWLY = "import time\n\n\ndef double(x):\n    time.sleep(0.05)\n    return 2 * x\n\n\n# round {}\n"
PATIENCE = 120.0
_PR_SET_CHILD_SUBREAPER = 36
_VICTIMS = ("server", "judge", "sandbox", "command")
_SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGTERM, signal.SIGSTOP)
_STOPPABLE = ("server", "judge")
_LATEST = {"server": 0.6, "judge": 0.2, "sandbox": 0.2, "command": 0.5}  # seconds after it is there


@dataclass(frozen=True)
class Blow:
    """What is done to whom, and when."""

    victim: str
    signal: signal.Signals
    after: float

    @classmethod
    def at_random(cls, rng: random.Random) -> Blow:
        """Return any of them."""
        victim, number = rng.choice(_VICTIMS), rng.choice(_SIGNALS)
        if number is signal.SIGSTOP and (victim not in _STOPPABLE or rng.random() < 0.5):
            number = signal.SIGKILL
        return cls(victim, number, rng.uniform(0, _LATEST[victim]))

    def __str__(self) -> str:
        return f"{self.signal.name} for the {self.victim}"


@dataclass
class Place:
    """A workspace, a home and a folder of sockets of its own, and what is known to be recorded there."""

    folder: Path
    attempts: list[tuple[int, str, str]] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("home", "run", "tmp", "work"):
            (self.folder / name).mkdir(mode=0o700)
        shutil.copytree(COURSE, self.folder / "course", ignore=shutil.ignore_patterns("__pycache__"))
        self.run("start", KATA)

    @property
    def environment(self) -> dict[str, str]:
        """What keeps every command here."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MLKATA_")}
        own = {"MLKATA_HOME": "home", "XDG_RUNTIME_DIR": "run", "TMPDIR": "tmp", "MLKATA_PATH": "course"}
        return kept | {name: str(self.folder / path) for name, path in own.items()}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "ml_katas", *words],
            cwd=self.folder / "work",
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> str:
        """Run a command and return what it says."""
        return self.start(*words).communicate(timeout=PATIENCE)[0]

    def submit(self, number: int) -> None:
        """Write a right submission that differs from all before."""
        (self.folder / "work" / "tiny_double.py").write_text(SLOWLY.format(number))

    def lost(self, ending: str, *, is_cut_off: bool) -> Iterator[str]:
        """Yield what is not recorded that must be; one that was cut off may not have come to that."""
        attempts, versions = self._attempts(), self._versions()
        new = attempts[len(self.attempts) :]
        if attempts[: len(self.attempts)] != self.attempts or not set(self.versions) <= set(versions):
            yield "what was recorded has changed"
        if not is_cut_off and [status for _, _, status in new] != [ending]:
            yield f"recorded as {new}"
        if not {version for _, version, _ in new} <= set(versions):
            yield f"the version of {new} is not kept"
        self.attempts, self.versions = attempts, versions

    def _attempts(self) -> list[tuple[int, str, str]]:
        with closing(sqlite3.connect(self.folder / "work" / ".mlkata" / "progress.db")) as db:
            return db.execute("SELECT id, version, status FROM attempts ORDER BY id").fetchall()

    def _versions(self) -> list[str]:
        return sorted(path.stem for path in (self.folder / "work").glob(".mlkata/history/*/*.py"))

    def litter(self) -> Iterator[str]:
        """Yield files that nobody needs any more."""
        places = {path for name in ("home", "run", "tmp", "work") for path in (self.folder / name).rglob("*")}
        yield from (str(path) for path in places if _is_old_draft(path))
        yield from (str(path) for path in (self.folder / "tmp").iterdir())
        sockets = [path.name for path in (self.folder / "run").rglob("*") if path.suffix in (".sock", ".log")]
        if len(sockets) > 2:
            yield f"sockets {sockets}"


def _is_old_draft(path: Path) -> bool:
    """Return whether a file was being written by a command that must have been killed long ago."""
    is_draft = path.name.startswith(".") and path.name not in (".mlkata", ".gitignore")
    return is_draft and time.time() - path.stat().st_mtime > STALE_SECONDS + PATIENCE


# -------- processes


def servers() -> list[int]:
    """Return the servers that run below this process, resident or of one command."""
    return [pid for pid in descendants_of(os.getpid()) if _is_server(pid) and not _is_server(parent_of(pid))]


def _is_server(pid: int) -> bool:
    return PARENT in words_of(pid)


def victims_of(kind: str, command: int) -> list[int]:
    """Return the processes of a kind that there are at the moment."""
    if kind == "command":
        return [command]
    if kind == "server":
        return servers()
    which = {"judge": 0, "sandbox": 1}[kind]  # of one connection the judge is forked first
    return [forks[which] for server in servers() if len(forks := forks_of(server)) > 1]


def strike(blow: Blow, command: subprocess.Popen[str]) -> int:
    """Strike the victim some time after it is there; return its process, or 0 where that was too late."""
    while command.poll() is None:
        for pid in victims_of(blow.victim, command.pid):
            time.sleep(blow.after)
            if command.poll() is not None:
                return 0
            with suppress(ProcessLookupError):
                os.kill(pid, blow.signal)
                return pid
        time.sleep(0.002)
    return 0


def left_over() -> list[int]:
    """Return the processes that are left after a moment: all but a server that does nothing."""
    patience = time.monotonic() + GRACE
    while (found := _adopted()) and time.monotonic() < patience:
        time.sleep(0.01)
    return found


def _adopted() -> list[int]:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    found = descendants_of(os.getpid())
    return [] if len(found) == 1 and servers() == found else found


# -------- rounds


@dataclass(frozen=True)
class Round:
    """What came of one blow: how the check ended, and everything that is not as it must be."""

    blow: Blow
    is_hit: bool
    ending: str
    seconds: float
    wrong: tuple[str, ...]


def play(place: Place, number: int, blow: Blow) -> Round:
    """Check a right submission, strike, and look around."""
    place.submit(number)
    started = time.monotonic()
    command = place.start("check", KATA, "--json")
    victim = strike(blow, command)
    said, noted = command.communicate(timeout=PATIENCE)
    seconds = time.monotonic() - started
    if blow.signal is signal.SIGSTOP:
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGCONT) if victim else None
    report = json.loads(said) if said else {}
    ending = report.get("status", f"exit {command.returncode}")
    struck = blow.victim if victim else ""
    about = f"{ending}: {report.get('message', '')} {noted}"
    wrong = [*_undeserved(struck, ending, about), *place.lost(ending, is_cut_off=struck == "command")]
    wrong += [f"left: {' '.join(words_of(pid))}" for pid in left_over()] + [*place.litter()]
    return Round(blow, bool(victim), ending, seconds, tuple(wrong))


def _undeserved(victim: str, ending: str, about: str) -> Iterator[str]:
    """Yield what is wrong with how a check ended whose victim was so struck."""
    deserved = {"sandbox": ("passed", "crashed"), "command": (ending,)}.get(victim, ("passed",))
    if ending not in deserved:
        yield f"it ended with {about}"
    if "Traceback" in about:
        yield about


def main() -> None:
    """Play so many rounds and print what came of them; exit with 1 if something is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.adversarial.kills", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="in which somebody was struck")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    given = parser.parse_args()
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        rounds, wrong = _play(Place(Path(folder)), random.Random(given.seed), given.rounds)
    hits = [each for each in rounds if each.is_hit]
    endings = Counter(f"{each.blow}: {each.ending}" for each in hits)
    print(
        f"seed {given.seed}: {len(hits)} of {len(rounds)} rounds hit, the longest took "
        f"{max(each.seconds for each in rounds):.1f} s",
        *(f"{count:>5} {ending}" for ending, count in sorted(endings.items())),
        *(f"WRONG: {each}" for each in wrong),
        sep="\n",
    )
    sys.exit(bool(wrong))


def _play(place: Place, rng: random.Random, hits: int) -> tuple[list[Round], list[str]]:
    rounds: list[Round] = []
    wrong: list[str] = []
    while sum(each.is_hit for each in rounds) < hits:
        rounds.append(play(place, len(rounds), Blow.at_random(rng)))
        wrong += [f"round {len(rounds)}, {rounds[-1].blow}: {said}" for said in rounds[-1].wrong]
    place.run("server", "stop")
    if left := [*left_over(), *servers()]:
        wrong.append(f"after the server was stopped: {left}")
    return rounds, [*wrong, *(f"after all: {path}" for path in place.litter())]


if __name__ == "__main__":
    main()
