"""Every way in which a submission can end has its status, its sentence and its time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from ml_katas.report import Frame, Status

if TYPE_CHECKING:
    from conftest import Engine

    from ml_katas.report import Report

PATIENCE = 40.0  # a safety net: what hangs would take a minute, or for ever
THREE = '''
    def test_first():
        """It answers first."""
        assert first() == 1, "first is not 1"

    def test_second():
        """It answers second."""
        assert second() == 2, "second is not 2"

    def test_third():
        """It answers third."""
        assert second() == 2, "third is not 2"
'''


def submission(first: str = "return 1", second: str = "return 2", top: str = "") -> str:
    """Return a submission with these bodies."""
    return f"{top}\ndef first():\n    {first}\n\n\ndef second():\n    {second}\n"


def statuses(report: Report) -> list[str]:
    """Return the report's status and those of its checks."""
    return [str(report.status), *(str(check.status) for check in report.checks)]


def sentence(report: Report) -> str:
    """Return the first message of a check, or the report's own."""
    failures = [check.failure for check in report.checks if check.failure]
    return failures[0].message if failures else report.message


def test_passed_and_failed(engine: Engine) -> None:
    """A right submission passes; an assertion of the suite fails one check and lets the others run."""
    assert statuses(engine.judge(THREE, submission())) == ["passed", "passed", "passed", "passed"]
    report = engine.judge(THREE, submission(first="return 3"))
    assert statuses(report) == ["failed", "failed", "passed", "passed"]
    assert sentence(report) == "first is not 1"
    assert (report.passed, report.total) == (2, 3)


def test_unfinished_work_is_incomplete(engine: Engine) -> None:
    """NotImplementedError alone makes a report incomplete; beside other failures it is an error."""
    unfinished = submission(first="raise NotImplementedError", second="raise NotImplementedError")
    report = engine.judge(THREE, unfinished)
    assert (statuses(report)[0], sentence(report)) == ("incomplete", "not written yet")
    partly = engine.judge(THREE, submission(first="raise NotImplementedError"))
    assert statuses(partly) == ["incomplete", "incomplete", "passed", "passed"]
    worse = engine.judge(THREE, submission(first="raise NotImplementedError", second="return 3"))
    assert statuses(worse) == ["error", "incomplete", "failed", "failed"]


@pytest.mark.parametrize(
    ("source", "message", "line"),
    [
        ("def first(:\n    pass\n", "does not compile: invalid syntax", 1),
        ("x = 1\n  y = 2\n", "does not compile: unexpected indent", 2),
        ("if True:\n\tx = 1\n        y = 2\n", "does not compile: inconsistent use of tabs", None),
        (b"x = '\xff\xfe'\n", "must be UTF-8 text", None),
        (b"\x00\x00", "does not compile: source code string cannot contain null bytes", None),
        ("", "does not define first.", None),
        ("def frist(): ...\ndef second(): ...\n", "does not define first. Did you mean 'frist'?", None),
        ("first = 3\ndef second(): ...\n", "first must be a function or class, and is something else", None),
        ("first = None\ndef second(): ...\n", "does not define first.", None),
        (
            "def first(): ...\ndef second(): ...\n1 / 0\n",
            "cannot be imported: ZeroDivisionError: division by zero",
            3,
        ),
        (
            "import helpers\n",
            "No module named 'helpers'. "
            "A submission is one file: it may import torch, NumPy and what is installed",
            1,
        ),
        ("import torch.nothing\n", "No module named 'torch.nothing'. A submission is one file", 1),
        ("from torch import nothing\n", "cannot be imported: ImportError: cannot import name 'nothing'", 1),
        ("raise SystemExit\n", "cannot be imported: SystemExit", 1),
        ("raise KeyboardInterrupt\n", "cannot be imported: KeyboardInterrupt", 1),
        ("\n\nfirst()\n", "cannot be imported: NameError: name 'first' is not defined", 3),
        ("x = " + "(" * 300 + ")" * 300, "does not compile: too many nested parentheses", 1),
    ],
)
def test_what_does_not_load_is_invalid(
    engine: Engine, source: str | bytes, message: str, line: int | None
) -> None:
    """A submission that does not compile, import or define what it must is told so, with its line."""
    report = engine.judge(
        THREE, source if isinstance(source, bytes) else source.encode(), entry_points=("first", "second")
    )
    assert statuses(report) == ["invalid", "not_run", "not_run", "not_run"]
    assert report.message.startswith(message.strip("."))
    if line is not None:
        assert report.at is not None
        assert report.at.line == line


