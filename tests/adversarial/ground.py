"""A proving ground: a kata with marked secrets, a workspace that must not change, an engine of its own."""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import sysconfig
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml_katas.course.kata import Kata, Limits
from ml_katas.course.sources import bundled
from ml_katas.judging.client import Caller, LastResort
from ml_katas.judging.launch import OneCommand
from ml_katas.judging.protocol import Request, request
from ml_katas.report import Isolation, Report, Status, to_plain
from ml_katas.support.records import replace

from .corpus import Specimen
from .processes import GRACE, children_after_a_moment

KATA = "moe-topk"
NEXT = Path(__file__).parents[1] / "fixtures" / "course" / "tiny-double"
SHORT = Limits(total_seconds=4, check_seconds=1, memory_mib=512)  # for what is meant to meet the limit
LONG = Limits(total_seconds=60, check_seconds=30, memory_mib=512)
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\U000e0000-\U000e007f]"
)
_LOADED = ("*.pth", "*customize.py", "escaped*", "__pycache__/escaped*")  # what Python runs by itself
PUBLIC = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/"), Path.cwd())


@dataclass(frozen=True)
class Outcome:
    """How a specimen was judged, and everything that was not as it must be afterwards."""

    report: Report
    seconds: float
    damage: tuple[str, ...]


@dataclass
class Ground:
    """Where specimens are judged, one after the other; `damage` of each is reported with its outcome."""

    kata: Kata
    next: Kata
    workspace: Path
    secret: str
    line: OneCommand
    datagrams: socket.socket
    calls: socket.socket
    judged: int = 0
    _before: Any = None
    isolation: Isolation = field(init=False)
    _judge: Any = field(init=False)

    def __post_init__(self) -> None:
        self._judge = Caller(self.line, LastResort())
        self._before = self._state()
        if wrong := [*self._aftermath()]:
            raise RuntimeError(f"nothing can be judged here: {wrong}")

    def judge(self, specimen: Specimen) -> Outcome:
        """Judge one specimen and look around; what would do harm here is not run."""
        if specimen.needs_confinement and self.isolation.level != "strong":
            raise RuntimeError(f"{specimen.name} would do harm without {', '.join(self.isolation.missing)}")
        self.judged += 1
        limits = SHORT if Status.TIMEOUT in specimen.expected else LONG
        asked = undiagnosed(self.kata, self._filled(specimen), file_name="moe_topk.py")
        started = time.monotonic()
        report = self._judge(replace(asked, limits=limits))
        seconds = time.monotonic() - started
        damage = [*self._damage(report)]
        if seconds > limits.total_seconds + GRACE:
            damage.append(f"it took {seconds:.1f} s")
        if self.judged % 10 == 0 or report.status in (Status.CRASHED, Status.TIMEOUT, Status.BROKEN):
            damage += self._aftermath()
        return Outcome(report, seconds, tuple(damage))

    def judge_honest(self, specimen: Specimen) -> Report:
        """Judge an honest specimen under the kata's own limits."""
        source = self._filled(specimen)
        report: Report = self._judge(undiagnosed(self.kata, source, file_name="moe_topk.py"))
        return report

    def _filled(self, specimen: Specimen) -> bytes:
        """Return the source with the places that a well-informed attacker would know."""
        text = specimen.path.read_text(encoding="utf-8")
        places = {
            "@KATA@": self.kata.folder,
            "@WORKSPACE@": self.workspace,
            "@CLIENT@": os.getpid(),
            "@PARENT@": self.parent,
            "@SOCKET@": self.calls.getsockname(),
            "@DATAGRAMS@": self.datagrams.getsockname(),
        }
        for name, place in places.items():
            text = text.replace(name, str(place))
        return text.encode()

    @property
    def parent(self) -> int:
        return self.line._parent.pid

    # -------- what must not have happened

    def _damage(self, report: Report) -> Iterator[str]:
        shown = "\n".join(_texts(to_plain(report)))
        if self.secret in shown:
            yield "a secret was told"
        printed = report.output + "".join(check.output for check in report.checks)
        if "ESCAPED" in printed:
            yield f"something worked that must not: {printed[printed.index('ESCAPED') :][:200]}"
        if _CONTROLS.search(shown):
            yield "control characters came through"
        state = self._state()
        if state != self._before:
            yield f"files changed: {_difference(self._before, state)}"
            self._before = state
        if strays := children_after_a_moment(self.parent):
            yield f"processes are left: {strays}"
        with suppress(BlockingIOError):
            yield f"a datagram came: {self.datagrams.recv(100)!r}"
        with suppress(BlockingIOError):
            self.calls.accept()[0].close()
            yield "a socket was called at which a server might listen"
        if self.line._parent.poll() is not None:
            yield "the parent is gone"

    def _aftermath(self) -> Iterator[str]:
        """Yield what is wrong if the next learner's right solution does not pass."""
        source = self.next.solution.read_bytes()
        report = self._judge(undiagnosed(self.next, source, file_name="tiny_double.py"))
        self.isolation = report.isolation
        if report.status is not Status.PASSED:
            yield f"the next submission ended as {report.status}: {report.message}"

    def _state(self) -> Any:
        packages = Path(sysconfig.get_path("purelib"))
        return {
            **{
                str(path): _fingerprint(path) for path in (self.workspace, *sorted(self.workspace.rglob("*")))
            },
            **{str(path): _fingerprint(path) for path in sorted(self.kata.folder.rglob("*"))},
            **{
                str(folder): sorted(folder.glob("escaped*"))
                for folder in PUBLIC
                if os.access(folder, os.R_OK)
            },
            **{str(path): _fingerprint(path) for name in _LOADED for path in packages.glob(name)},
        }


