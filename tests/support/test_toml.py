"""TOML is read strictly: a mistake is reported with file, line, what was expected and the nearest name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pytest

from ml_katas.errors import InvalidKata
from ml_katas.support.spelling import nearest
from ml_katas.support.toml import read_text, read_toml


class Colour(StrEnum):
    """A choice of two."""

    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Part:
    """A nested record."""

    name: str
    weight: float = 1.0


@dataclass(frozen=True)
class Thing:
    """One field of every kind that the format knows."""

    title: str
    count: int = 0
    ratio: float = 0.5
    ready: bool = False
    colour: Colour = Colour.RED
    tags: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    base: Part = Part("none")
    extra: dict[str, int] | None = None

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError("'count' must not be negative")


def read(folder: Path, text: str) -> Thing:
    (folder / "thing.toml").write_text(text, encoding="utf-8")
    return read_toml(folder / "thing.toml", Thing)


def test_every_kind_of_value_is_read(tmp_path: Path) -> None:
    """Text, numbers, choices, lists, tables and lists of tables become the record's types."""
    thing = read(
        tmp_path,
        'title = "T"\ncount = 3\nratio = 2\nready = true\ncolour = "blue"\ntags = ["a"]\n'
        '[base]\nname = "b"\n[[parts]]\nname = "p"\nweight = 2.5\n',
    )
    assert thing == Thing("T", 3, 2.0, True, Colour.BLUE, ("a",), (Part("p", 2.5),), Part("b"))
    assert type(thing.ratio) is float


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("title = \n", 1, "not TOML"),
        ('title = "T"\n\ntags = [\n"a\n]', 4, "not TOML"),
        ("count = 1", 1, "'title' is missing; it must be text"),
        ("title = 3", 1, "'title' must be text, not 3."),
        ('title = "T"\ncount = "ten"', 2, "'count' must be a whole number, not 'ten'."),
        ('title = "T"\ncount = 1.5', 2, "'count' must be a whole number, not 1.5."),
        ('title = "T"\ncount = true', 2, "'count' must be a whole number, not True."),
        ('title = "T"\nratio = "half"', 2, "'ratio' must be a number, not 'half'."),
        ('title = "T"\nready = 1', 2, "'ready' must be true or false, not 1."),
        ('title = "T"\n\ncolour = "blu"', 3, "'colour' must be red | blue, not 'blu'. Did you mean 'blue'?"),
        ('title = "T"\ncolour = 7', 2, "'colour' must be red | blue, not 7."),
        ('title = "T"\ntags = "a"', 2, "'tags' must be a list, each text, not 'a'."),
        ('title = "T"\ntags = ["a", 2]', 2, "'tags' must be text, not 2."),
        ('title = "T"\nbase = 3', 2, "'base' must be a table, not 3."),
        ('titel = "T"', 1, "unknown key 'titel'. Did you mean 'title'?"),
        ('title = "T"\nzzz = 1', 2, "unknown key 'zzz'."),
        ('title = "T"\ncount = -1', 2, "'count' must not be negative"),
        ('title = "T"\n[base]\nname = "b"\nwieght = 2', 4, "unknown key 'wieght'. Did you mean 'weight'?"),
        ('title = "T"\n[base]\nweight = 2', 2, "'name' is missing; it must be text"),
        (
            'title = "T"\n[[parts]]\nname = "a"\n\n[[parts]]\nname = "b"\nweight = "x"',
            7,
            "'weight' must be a number, not 'x'.",
        ),
        (
            'title = "T"\n[[parts]]\nname = "a"\n[[parts]]\nweight = 2',
            4,
            "'name' is missing; it must be text",
        ),
    ],
)
def test_mistake_is_reported_with_its_line(tmp_path: Path, text: str, line: int, problem: str) -> None:
    """A mistake raises InvalidKata with the file, the line and what was expected."""
    with pytest.raises(InvalidKata) as caught:
        read(tmp_path, text)
    assert (caught.value.path, caught.value.line) == (tmp_path / "thing.toml", line)
    assert caught.value.problem.startswith(problem)
    assert str(caught.value).startswith(f"{tmp_path / 'thing.toml'}:{line}: ")


def test_missing_file_is_reported(tmp_path: Path) -> None:
    """A missing file is named, without a line."""
    with pytest.raises(InvalidKata, match=r"x\.toml: this file is missing"):
        read_toml(tmp_path / "x.toml", Thing)


def test_text_must_be_utf8(tmp_path: Path) -> None:
    """A file that is not UTF-8 is reported with the byte where it stops being so."""
    (tmp_path / "x.md").write_bytes(b"caf\xe9 au lait")
    with pytest.raises(InvalidKata, match=r"must be UTF-8 text \(invalid continuation byte at byte 3\)"):
        read_text(tmp_path / "x.md")


def test_folder_in_place_of_a_file_is_reported(tmp_path: Path) -> None:
    """A folder in place of a file is an error in words."""
    with pytest.raises(InvalidKata, match="cannot be read"):
        read_text(tmp_path)


def test_nearest_offers_one_name_or_none() -> None:
    """The name most like a wrong one is offered; where none is like it, nothing is."""
    assert nearest("titel", ["title", "tags"]) == " Did you mean 'title'?"
    assert nearest("zzz", ["title"]) == ""