def test_a_submission_may_be_written_in_many_ways(engine: Engine) -> None:
    """A byte order mark, Windows line ends, a coding line and prints at import do no harm."""
    source = (
        b"\xef\xbb\xbf# coding: utf-8\r\nprint('caf\xc3\xa9')\r\n"
        + submission().replace("\n", "\r\n").encode()
    )
    report = engine.judge(THREE, source, entry_points=("first", "second"))
    assert statuses(report) == ["passed"] * 4
    assert report.checks[0].output == "café\n"


def test_an_exception_is_an_error_with_its_line(engine: Engine) -> None:
    """An exception is an error of that check; recursion, input and a late import come with their advice."""
    report = engine.judge(THREE, submission(first="return [][1]"))
    assert statuses(report) == ["error", "error", "passed", "passed"]
    failure = report.checks[0].failure
    assert failure is not None
    assert (failure.message, failure.at) == (
        "IndexError: list index out of range",
        Frame(3, "first", "return [][1]"),
    )
    asks = engine.judge(THREE, submission(first="return input()"))
    wanted = (
        "EOFError: EOF when reading a line. A submission gets its input as arguments, not from the keyboard."
    )
    assert (statuses(asks)[0], sentence(asks)) == ("error", wanted)
    late = engine.judge(THREE, submission(first="import helpers"))
    assert sentence(late) == (
        "ModuleNotFoundError: No module named 'helpers'. "
        "A submission is one file: it may import torch, NumPy and what is installed."
    )
    deep = engine.judge(THREE, submission(first="return first()"))
    assert sentence(deep).startswith("RecursionError: maximum recursion depth exceeded")
    assert statuses(deep)[1:] == ["error", "passed", "passed"]


@pytest.mark.parametrize(
    "how", ["while True: pass", "import time; time.sleep(60)", "import torch\n    while True: torch.ones(9)"]
)
def test_a_loop_without_end_is_a_timeout(engine: Engine, how: str) -> None:
    """Code that does not come back ends the report at its limit, and says what the others wait for."""
    started = time.monotonic()
    report = engine.judge(THREE, submission(first=how), limits={"check_seconds": 1, "total_seconds": 60})
    assert time.monotonic() - started < PATIENCE
    assert statuses(report) == ["timeout", "timeout", "not_run", "not_run"]
    why = "Your code was still running after 1 s, the limit for one check."
    assert [check.failure.message for check in report.checks if check.failure] == [
        why,
        *[f"not run, because of what happened in 'It answers first': {why}"] * 2,
    ]


def test_a_loop_without_end_says_where_it_is(engine: Engine) -> None:
    """The line at which the time was over is shown, with the calls that led there."""
    how = "return wait(1)\n\n\ndef wait(x):\n    while True:\n        x += 1"
    report = engine.judge(THREE, submission(first=how), limits={"check_seconds": 1, "total_seconds": 60})
    failure = report.checks[0].failure
    assert failure is not None
    assert failure.message == "Your code was still running after 1 s, the limit for one check."
    assert [frame.function for frame in failure.traceback] == ["first", "wait"]
    assert failure.at is not None
    assert failure.at.code in {"while True:", "x += 1"}
    assert failure.call == "first()"


