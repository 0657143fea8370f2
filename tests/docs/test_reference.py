"""The reference says what the code does: commands, statuses, JSON, settings, limits, isolation."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click
import pytest

from ml_katas import errors
from ml_katas.cli.commands import mlkata
from ml_katas.comparison.tolerances import EXACT, PYTHON_FLOAT, TOLERANCES
from ml_katas.config import ABOUT, DEFAULTS
from ml_katas.course.kata import Limits
from ml_katas.judging import memory, server
from ml_katas.judging.boundary import codec, frames, judge_side, tensors
from ml_katas.judging.endings import MOST_THREADS
from ml_katas.judging.run.supervisor import MOST_REPLACEMENTS
from ml_katas.judging.sandbox import process, providers
from ml_katas.judging.sandbox.probes import PROBES
from ml_katas.practice.status import KataStatus
from ml_katas.practice.workspace import LARGEST
from ml_katas.report import FailureKind, IsolationLevel, Report, Status, from_plain
from tests.adversarial.corpus import hostile
from tests.docs.pages import PAGES, SOURCES, fences, first_names, names, section, table, tables

if TYPE_CHECKING:
    from conftest import ObedientJudge, Terminal

PAGE = "reference.md"
SCHEMA = re.compile(r"mlkata\.[a-z-]+/\d+")


# -------- commands


def commands(group: click.Group = mlkata, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something, by its whole name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif command is not None:
            yield " ".join((*path, name)), command


COMMANDS = dict(commands())
COMMON = {"--json", "--katas", "--color", "--plain"}


def options_of(command: click.Command) -> set[str]:
    """Return a command's own options."""
    own = (param for param in command.params if isinstance(param, click.Option))
    return {name for option in own for name in (*option.opts, *option.secondary_opts)} - COMMON


def command_of(line: str) -> str:
    """Return the command that a line such as `config get SETTING` begins with."""
    words = line.strip("`").replace("`", " ").split()
    return next(name for name in (" ".join(words[:n]) for n in (3, 2, 1)) if name in COMMANDS)


def test_every_command_stands_in_the_table_with_its_options() -> None:
    """The table of commands names each command, each of its own options, and nothing else."""
    said = {
        command_of(row[0]): set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row[1]))
        for row in table(PAGE, "Commands")
    }
    assert said == {name: options_of(command) for name, command in COMMANDS.items()}


def test_what_all_commands_take_is_said() -> None:
    """The options that the page calls common are taken by every command."""
    assert all(f"`{name}" in section(PAGE, "Commands") for name in COMMON)
    for name, command in COMMANDS.items():
        assert {opt for param in command.params for opt in param.opts} >= COMMON, name


# -------- exit codes and statuses


def subclasses(kind: type[errors.MlkataError]) -> Iterator[type[errors.MlkataError]]:
    """Yield every error below *kind*."""
    for inner in kind.__subclasses__():
        yield inner
        yield from subclasses(inner)


def test_every_exit_code_is_explained() -> None:
    """The table holds 0, 1, the exit code of each error, and that of an interruption."""
    codes = {0, 1, errors.INTERRUPTED, *(kind.exit_code for kind in subclasses(errors.MlkataError))}
    assert {int(row[0]) for row in table(PAGE, "Exit codes")} == codes


def test_every_error_is_named() -> None:
    """The page names each error as its JSON does."""
    kinds = [
        re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower() for kind in subclasses(errors.MlkataError)
    ]
    assert [kind for kind in kinds if f"`{kind}`" not in section(PAGE, "`mlkata.error/1`")] == []


def test_every_status_is_explained() -> None:
    """The table holds all statuses of checks and reports, in their order."""
    assert first_names(table(PAGE, "Of checks and reports")) == list(Status)


def test_every_kind_of_failure_is_explained() -> None:
    """The table holds all kinds of failure that a report may have."""
    assert first_names(table(PAGE, "Kinds of failure")) == list(FailureKind)


def test_every_status_of_a_kata_is_explained() -> None:
    """The table holds how far a learner may be with a kata."""
    assert first_names(table(PAGE, "Of katas")) == list(KataStatus)


# -------- JSON


EXAMPLES: dict[str, list[dict[str, Any]]] = {
    name: [json.loads(text) for text in fences(section(PAGE, f"`{name}`"), "json")]
    for name in re.findall(rf"^### `({SCHEMA.pattern})`$", PAGES[PAGE], re.MULTILINE)
}


