"""The page on the architecture, and the specification of frames, say what is there and what crosses."""

from __future__ import annotations

import json
import re
import sys
import types
from collections.abc import Sequence
from typing import Any

import pytest
import torch

from ml_katas.judging import protocol
from ml_katas.judging.boundary import decoding, encoding, frames
from ml_katas.judging.boundary.judge_side import JudgePeer
from ml_katas.judging.boundary.learner_side import LearnerPeer
from ml_katas.judging.boundary.proxies import EntryPoint
from ml_katas.judging.boundary.rehearsal import Inwards
from tests.docs.pages import PAGES, ROOT, SOURCES, fences, first_names, names, section, table, tables
from tests.test_layers import LAYERS

PAGE = "architecture.md"
SPECIFICATION = frames.__doc__ or ""
PACKAGE = ROOT / "ml_katas"


# -------- the floor plan


def test_the_layers_are_those_of_the_tests() -> None:
    """The table of layers has the rows that the test of imports enforces, from the top down."""
    rows = [{name.removesuffix("/").removesuffix(".py") for name in names(row[1])} for row in _layers()]
    assert rows == [set(layer) - {""} for layer in reversed(LAYERS)]


def test_every_folder_has_its_line() -> None:
    """Each folder of the package that holds modules stands in one of the two tables."""
    layers, inside = tables(section(PAGE, "The floor plan"))
    said = {name.removesuffix("/") for row in (*layers, *inside) for cell in row for name in names(cell)}
    folders = {path.parent.relative_to(PACKAGE).as_posix() for path in SOURCES} - {"."}
    assert folders <= said


def _layers() -> list[tuple[str, ...]]:
    return [(row[0], row[1].split(", such as")[0], *row[2:]) for row in table(PAGE, "The floor plan")]


@pytest.mark.parametrize(
    "path", sorted({n for n in names(PAGES[PAGE]) if re.fullmatch(r"[\w./_-]+(/|\.py)", n)})
)
def test_every_path_is_there(path: str) -> None:
    """What the page names exists: from the root of the project, in the package, or in the boundary."""
    if path != "/":
        homes = (ROOT, PACKAGE, PACKAGE / "judging", PACKAGE / "judging" / "boundary", PACKAGE / "authoring")
        assert any((home / path).exists() for home in homes)


@pytest.mark.parametrize(
    ("name", "path"),
    re.findall(r"`(\w+)`(?: and `\w+`)? (?:in|of|at the end of) `([\w/_]+\.py)`", PAGES[PAGE]),
)
def test_every_name_is_where_the_page_says(name: str, path: str) -> None:
    """Where the page says `NAME in file.py`, the file defines that name."""
    file = next(home / path for home in (ROOT, PACKAGE) if (home / path).exists())
    defined = rf"^\s*(?:def |class )?{name}(?:\(|:| =)"
    assert re.search(defined, file.read_text(encoding="utf-8"), re.MULTILINE), f"{path} defines no {name}"


# -------- the protocol


def test_every_message_and_event_is_explained() -> None:
    """The two tables hold the messages and events of the protocol."""
    messages, events = tables(section(PAGE, "Between command and judge"))
    assert [name.lower() for name in first_names(messages)] == list(protocol._MESSAGES)
    assert [name.lower() for name in first_names(events)] == list(protocol._EVENTS)


def test_every_operation_is_specified() -> None:
    """The specification names what either side serves."""
    operations = JudgePeer.serves | LearnerPeer.serves
    assert {name for name in operations if f"`{name}`" not in SPECIFICATION} == set()


def test_every_header_key_is_specified() -> None:
    """The specification has a line for each key that a header is asked for."""
    sources = "\n".join(text for path, text in SOURCES.items() if path.parent.name == "boundary")
    used = set(re.findall(r"""header(?:\.get\(|\[)"(\w+)\"""", sources)) | {"a", "v"}
    said = re.findall(r"^    ((?:\w+ )+) +\S", SPECIFICATION.partition("Values.")[0], re.MULTILINE)
    assert used == {key for line in said for key in line.split()}


def test_every_tag_is_specified() -> None:
    """The specification has a line for each tag that is sent or read."""
    sources = "\n".join(text for path, text in SOURCES.items() if path.parent.name == "boundary")
    used = set(re.findall(r"""\"!": "([@\w]+)\"""", sources)) - {"tag"}
    used |= {*decoding._READERS, *filter(None, encoding._TAGS.values())}
    said = re.findall(r"^    ((?:[@\w]+ )+) +\S", SPECIFICATION.partition("Values.")[2], re.MULTILINE)
    assert used == {tag for line in said for tag in line.split()}


class Overheard(Inwards):
    """One end of a conversation whose frames are kept in the order in which either end sent them."""

    def __init__(self, heard: list[dict[str, Any]]) -> None:
        super().__init__()
        self._heard = heard

    def send(self, header: bytes, segments: Sequence[Any] = ()) -> None:
        self._heard.append(json.loads(header))
        super().send(header, segments)


def conversation(source: str) -> tuple[JudgePeer, list[dict[str, Any]]]:
    """Return a judge's side whose sandbox, in this process, has loaded *source*, and what is overheard."""
    heard: list[dict[str, Any]] = []
    asking, serving = Overheard(heard), Overheard(heard)
    judge, learner = JudgePeer(asking), LearnerPeer(serving)
    asking.other, serving.other = learner, judge
    text = torch.frombuffer(bytearray(source.encode()), dtype=torch.uint8)
    judge.ask("load", {"source": text, "file_name": "answer.py", "entry_points": ("scale",)})
    heard.clear()
    return judge, heard


def test_the_example_is_what_crosses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The call that the page shows frame by frame is made, and the frames are those of the page."""
    page = section(PAGE, "One call, frame by frame")
    source = re.findall(r"The submission is `(.*?): (.*?)`", page)[0]
    monkeypatch.setitem(sys.modules, "answer", types.ModuleType("answer"))  # where the submission is put
    judge, heard = conversation(f"{source[0]}:\n    {source[1]}\n")
    judge.begin_check(seed=7)
    scope = {"torch": torch, "scale": EntryPoint(judge, "scale")}
    (code,) = fences(page, "python")
    exec(code, scope)
    assert scope["x"].grad.tolist() == [3.0, 3.0]  # type: ignore[attr-defined]
    assert heard == [json.loads(text) for text in fences(page, "json")]


def test_the_example_of_the_specification_is_the_same() -> None:
    """The frames that the specification shows, shortened, hold what those of the page hold."""
    page = [json.loads(text) for text in fences(section(PAGE, "One call, frame by frame"), "json")]
    shown = re.findall(r"^    (\{.*?\})$", SPECIFICATION, re.MULTILINE | re.DOTALL)
    asked, answered = (" ".join(text.split()) for text in shown)
    assert asked.endswith(f'"new": {json.dumps(page[0]["new"])}}}')
    assert json.loads(answered) == {key: page[1][key] for key in ("r", "v", "node")}