def test_a_failure_says_what_was_passed_in(engine: Engine) -> None:
    """Tensors by dtype and shape, layers as torch writes them, functions by what they returned."""
    suite = """
        import torch

        def test_promise():
            '''It adds.'''
            layer = torch.nn.Linear(2, 3)
            inputs = torch.zeros(4, 2)
            assert add(inputs, lambda x: x[0], layer, parts=[inputs, 1], name="x") == 1, "it adds"
    """
    source = "def add(x, f, layer, parts, name):\n    f(x)\n    return 0\n"
    report = engine.judge(suite, source, entry_points=("add",))
    failure = report.checks[0].failure
    assert failure is not None
    assert failure.call == (
        "add(float32 (4, 2), a function that returned float32 (2,), "
        "Linear(in_features=2, out_features=3, bias=True), parts=[float32 (4, 2), 1], name='x')"
    )


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("Layer(3)(torch.zeros(2))", "Layer(...)(float32 (2,))"),
        ("Layer(3).merge(1)", "Layer(...).merge(1)"),
        ("Plain(4).fill({}, [])", "Plain(...).fill({}, [])"),
        ("Plain(4)(n=1)", "Plain(...)(n=1)"),
        ("Layer.made(2)", "Layer.made(2)"),
    ],
)
def test_a_failure_names_the_method(engine: Engine, body: str, call: str) -> None:
    """An instance and its methods are told from the class, and containers are shown as they were passed."""
    suite = f"""
        import torch

        def test_promise():
            '''It works.'''
            {body}
            assert False, "it works"
    """
    source = """
import torch

class Layer(torch.nn.Module):
    def __init__(self, n):
        super().__init__()

    def forward(self, x):
        return x

    def merge(self, n):
        return n

    @staticmethod
    def made(n):
        return n

class Plain:
    def __init__(self, n):
        self.n = n

    def fill(self, found, more):
        found["n"] = self.n
        more.append(1)

    def __call__(self, n):
        return n
"""
    failure = engine.judge(suite, source, entry_points=("Layer", "Plain")).checks[0].failure
    assert failure is not None
    assert failure.call == call


def test_torch_compile_changes_nothing(engine: Engine) -> None:
    """What a submission compiles runs as it is: as a decorator, with options, and as a function."""
    how = "@torch.compile\n    def f():\n        return 1\n    g = torch.compile(fullgraph=True)(f)\n"
    report = engine.judge(THREE, submission(top="import torch", first=f"{how}    return torch.compile(g)()"))
    assert statuses(report)[1] == "passed"


def test_the_whole_suite_has_a_limit(engine: Engine) -> None:
    """Checks that are slow together end at the limit of the whole."""
    slow = submission(
        first="import time; time.sleep(0.4); return 1", second="import time; time.sleep(1.8); return 2"
    )
    report = engine.judge(THREE, slow, limits={"total_seconds": 2, "check_seconds": 1.9})
    assert statuses(report) == ["timeout", "passed", "timeout", "not_run"]
    assert sentence(report) == "Your code was still running after 2 s, the limit for the whole suite."


def test_a_loop_at_import_is_a_timeout(engine: Engine) -> None:
    """Code that hangs while it is imported is a timeout of the report, which says on which line."""
    report = engine.judge(THREE, submission(top="while True: pass"), limits={"check_seconds": 0.5})
    assert statuses(report) == ["timeout", "not_run", "not_run", "not_run"]
    assert report.message == (
        "While it was imported: Your code was still running after 0.5 s, the limit for one check."
    )
    assert report.at is not None
    assert report.at.code == "while True: pass"


def test_code_that_ends_at_import_has_crashed(engine: Engine) -> None:
    """os._exit while importing is a crash, whatever the exit code."""
    report = engine.judge(THREE, submission(top="import os; os._exit(0)"))
    assert statuses(report) == ["crashed", "not_run", "not_run", "not_run"]
    assert report.message == (
        "While it was imported: "
        "Your code ended its process with exit code 0 while the checker waited for an answer."
    )


def test_a_flood_of_output_is_a_limit(engine: Engine) -> None:
    """Printing more than 64 MiB ends the report, and 64 KiB of it are kept."""
    endless = submission(first="while True: print('x' * 100_000)")
    report = engine.judge(THREE, endless, limits={"check_seconds": 30, "total_seconds": 60})
    assert statuses(report) == ["limit", "limit", "not_run", "not_run"]
    assert sentence(report) == "Your code printed more than 64 MiB."
    assert 0 < len(report.checks[0].output) <= 64 << 10


