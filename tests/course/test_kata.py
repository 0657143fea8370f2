"""A kata is read whole from its folder, or its author is told what to fix and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_katas.course.difficulty import Difficulty
from ml_katas.course.kata import Kata, Reference
from ml_katas.course.starters import render_starter
from ml_katas.course.suite import Check, Suite
from ml_katas.errors import InvalidKata

FACTS = 'title = "T"\ndifficulty = "easy"\nminutes = 1\ntags = []\nentry_points = ["f"]\n'


def problem_of(folder: Path) -> InvalidKata:
    """Return what is wrong with the kata in *folder*."""
    with pytest.raises(InvalidKata) as caught:
        Kata.load(folder)
    return caught.value


def problem_of_suite(folder: Path, text: str) -> InvalidKata:
    """Return what is wrong with a suite of this text."""
    (folder / "suite.py").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidKata) as caught:
        Suite.load(folder / "suite.py")
    return caught.value


def test_whole_kata_is_read(kata: Kata) -> None:
    """Facts, brief, hints, cards, suite and variants are all there."""
    assert (kata.slug, kata.file_name) == ("tiny-double", "tiny_double.py")
    assert (kata.facts.title, kata.facts.difficulty) == ("Double a number", Difficulty.EASY)
    assert kata.facts.references == (Reference("Euclid, Elements", "https://example.org/elements", "book V"),)
    assert kata.brief.startswith("# Double a number")
    assert [hint.title for hint in kata.hints] == ["The shape", "The formula", "The key step"]
    assert kata.hints[1].text == "$2x = x + x$"
    assert [card.id for card in kata.deck.cards] == ["tiny-double/what-is-it", "tiny-double/agree"]
    assert (kata.deck.cards[0].question, kata.deck.cards[0].answer) == ("What is the double of x?", "$2x$")
    assert [path.name for path in kata.variants] == ["adds_to_itself.py"]
    assert kata.solution.is_file()
    assert kata.starter_template.is_file()


def test_manifest_holds_the_checks_in_order(kata: Kata) -> None:
    """The manifest names each check with its sentence, its line and what it waits for."""
    assert kata.suite.checks == (
        Check(name="test_double_of_one_is_two", sentence="The double of 1 is 2", line=7),
        Check(
            name="test_double_keeps_the_sign",
            sentence="The double of a negative number is negative",
            line=13,
            after=("test_double_of_one_is_two",),
        ),
    )
    assert kata.suite.names == ("test_double_of_one_is_two", "test_double_keeps_the_sign")


@pytest.mark.parametrize(
    "name", ["kata.toml", "README.md", "hints.md", "cards.md", "starter.py.j2", "suite.py", "solution.py"]
)
def test_missing_file_is_named(kata: Kata, name: str) -> None:
    """A kata that lacks a file is invalid, and the file is named."""
    (kata.folder / name).unlink()
    assert str(problem_of(kata.folder)) == f"{kata.folder / name}: this file is missing"


def test_folder_must_be_a_slug(kata: Kata) -> None:
    """A kata in a folder that is no slug is invalid."""
    folder = kata.folder.rename(kata.folder.with_name("Tiny_Double"))
    assert "must be a slug such as 'moe-topk'" in str(problem_of(folder))


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("minutes = 1", 'minutes = "ten"', 3, "'minutes' must be a whole number, not 'ten'."),
        ("minutes = 1", "minutes = 0", 3, "'minutes' must be at least 1"),
        ("minutes", "minuts", 3, "unknown key 'minuts'. Did you mean 'minutes'?"),
        ('"T"', '" "', 1, "'title' must not be empty"),
        ('"easy"', '"esy"', 2, "'difficulty' must be easy | medium | hard, not 'esy'. Did you mean 'easy'?"),
        ('["f"]', "[]", 5, "'entry_points' must name at least one function or class"),
        ('["f"]', '["f()"]', 5, "'entry_points' must hold Python names, not 'f()'"),
        ("tags = []\n", "", 1, "'tags' is missing; it must be a list, each text"),
    ],
)
def test_wrong_fact_is_reported_with_its_line(
    kata: Kata, old: str, new: str, line: int, problem: str
) -> None:
    """A mistake in kata.toml is reported with its line, what was expected and the nearest right name."""
    (kata.folder / "kata.toml").write_text(FACTS.replace(old, new))
    assert (problem_of(kata.folder).line, problem_of(kata.folder).problem) == (line, problem)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("check_seconds = 31", 7, "'check_seconds' must be above 0 and at most 30"),
        ("memory_mib = 0", 7, "'memory_mib' must be above 0 and at most 4096"),
        ("total_second = 1", 7, "unknown key 'total_second'. Did you mean 'total_seconds'?"),
    ],
)
def test_limits_have_bounds(kata: Kata, text: str, line: int, problem: str) -> None:
    """A limit beyond the bounds is refused with its line."""
    (kata.folder / "kata.toml").write_text(FACTS + "[limits]\n" + text)
    assert (problem_of(kata.folder).line, problem_of(kata.folder).problem) == (line, problem)


def test_card_needs_an_id(kata: Kata) -> None:
    """A card without its comment, and one without an answer, are reported with their heading's line."""
    cards = kata.folder / "cards.md"
    cards.write_text("# Cards\n\n## Why?\n\nBecause.\n")
    assert (problem_of(kata.folder).path, problem_of(kata.folder).line) == (cards, 3)
    assert "<!-- card: why-renormalise; kind: why -->" in problem_of(kata.folder).problem
    cards.write_text("## Why?\n\n<!-- card: why -->\n")
    assert "an answer below it" in problem_of(kata.folder).problem