def differs(example: Any, real: Any, where: str = "") -> Iterator[str]:
    """Yield where a real value does not have the form of an example; null, where it is shown, fits all."""
    if isinstance(example, dict) and example.keys() == {"schema"}:
        example = {**real, **example} if isinstance(real, dict) else example
    if real is None or (example is None and where):
        return
    if type(example) is not type(real) and not {type(example), type(real)} <= {int, float}:
        yield f"{where or 'it'} is {real!r}"
    elif isinstance(example, dict):
        yield from (f"{where}.{key} is on one side only" for key in example.keys() ^ real.keys())
        for key in example.keys() & real.keys():
            yield from differs(example[key], real[key], f"{where}.{key}")
    elif isinstance(example, list) and example:
        for item in real:
            found = [list(differs(one, item, f"{where}[]")) for one in example]
            yield from min(found, key=len)


DAY = """
    status
    start tiny-sum
    open
    check
    status
    hint
    hint --all
    solution --give-up --diff
    reset
    check tiny-sum
    history
    history 1
    restore 1
    list
    next
    show
    review
    stats
    cards add Why? Because.
    cards list
    cards show my-cards/why
    cards suspend my-cards/why
    cards resume my-cards/why
    cards lint
    cards export anki cards.apkg
    cards export obsidian notes
    cards import notes
    demo tiny-double
    doctor
    config list
    config get color
    config set plain true
    config unset plain
    config path
    completion bash
    author new rl-returns --katas .
    author check tiny-sum
    author check --explain all
    author preview tiny-sum
    author preview tiny-sum --mistake last-left-out
    author mistake tiny-sum wrong.py --name nothing-added
    server status
    server restart
    server status
    server stop
"""
TODAY = "2030-01-31"  # the day of the examples: days are keys in what `mlkata stats` prints
FAILING = ("check", "author mistake tiny-sum wrong.py --name nothing-added")


