"""What a brief promises in bold is the business of some check or mistake, as far as words can tell."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ml_katas.authoring import rules
from ml_katas.authoring.rules.contract import contract_is_checked
from ml_katas.course.catalog import Catalog

FIXTURES = Path(__file__).parents[1] / "fixtures"
BUNDLED = Path(__file__).parents[2] / "katas"
COURSE = Catalog((BUNDLED,))
RULE = "contract-is-checked"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a kata that may be changed."""
    folder = tmp_path / "katas" / "smooth-counts"
    shutil.copytree(FIXTURES / "provable" / "smooth-counts", folder)
    return folder


def promise(folder: Path, *items: str) -> list[str]:
    """Return what the rule finds once the brief lists *items*, with paths as they are in the folder."""
    path = folder / "README.md"
    text = path.read_text(encoding="utf-8")
    listed = "\n".join(items)
    path.write_text(text.replace("\n## Guidance", f"\n{listed}\n\n## Guidance"), encoding="utf-8")
    return findings(folder)


def findings(folder: Path) -> list[str]:
    """Return what the rule finds in the kata in *folder*."""
    catalog = Catalog((folder.parent,))
    found = rules.findings_in_files(catalog.find(folder.name), catalog)
    return [str(finding).removeprefix(f"{folder}/") for finding in found if finding.rule == RULE]


def says(line: int, what: str) -> str:
    promised = f"no check and no known mistake speaks of {what}, which is promised here"
    return f"README.md:{line}: warning: {promised}"


@pytest.mark.parametrize("slug", [path.parent.name for path in sorted(BUNDLED.glob("*/kata.toml"))])
def test_no_promise_of_the_course_is_left_alone(slug: str) -> None:
    """What the briefs of the course promise is spoken of, in their words or in others."""
    assert list(contract_is_checked(COURSE.find(slug), COURSE)) == []


@pytest.mark.parametrize(
    "item",
    [
        "- **Negative counts** count as none.",
        "- **The shape** is that of the counts.",
        "- **Gradient.** It flows to the counts.",
        "- **Dtype and gradients** are as they should be.",
        "- **Nothing else happens.** The counts are not changed.",
        "- **Sums.** Each row adds up to one.",
        "- **Precision**: float64 counts give float64 probabilities.",
        "- **Forgetting.** The ones that are added\n  are not forgotten below the line.",
        "- **TODO.** Say what happens with sparse matrices.",
        "- sparse matrices, without a name",
    ],
)
def test_what_is_checked_is_not_named(folder: Path, item: str) -> None:
    """An item whose name, or some of whose words, a check or a mistake has is looked at by somebody."""
    assert promise(folder, item) == []


@pytest.mark.parametrize(
    ("item", "what"),
    [
        ("- **Devices.** Everything stays on its device.", "'Devices'"),
        ("- **Sparse matrices** raise a TypeError.", "'Sparse matrices'"),
        ("- **Gradients and devices** are kept.", "'devices'"),
        ("- **Complex numbers, quaternions, counts** stay.", "'Complex numbers' and 'quaternions'"),
        ("- **Nothing else happens.** No generator moves.", "'Nothing else happens'"),
    ],
)
def test_what_nobody_looks_at_is_named(folder: Path, item: str, what: str) -> None:
    """A promise that shares no telling word with any check or mistake is named with its line."""
    assert promise(folder, "- **The shape** is that of the counts.", item) == [says(15, what)]


def test_a_mistake_that_speaks_of_it_is_enough(folder: Path) -> None:
    """What a known mistake is about is looked at: it must be caught."""
    path = folder / "mistakes.md"
    text = path.read_text(encoding="utf-8").replace("The caller's counts", "On another device the counts")
    path.write_text(text, encoding="utf-8")
    assert promise(folder, "- **Devices.** Everything stays on its device.") == []


def test_avoided_names_need_no_check(folder: Path) -> None:
    """That a name must not be used is seen to by the engine."""
    facts = folder / "kata.toml"
    text = facts.read_text(encoding="utf-8").replace(
        "[[references]]", 'avoid = ["torch.bincount"]\n\n[[references]]'
    )
    facts.write_text(text.replace("avoid = []\n", ""), encoding="utf-8")
    assert promise(folder, "- **By hand.** Leave `torch.bincount` alone.") == []


def test_only_the_description_promises(folder: Path) -> None:
    """Lists of other sections are no contract."""
    path = folder / "README.md"
    text = path.read_text(encoding="utf-8").replace(
        "## Guidance\n", "## Guidance\n\n- **Sparse matrices** are rare.\n"
    )
    path.write_text(text, encoding="utf-8")
    assert findings(folder) == []