def test_card_ids_are_used_once(kata: Kata) -> None:
    """Two cards of one id are refused: ids are permanent."""
    card = "## Why?\n\n<!-- card: why -->\n\nBecause.\n\n"
    (kata.folder / "cards.md").write_text(card * 2)
    assert "'tiny-double/why' is used twice" in problem_of(kata.folder).problem


def test_headings_in_code_are_text(kata: Kata) -> None:
    """A line that looks like a heading inside a code fence stays part of its hint."""
    (kata.folder / "hints.md").write_text("## One\n\n```python\n## no heading\n```\n\n## Two\n\ntext\n")
    assert [hint.title for hint in Kata.load(kata.folder).hints] == ["One", "Two"]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("def test_a(:\n", 1, "does not compile"),
        ('"""Nothing here."""\n', 1, "a suite needs at least one top-level test_* function"),
        (
            "def test_a():\n    assert True\n",
            1,
            "test_a needs a docstring: the sentence that learners see",
        ),
        ('def test_a():\n    """A."""\n\n\ndef test_a():\n    """B."""\n', 5, "test_a is defined twice"),
        (
            'class TestAll:\n    def test_a(self):\n        """A."""\n',
            1,
            "checks are top-level test_* functions; no test classes",
        ),
        (
            'def test_a():\n    """A."""\n\n\n@after("test_aa")\ndef test_b():\n    """B."""\n',
            6,
            "@after('test_aa') must name an earlier check. Did you mean 'test_a'?",
        ),
        (
            '@after("test_a")\ndef test_a():\n    """A."""\n',
            2,
            "@after('test_a') must name an earlier check.",
        ),
        ('@after(NAME)\ndef test_a():\n    """A."""\n', 1, "@after takes the names of checks, as text"),
    ],
)
def test_malformed_suite_is_reported_with_its_line(
    tmp_path: Path, text: str, line: int, problem: str
) -> None:
    """A suite whose manifest cannot be read is reported with line and expectation, without being run."""
    found = problem_of_suite(tmp_path, text)
    assert (found.path.name, found.line) == ("suite.py", line)
    assert found.problem.startswith(problem)


def test_starter_is_rendered_with_the_facts(kata: Kata) -> None:
    """The starter holds the kata's facts and ends with its last newline."""
    text = render_starter(kata)
    assert text.splitlines()[0] == '"""Double a number (easy, about 1 min)"""'
    assert text.endswith('raise NotImplementedError("your turn")\n')


def test_starter_extends_the_shared_template(kata: Kata, monkeypatch: pytest.MonkeyPatch) -> None:
    """A starter may extend the shared template of the same name."""
    shared = kata.folder.parent / "shared"
    shared.mkdir()
    (shared / "starter.py.j2").write_text("# {{ kata.file_name }}\n{% block code %}{% endblock %}\n")
    monkeypatch.setattr("ml_katas.course.starters.bundled", lambda name: shared)
    for name in ("starter.py.j2", "templates/starter.py.j2"):
        kata.starter_template.write_text(
            f'{{% extends "{name}" %}}\n{{% block code -%}}\nx = 1\n{{%- endblock %}}\n'
        )
        assert render_starter(kata) == "# tiny_double.py\nx = 1\n"


def test_bare_starter_leaves_the_guidance_out(kata: Kata) -> None:
    """What stands between `{% if not bare %}` and `{% endif %}` is left out, and no blank line tells."""
    guided = "    {% if not bare %}\n    # 1. Add.\n\n    {% endif %}\n"
    kata.starter_template.write_text(f"def double(x):\n{guided}    raise NotImplementedError\n")
    assert render_starter(kata) == "def double(x):\n    # 1. Add.\n\n    raise NotImplementedError\n"
    assert render_starter(kata, bare=True) == "def double(x):\n    raise NotImplementedError\n"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("x\n{% if %}\n", 2, "not a template: Expected an expression"),
        ("x\n\n{{ kata.titel }}\n", 3, "cannot be rendered: 'dict object' has no attribute 'titel'"),
        ("{{ nothing }}\n", 1, "cannot be rendered: 'nothing' is undefined"),
        ('x\n{% include "no.j2" %}\n', 2, "cannot be rendered: there is no template 'no.j2'"),
        ("\n{{ kata.slug.__class__.__mro__ }}\n", 2, "cannot be rendered: access to attribute '__class__'"),
        ("{{ 1 / 0 }}\n", 1, "cannot be rendered: division by zero"),
    ],
)
def test_malformed_starter_is_reported_with_its_line(kata: Kata, text: str, line: int, problem: str) -> None:
    """A template that cannot be rendered is reported with its file and line; it cannot reach into Python."""
    kata.starter_template.write_text(text)
    with pytest.raises(InvalidKata) as caught:
        render_starter(kata)
    assert (caught.value.path, caught.value.line) == (kata.starter_template, line)
    assert caught.value.problem.startswith(problem)


def test_starter_must_be_utf8(kata: Kata) -> None:
    """A template that is not UTF-8 is reported with its file."""
    kata.starter_template.write_bytes(b"\xff")
    with pytest.raises(InvalidKata, match="must be UTF-8 text"):
        render_starter(kata)