@pytest.fixture
def printed(
    terminal: Terminal, judge: ObedientJudge, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Return what all commands print that have JSON, run once or more in the course of a day."""
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.setenv("MLKATA_NOW", f"{TODAY}T12:00:00+00:00")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(terminal.folder))
    (terminal.folder / "wrong.py").write_text("def total(numbers):\n    return 0\n", encoding="utf-8")
    objects = []
    for line in (line.strip() for line in DAY.strip().splitlines()):
        judge.verdicts = [Status.FAILED if line in FAILING else Status.PASSED]
        objects.append((line, json.loads(terminal(*line.split(), "--json").stdout)))
    yield objects
    server.stop()


@pytest.mark.engine  # it starts a server
def test_commands_print_what_the_page_shows(printed: list[tuple[str, dict[str, Any]]]) -> None:
    """Each command prints the schema that the table names, with the fields and types of an example."""
    wrong = {}
    for line, real in printed:
        found = [list(differs(example, real)) for example in EXAMPLES.get(real["schema"], [])]
        if not found or min(found, key=len):
            wrong[line] = min(found, key=len, default=["it is not on the page"])
    assert wrong == {}
    said = {(command_of(row[0]), name) for row in table(PAGE, "Commands") for name in SCHEMA.findall(row[2])}
    assert {(command_of(line), real["schema"]) for line, real in printed} == said


def test_every_schema_has_a_section() -> None:
    """The page shows all schemas that the code names, and no other."""
    in_source = {name for text in SOURCES.values() for name in SCHEMA.findall(text)}
    of_commands = {name for row in table(PAGE, "Commands") for name in SCHEMA.findall(row[2])}
    assert in_source | of_commands == EXAMPLES.keys()


@pytest.mark.usefixtures("judge")
def test_errors_have_the_form_of_the_example(terminal: Terminal) -> None:
    """What went wrong is printed as the page shows it."""
    result = terminal("check", "nothing-of-this-name", "--json")
    (example,) = EXAMPLES["mlkata.error/1"]
    assert list(differs(example, json.loads(result.stdout))) == []


def test_the_example_of_a_report_is_one() -> None:
    """What the page shows of a report is what a report of these values prints, field by field."""
    (example,) = EXAMPLES["mlkata.report/1"]
    assert from_plain(Report, {**example}).to_json() == example


# -------- configuration


def test_every_setting_is_explained() -> None:
    """The table holds each setting with its variable, its values and its default."""
    rows = {names(row[0])[0]: row for row in tables(section(PAGE, "Settings"))[0]}
    assert list(rows) == list(ABOUT)
    for name, (variable, _) in ABOUT.items():
        _, variables, values, default = rows[name]
        assert names(variables)[0] == variable
        assert default in ("none", f"`{DEFAULTS.value(name)}`")
        kind = type(getattr(DEFAULTS.settings, name))
        choices = ["true", "false"] if kind is bool else list(kind) if kind is not str else []
        assert names(values) == choices


def test_every_variable_is_explained() -> None:
    """The page names all variables of its own that the code knows."""
    known = {name for text in SOURCES.values() for name in re.findall(r"\bMLKATA_[A-Z_]+\b", text)}
    assert {name for name in known if f"`{name}`" not in section(PAGE, "Configuration")} == set()


# -------- numbers


def test_tolerances_are_those_in_force() -> None:
    """The table of tolerances holds the numbers that comparisons use."""
    said = {row[0]: row[1:] for row in table(PAGE, "Tolerances")}
    known = {str(dtype).removeprefix("torch."): tolerance for dtype, tolerance in TOLERANCES.items()}
    known |= {"integers": EXACT, "bool": EXACT, "a Python float": PYTHON_FLOAT}
    numbers = {name: (f"{each.rtol:g}", f"{each.atol:g}") for name, each in known.items()}
    assert {name: row for names_, row in said.items() for name in names_.split(", ")} == numbers


def test_limits_are_those_in_force() -> None:
    """The tables of limits hold the numbers that the engine enforces."""
    of_katas, of_all = tables(section(PAGE, "Limits"))
    limits = Limits()
    assert [row[1] for row in of_katas] == [
        f"{limits.total_seconds:g} s",
        f"{limits.check_seconds:g} s",
        f"{limits.memory_mib} MiB",
    ]
    most = [int(row[2].split()[0]) for row in of_katas]
    assert Limits(*most)
    for beyond in ((most[0] + 1, 1, 1), (1, most[1] + 1, 1), (1, 1, most[2] + 1)):
        with pytest.raises(ValueError, match="must be above 0"):
            Limits(*beyond)
    assert dict(of_all) == {
        "a submission": f"{LARGEST >> 20} MiB",
        "processor time": "the seconds of the whole suite",
        "output that is shown, a check": f"{providers.KEEP_OUTPUT >> 10} KiB",
        "output that ends the report": f"{providers.MOST_OUTPUT_MIB} MiB",
        "threads": f"{MOST_THREADS}",
        "open files": f"{process._MOST_FILES}",
        "fresh sandboxes in one report": f"{MOST_REPLACEMENTS}",
        "callbacks in one check": f"{judge_side.MOST_CALLBACKS:,}",
        "callbacks inside callbacks": f"{judge_side.MOST_NESTED}",
        "tensors in one message": f"{frames.MAX_PAYLOAD >> 20} MiB",
        "everything else in one message": f"{frames.MAX_HEADER >> 20} MiB",
        "Python objects in one message": f"{codec.MAX_NODES:,}",
        "items of a dict or set": f"{codec.MAX_HASHED:,}",
        "parts of the members of a set, or of the keys of a dict": f"{codec.MAX_HASHED_PARTS:,}",
        "objects shared with the judge": "the kata's memory",
        "memory beyond an idle judge": f"the kata's memory and {memory.OWN_MIB} MiB",
        "nesting": f"{codec.MAX_DEPTH}",
        "axes of a tensor": f"{tensors.MAX_DIMS}",
    }


# -------- isolation


def test_every_level_and_every_attempt_is_explained() -> None:
    """The page names all levels, and what is attempted to find out which one holds."""
    levels, attempts, *_ = tables(section(PAGE, "Isolation"))
    assert first_names(levels) == list(IsolationLevel)
    assert first_names(attempts) == list(PROBES)


def test_hostile_submissions_are_counted() -> None:
    """The table of layers counts the submissions of the corpus that are harmless without confinement."""
    threats = {
        "memory of the suite": 1,
        "files of suite, solution, home": 2,
        "other processes": 3,
        "starting processes and threads": 17,
        "damage to files": 19,
        "network": 20,
        "privileges": 21,
        "rare system calls": 22,
    }
    counted = Counter(specimen.threat for specimen in hostile() if not specimen.needs_confinement)
    said = {row[0]: int(row[1]) for row in table(PAGE, "What each layer stops")}
    assert said == {name: counted[number] for name, number in threats.items()}