@contextmanager
def ground(
    folder: Path, layers: tuple[str, ...] | None = None, *, in_place: bool = False
) -> Iterator[Ground]:
    """Yield a proving ground in *folder*; without *layers* its engine is confined as everywhere.

    *in_place*: the secret is planted in the bundled kata itself for that time, not in a copy.
    """
    secret = "SECRET-" + os.urandom(8).hex()
    os.environ["MLKATA_TEST_SECRET"] = secret
    with ExitStack() as stack:
        unmarked = stack.enter_context(_restored(_bundled())) if in_place else _copy(folder / "kata")
        kata = _marked(unmarked, secret)
        workspace = _workspace(folder / "workspace", secret)
        datagrams = stack.enter_context(_bound(folder / "datagrams", socket.SOCK_DGRAM))
        calls = stack.enter_context(_bound(folder / "calls", socket.SOCK_STREAM))
        calls.listen()
        line = stack.enter_context(OneCommand(layers))
        yield Ground(kata, Kata.load(NEXT), workspace, secret, line, datagrams, calls)


def _bound(path: Path, kind: socket.SocketKind) -> socket.socket:
    """Return a socket at which a sandbox would be heard."""
    found = socket.socket(socket.AF_UNIX, kind)
    found.bind(str(path))
    found.setblocking(False)
    return found


def _bundled() -> Path:
    course = bundled("katas")
    assert course is not None
    return course / KATA


def _copy(folder: Path) -> Path:
    return shutil.copytree(_bundled(), folder / KATA, ignore=shutil.ignore_patterns("__pycache__"))


@contextmanager
def _restored(kata: Path) -> Iterator[Path]:
    """Yield the folder, and give its files back the text that they had."""
    texts = {path: path.read_bytes() for path in kata.rglob("*") if path.is_file()}
    try:
        yield kata
    finally:
        for path, text in texts.items():
            path.write_bytes(text)


def _marked(kata: Path, secret: str) -> Kata:
    """Return the kata with the secret in everything that is hidden."""
    for path in (kata / "suite.py", kata / "solution.py"):
        with path.open("a", encoding="utf-8") as file:
            file.write(f'\n_PLANTED = "{secret}"  # {secret}\n')
    mistakes = (kata / "mistakes.md").read_text(encoding="utf-8")
    (kata / "mistakes.md").write_text(f"{secret}\n\n{mistakes}", encoding="utf-8")
    return Kata.load(kata)


def _workspace(folder: Path, secret: str) -> Path:
    (folder / "folder").mkdir(parents=True)
    (folder / "empty").mkdir()
    notes = folder / "notes.txt"
    notes.write_text(f"what was learnt: {secret}\n", encoding="utf-8")
    (folder / "moe_topk.py").write_text("def top_k_gating(): ...\n", encoding="utf-8")
    (folder / "torch.py").write_text("raise SystemExit(0)\n", encoding="utf-8")
    notes.chmod(0o640)
    with suppress(OSError):
        os.setxattr(notes, "user.mark", secret.encode())
    return folder


def _fingerprint(path: Path) -> Any:
    found = path.lstat()
    content = path.read_bytes() if stat.S_ISREG(found.st_mode) else b""
    marks: list[Any] = []
    with suppress(OSError):
        marks = [(name, os.getxattr(path, name)) for name in os.listxattr(path)]
    return found.st_mode, found.st_uid, found.st_gid, found.st_nlink, found.st_mtime_ns, content, marks


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _difference(before: Any, after: Any) -> list[str]:
    return [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)][:5]


def undiagnosed(kata: Kata, source: bytes, *, file_name: str) -> Request:
    """Return the request to judge *source* without looking for the mistake behind a failure."""
    return replace(request(kata, source, file_name=file_name), diagnose=False)
