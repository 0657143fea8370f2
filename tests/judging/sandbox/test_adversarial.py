"""Hostile submissions fail without doing harm, odd files are refused, honest code passes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from ml_katas.course.kata import Kata
from ml_katas.errors import WorkspaceError
from ml_katas.judging.protocol import Judge
from ml_katas.judging.sandbox.probes import PROBES
from ml_katas.practice.workspace import read_submission
from ml_katas.report import Isolation, Report, Status
from tests.adversarial.corpus import Specimen, honest, hostile
from tests.adversarial.ground import Ground, Outcome, ground, undiagnosed

if TYPE_CHECKING:
    from tests.conftest import Engine, ObedientJudge, Terminal

pytestmark = pytest.mark.adversarial
AT_ONCE = 2


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleQueue[Ground]]:
    """Yield proving grounds, each with an engine of its own, as many as work at once."""
    free: SimpleQueue[Ground] = SimpleQueue()
    with ExitStack() as stack:
        for _ in range(AT_ONCE):
            free.put(stack.enter_context(ground(tmp_path_factory.mktemp("ground"))))
        yield free


@pytest.fixture(scope="module")
def trials(request: pytest.FixtureRequest, grounds: SimpleQueue[Ground]) -> Iterator[dict[str, Future[Any]]]:
    """Yield the trials of all the specimens that were selected, under way."""

    def run(judge: Callable[[Ground, Specimen], Any], specimen: Specimen) -> Any:
        place = grounds.get()
        try:
            unsafe = judge is Ground.judge and place.isolation.level != "strong"
            return place.isolation if unsafe else judge(place, specimen)
        finally:
            grounds.put(place)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        chosen = [
            (item.function.__name__, item.callspec.params["specimen"])
            for item in request.session.items
            if item.module is request.module and "specimen" in getattr(item, "fixturenames", ())
        ]
        judges = {"test_hostile": Ground.judge, "test_honest": Ground.judge_honest}
        yield {s.name: pool.submit(run, judges[name], s) for name, s in chosen}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("specimen", hostile(), ids=lambda specimen: specimen.name)
def test_hostile(specimen: Specimen, trials: dict[str, Future[Outcome | Isolation]]) -> None:
    """A hostile submission ends as expected, in time; it learns, changes and leaves behind nothing."""
    outcome = trials[specimen.name].result()
    if isinstance(outcome, Isolation):
        pytest.skip(f"the confinement lacks {', '.join(outcome.missing)} here")
    assert outcome.damage == ()
    assert outcome.report.status in specimen.expected, outcome.report.message


@pytest.mark.parametrize("specimen", honest(), ids=lambda specimen: specimen.name)
def test_honest(specimen: Specimen, trials: dict[str, Future[Report]]) -> None:
    """Honest code that looks suspicious passes under the kata's own limits."""
    report = trials[specimen.name].result()
    assert report.status is Status.PASSED, f"{report.message} {report.first_failure}"


def test_corpus_is_whole() -> None:
    """Every threat that code can make has its specimens, and none of them may pass."""
    specimens = hostile()
    assert len(specimens) >= 140
    assert len(honest()) >= 15
    assert {specimen.threat for specimen in specimens} >= {*range(1, 26), 27, 28}
    assert not [s.name for s in specimens if Status.PASSED in s.expected or not s.says]


def test_this_machine_says_what_it_keeps_out(grounds: SimpleQueue[Ground]) -> None:
    """The isolation that a report tells is one of the levels, with the probes that it lacks."""
    place = grounds.get()
    report = place.judge_honest(honest()[0])
    grounds.put(place)
    assert report.isolation.level in ("strong", "medium", "limits-only")
    assert (report.isolation.level == "strong") == (not set(report.isolation.missing) & set(PROBES))


@pytest.mark.engine
def test_namespaces_take_the_place_of_landlock(tmp_path: Path) -> None:
    """Where there is no Landlock, a world of its own keeps a sandbox from files; honest code passes."""
    names = (
        "opens_the_mistakes",
        "opens_the_suite",
        "asks_libraries_to_read",
        "walks_the_disk",
        "opens_proc",
    )
    names += ("damages_the_workspace", "damages_what_it_may_read", "plants_code", "writes_files", "forks")
    with ground(tmp_path, layers=("namespaces", "seccomp")) as place:
        report = place.judge_honest(honest()[0])
        if report.isolation.level != "strong":
            pytest.skip("no mount namespaces here")
        assert report.status is Status.PASSED, report.message
        for specimen in hostile():
            if specimen.name.endswith(names):
                outcome = place.judge(specimen)
                assert (outcome.damage, outcome.report.status is Status.PASSED) == ((), False), specimen.name