@pytest.mark.parametrize(
    "bomb",
    [
        "return [0] * 10**10",
        "import torch; return torch.ones(1 << 32)",
        "return bytearray(1 << 31)",
        "x = []\n    while True: x.append(bytearray(1 << 24))",
        "import numpy; return numpy.ones(1 << 30)",
        "import mmap; m = mmap.mmap(-1, 1 << 32); return 1",
    ],
)
def test_too_much_memory_is_its_own_status(engine: Engine, bomb: str) -> None:
    """A memory bomb ends its check, and the others go on in a fresh sandbox."""
    report = engine.judge(THREE, submission(first=bomb), limits={"memory_mib": 128})
    assert statuses(report) == ["memory", "memory", "passed", "passed"]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            "import os; os._exit(3)",
            "Your code ended its process with exit code 3 while the checker waited for an answer.",
        ),
        ("import os; os.abort()", "Your code crashed its process: abort (signal 6)."),
        (
            "import ctypes; ctypes.string_at(0)",
            "Your code crashed its process: segmentation fault (signal 11).",
        ),
        (
            "import os; os.kill(os.getpid(), 9)",
            "The process of your code was killed, perhaps because memory ran out.",
        ),
        ("import os; os.close(3)", ""),  # it may end by itself before it is killed, or not
        (
            "import os; os.write(3, b'nonsense' * 100)",
            "The channel between your code and the checker was corrupted: a frame larger than the limits.",
        ),
    ],
)
def test_a_crash_ends_its_check(engine: Engine, how: str, message: str) -> None:
    """A process that is gone is a crash with its signal or code; the others go on but for a forgery."""
    report = engine.judge(THREE, submission(first=how))
    rest = "not_run" if "corrupted" in message else "passed"
    assert statuses(report) == ["crashed", "crashed", rest, rest]
    assert sentence(report) == (message or sentence(report))


def test_a_sandbox_is_replaced_twice(engine: Engine) -> None:
    """The third crash ends the report."""
    suite = '''
        @pytest.mark.parametrize("n", range(3))
        def test_first(n):
            """It answers first."""
            assert first() == 1

        def test_second():
            """It answers second."""
            assert second() == 2
    '''
    report = engine.judge(suite, submission(first="import os; os._exit(1)"))
    assert statuses(report) == ["crashed", "crashed", "not_run"]
    assert report.checks[1].failure is not None
    assert report.checks[1].failure.message.endswith("waited for an answer. It was the third time.")


def test_nested_callbacks_have_a_limit(engine: Engine) -> None:
    """Calling back ever deeper is a limit that says so."""
    deep = """
        def call(f, n):
            return f(n)
    """
    body = """
        def again(n):
            return call(again, n + 1)

        call(again, 0)
    """
    assert engine.check(body, deep) == (Status.LIMIT, "Your code nested callbacks more than 20 deep.")


def test_a_crash_in_a_callback_is_a_crash(engine: Engine) -> None:
    """A sandbox that is gone while the suite runs a callback is a crash at the next message."""
    source = """
        import os
        import threading
        import time

        def call(f):
            threading.Thread(target=lambda: (time.sleep(0.05), os._exit(4))).start()
            f()
            time.sleep(60)  # on a busy machine the exit comes later
    """
    body = """
        import time
        call(lambda: time.sleep(0.2))
    """
    status, message = engine.check(body, source)
    assert (status, message) == (
        Status.CRASHED,
        "Your code ended its process with exit code 4 while the checker waited for an answer.",
    )


def test_state_does_not_survive_a_crash(engine: Engine) -> None:
    """After a crash the submission is loaded anew, and objects of the old sandbox say that they are gone."""
    source = """
        import os

        count = 0

        class Thing:
            def value(self):
                return 1

        def step():
            global count
            count += 1
            return count

        def crash():
            os._exit(1)
    """
    suite = '''
        kept = []

        def test_crash():
            """It crashes."""
            kept.append(Thing())
            step()
            crash()

        def test_fresh():
            """It starts anew."""
            assert step() == 1

        def test_gone():
            """The old object is gone."""
            kept[0].value()
    '''
    report = engine.judge(suite, source)
    assert [str(check.status) for check in report.checks][:2] == ["crashed", "passed"]
    assert report.checks[2].status in (Status.CRASHED, Status.BROKEN, Status.FAILED)


def test_a_suite_that_hangs_is_broken(engine: Engine) -> None:
    """A suite that does not end by itself is ended, and is nobody's fault but its author's."""
    started = time.monotonic()
    hangs = "import time\nwhile True: time.sleep(0.1)"
    status, message = engine.check(hangs, submission(), limits={"total_seconds": 1})
    assert (status, message) == (Status.BROKEN, "the suite did not end by itself within its limits")
    assert time.monotonic() - started < PATIENCE