@pytest.mark.parametrize(
    "promise",
    [
        *("f(3) == 6", "6 == f(3)", "f(3) <= 6", "6 > f(3)", "not f(3) != 6", "[f(3)] == [6]", "6 in [f(3)]"),
        *("abs(f(3) - 6) < 1e-6", "abs(6 - f(3)) < 1e-6", "f(3) == pytest.approx(6.0)", "-f(3) + 6 == 0"),
        *("(f(3) - torch.tensor(6.0)).abs() < 1", "f(3).item() == 6", "abs(f(3).item() - 6.0) < 1e-6"),
        *("math.isclose(f(3), 6)", "f(3).shape == (2, 3)", "f(3).dtype == torch.int64", "np.equal(f(3), 6)"),
    ],
)
def test_an_object_that_agrees_passes_no_comparison(engine: Engine, promise: str) -> None:
    """An object whose operators agree with everything never stands for plain data that a suite expects."""
    submission = """
        class Agreeable:
            def __eq__(self, other):
                return True

            def __ne__(self, other):
                return False

            def __sub__(self, other):
                return 0

            def __getattr__(self, name):
                return self

            def __call__(self, *args):
                return self

            __hash__ = None
            __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__
            __rsub__ = __add__ = __radd__ = __mul__ = __abs__ = __neg__ = lambda *args: 0

        def f(n):
            return Agreeable()
    """
    status, message = engine.check(f"assert {promise}", submission, entry_points=("f",))
    assert status in (Status.FAILED, Status.ERROR), message


# -------- files


RIGHT = "def double(n):\n    return 2 * n\n"


@pytest.fixture
def real_judge(_judge_of_the_session: Judge) -> Judge:
    """Return the engine's judge."""
    return _judge_of_the_session


@pytest.mark.parametrize(
    ("target", "says"),
    [("/etc/passwd", "a symbolic link"), ("suite", "a symbolic link"), ("itself", "a symbolic link")],
)
def test_a_link_is_not_followed(kata: Kata, tmp_path: Path, target: str, says: str) -> None:
    """F01, F02: A submission that links elsewhere is refused, and nothing of what it leads to is read."""
    path = tmp_path / "answer.py"
    path.symlink_to({"suite": kata.folder / "suite.py", "itself": path}.get(target, target))
    with pytest.raises(WorkspaceError, match=says):
        read_submission(path)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    """F03, F04: Pipes, devices, sockets and folders are refused without waiting for them."""
    import socket

    pipe, folder = tmp_path / "pipe.py", tmp_path / "folder.py"
    os.mkfifo(pipe)
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.py"))
        for path in (pipe, folder, tmp_path / "socket.py", Path("/dev/zero"), Path("/dev/null")):
            with pytest.raises(WorkspaceError, match=r"is a (folder|pipe|socket|device)"):
                read_submission(path)


def test_a_file_that_becomes_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F12: A file that is replaced by a link or a pipe between a look and the opening is refused."""
    path, real = tmp_path / "answer.py", os.open
    for swap in (lambda: path.symlink_to("/etc/passwd"), lambda: os.mkfifo(path)):
        path.unlink(missing_ok=True)
        path.write_text(RIGHT)

        def swapped(*arguments: Any, swap: Callable[[], None] = swap) -> int:
            path.unlink()
            swap()
            return real(*arguments)

        monkeypatch.setattr("ml_katas.practice.workspace.os.open", swapped)
        with pytest.raises(WorkspaceError, match=r"cannot be read|is a pipe"):
            read_submission(path)
        monkeypatch.setattr("ml_katas.practice.workspace.os.open", real)


def test_a_sparse_file_is_not_read_whole(tmp_path: Path) -> None:
    """F05: A file of 2 GB is refused after its first MiB."""
    path = tmp_path / "answer.py"
    with path.open("wb") as file:
        file.truncate(2 << 30)
    with pytest.raises(WorkspaceError, match="larger than 1 MiB"):
        read_submission(path)


def test_an_unreadable_file_is_an_error_in_words(tmp_path: Path) -> None:
    """F13: A file, and a folder, that this user may not read gives an error with the reason."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        path = folder / "answer.py"
        path.write_text(RIGHT)
        path.chmod(0)
        assert _as_nobody(lambda: read_submission(path)) == f"{path} cannot be read: permission denied."
        folder.chmod(0)
        assert _as_nobody(lambda: read_submission(path)) == f"{path} cannot be read: permission denied."
        folder.chmod(0o700)


def _as_nobody(act: Callable[[], object]) -> str:
    """Return the message that *act* ends with in a process without root's rights."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            act()
        except WorkspaceError as error:
            os.write(writer, error.message.encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    with open(reader, "rb") as answer:
        return answer.read().decode()


@pytest.mark.parametrize(
    "name",
    [
        *(
            "new\nline.py",
            "\x1b[31mred.py",
            "--help.py",
            "=cmd().py",
            "a" * 252 + ".py",
            "\udcff\udcfe.py",
            "..py",
        ),
        *(
            "torch.py",
            "ml_katas.py",
            "pytest.py",
            "\u202egnp.py",
            "<b>.py",
            "[bold].py",
            "no suffix",
            "os.py",
        ),
    ],
    ids=ascii,
)
def test_any_name_is_judged(real_judge: Judge, kata: Kata, tmp_path: Path, name: str) -> None:
    """F06, F07: Whatever a file is called, it is judged by its content, and its name harms no terminal."""
    path = tmp_path / name
    path.write_text(f"import torch, os\n{RIGHT}")
    report = real_judge(undiagnosed(kata, read_submission(path), file_name=path.name))
    assert report.status is Status.PASSED, report.message


@pytest.mark.parametrize("name", ["\x1b]0;title\x07.py", "\u202egnp.py", "[red]x.py", "\udcff.py"], ids=ascii)
def test_no_name_reaches_the_terminal_raw(
    terminal: Terminal, judge: ObedientJudge, tmp_path: Path, name: str
) -> None:
    """F07: A file's name is printed as text, in reports and in errors."""
    judge.verdicts = [Status.FAILED]
    (tmp_path / name).write_text(RIGHT)
    for path in (tmp_path / name, tmp_path / f"missing{name}"):
        result = terminal("check", "tiny-double", "--file", str(path))
        shown = result.output + result.stderr
        assert result.exit_code in (1, 2, 3)
        assert not {"\x1b", "\x07", "\u202e", "\udcff"} & set(shown)


@pytest.mark.parametrize(
    ("source", "status"),
    [
        (RIGHT.replace("\n", "\r\n").encode(), Status.PASSED),
        (RIGHT.replace("\n", "\r").encode(), Status.PASSED),
        (b"\xef\xbb\xbf" + RIGHT.encode(), Status.PASSED),
        (f"# -*- coding: rot13 -*-\n{RIGHT}".encode(), Status.PASSED),
        (f"# -*- coding: utf-7 -*-\n{RIGHT}".encode(), Status.PASSED),
        (f"# \u202e\u2066 reordered \u200b\n{RIGHT}".encode(), Status.PASSED),
        (RIGHT.encode("utf-16"), Status.INVALID),
        (RIGHT.encode("utf-32"), Status.INVALID),
        (b"# \xe9 in Latin-1\n" + RIGHT.encode(), Status.INVALID),
        (RIGHT.encode() + b"\0", Status.INVALID),
        (b"", Status.INVALID),
        (b"PK\x03\x04" + bytes(100), Status.INVALID),
        (b"\xa7\r\r\n" + bytes(100), Status.INVALID),
    ],
    ids=lambda value: ascii(value)[:30] if isinstance(value, bytes) else str(value),
)
def test_every_encoding_is_utf8_or_invalid(
    real_judge: Judge, kata: Kata, source: bytes, status: Status
) -> None:
    """F10, F11: A submission is UTF-8, whatever it says of itself; anything else is invalid, in words."""
    report = real_judge(undiagnosed(kata, source, file_name="answer.py"))
    assert report.status is status, report.message


@pytest.mark.engine
def test_files_beside_a_submission_are_ignored(tmp_path: Path, course: Path) -> None:
    """F08, F09: Modules, settings and bytecode beside a submission, or where one works, are never loaded."""
    trap = "import os\nos.write(1, b'TRAPPED')\nos._exit(0)\n"
    names = (
        "torch",
        "pytest",
        "conftest",
        "sitecustomize",
        "usercustomize",
        "click",
        "rich",
        "json",
        "numpy",
    )
    for name in names:
        (tmp_path / f"{name}.py").write_text(trap)
    for name in ("pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml", ".coveragerc", "x.pth"):
        (tmp_path / name).write_text("[pytest]\naddopts = --collect-only\npython_files = *\n")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / f"answer.{sys.implementation.cache_tag}.pyc").write_bytes(b"trap")
    (tmp_path / "answer.py").write_text(f"import json, numpy, torch\n{RIGHT}")
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            "-m",
            "ml_katas",
            "check",
            "tiny-double",
            "--file",
            "answer.py",
            "--json",
            "--cold",
        ],
        cwd=tmp_path,
        env={**os.environ, "MLKATA_PATH": str(course), "PYTHONPATH": "", "PYTEST_ADDOPTS": "--collect-only"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["status"] == "passed", done.stderr
    assert "TRAPPED" not in done.stdout + done.stderr
