"""What can be read of a kata is proven by reading: each rule names file, line, mistake and remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ml_katas.authoring import rules
from ml_katas.course.catalog import Catalog
from ml_katas.course.passages import links

BUNDLED = Path(__file__).parents[2] / "katas"
COURSE = Catalog((BUNDLED,))

FILES = {
    "kata.toml": """\
title = "Running Mean"
difficulty = "easy"
minutes = 10
tags = ["pytorch", "MoE", "low rank"]
requires = []
entry_points = ["running_mean", "Meter"]
avoid = ["torch.mean"]

[[references]]
text = "Welford 1962, Note on a Method for Calculating Corrected Sums of Squares and Products"
url = "https://example.org/welford"

[[exempt]]
junk = "detached"
reason = "nothing here is differentiated"
""",
    "README.md": r"""# Running Mean

## Description

A mean that is brought up to date with every number needs no memory of them.

$$
m_n = m_{n-1} + \frac{x_n - m_{n-1}}{n}
$$

It costs \$0 ([Welford](https://example.org/welford_(1962) "the note"), `$x` and `[a]()` are code).

## Guidance

1. Begin with $m_0 = 0$.

## What is verified

- the mean of numbers
""",
    "hints.md": """## What must be true

The mean lies between the smallest and the largest number.

## The formula

$m + (x - m) / n$

## The key step

Move the mean a part of the way.
""",
    "cards.md": """## What is the mean of one number?

<!-- card: one -->

$x$

## What is the mean of equal numbers?

<!-- card: equal -->

That number.

## How much memory does it need?

<!-- card: memory -->

Two numbers.
""",
    "starter.py.j2": """{% extends "starter.py.j2" %}
{% block code %}
def running_mean(numbers, *, start=0.0):
    raise NotImplementedError


class Meter:
    def __init__(self):
        self.mean, self.count = 0.0, 0

    def update(self, x):
        {% if not bare %}
        # 1. Count.
        {% endif %}
        raise NotImplementedError
{% endblock %}
""",
    "suite.py": '''"""A mean can be kept up to date."""

from ml_katas.testing import assert_close
from submission import Meter, running_mean


def test_mean_of_numbers():
    """The mean of 1, 2 and 6 is 3."""
    assert running_mean([1, 2, 6]) == 3


def test_meter_counts():
    """A meter starts anew each time."""
    assert Meter().update(2.0) == 2.0
''',
    "solution.py": '''"""A mean, number by number."""


def running_mean(numbers, *, start=0.0):
    """Return the mean of numbers."""
    meter = Meter()
    for number in numbers:
        meter.update(number)
    return meter.mean


class Meter:
    def __init__(self):
        self.mean, self.count = 0.0, 0

    def update(self, x):
        self.count += 1
        self.mean += (x - self.mean) / self.count
        return self._rounded()

    def _rounded(self):
        return self.mean
''',
}
VARIANT = """def running_mean(numbers):
    return {0}


class Meter:
    pass
"""
MISTAKE = """
## is-{0}

<!-- caught by: test_mean_of_numbers -->

The mean is {0}.

It depends on the numbers.

```python
def running_mean(numbers):
    return {0}


class Meter:
    pass
```
"""
FILES |= {"variants/sum_kept.py": VARIANT.format(1), "variants/sum_of_all.py": VARIANT.format(2)}
FILES["mistakes.md"] = "".join(map(MISTAKE.format, (5, 6, 7, 8)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a kata that no rule finds anything in."""
    folder = tmp_path / "katas" / "num-mean"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def findings(folder: Path) -> list[str]:
    """Return what the rules find in the kata in *folder*, with paths as they are in it."""
    catalog = COURSE if folder.parent == BUNDLED else Catalog((folder.parent,))
    kata = catalog.find(folder.name)
    found = list(rules.findings_in_files(kata, catalog))
    assert all(finding.path.exists() for finding in found)
    return [str(finding).removeprefix(f"{folder}/") for finding in found]


def change(path: Path, old: str, new: str) -> None:
    """Write *new* in place of *old*, which stands in the file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_whole_kata_has_no_findings(folder: Path) -> None:
    """No rule finds anything in a kata as it is to be."""
    assert findings(folder) == []


@pytest.mark.parametrize("slug", [path.parent.name for path in sorted(BUNDLED.glob("*/kata.toml"))])
def test_the_bundled_katas_have_no_findings(slug: str) -> None:
    """No rule finds anything in the katas of the course."""
    assert findings(BUNDLED / slug) == []


LONG = "x" * 111
MISTAKES: dict[str, tuple[str, str, str, str]] = {
    "a long title": (
        "kata.toml",
        "Running Mean",
        "A Running Mean That Is Brought Up to Date With Each Number",
        "kata.toml:1: a title of 58 characters is too long for `mlkata list`; at most 50",
    ),
    "many minutes": (
        "kata.toml",
        "minutes = 10",
        "minutes = 121",
        "kata.toml:3: 121 minutes are more than one sitting; at most 120: split it",
    ),
    "no tags": (
        "kata.toml",
        '["pytorch", "MoE", "low rank"]',
        "[]",
        "kata.toml:4: without tags nobody finds it by topic; name one to four",
    ),
    "a tag twice": (
        "kata.toml",
        '"low rank"]',
        '\n    "moe",\n]',
        "kata.toml:5: the tag 'moe' is there twice; keep one",
    ),
    "an empty tag": (
        "kata.toml",
        "low rank",
        " ",
        "kata.toml:4: a tag is empty; write a topic, or remove it",
    ),
    "a long tag": (
        "kata.toml",
        "low rank",
        "how to keep a mean up to date with every number",
        "kata.toml:4: a tag of 47 characters is too long; at most 30",
    ),
    "a reference without text": (
        "kata.toml",
        "Welford 1962, Note on a Method for Calculating Corrected Sums of Squares and Products",
        " ",
        "kata.toml:10: a reference without text cannot be looked up; name author, year and title",
    ),
    "a reference without address": (
        "kata.toml",
        "https://example.org/welford",
        "example.org",
        "kata.toml:11: the reference's url 'example.org' must be a web address: https://…",
    ),
    "an avoided name that is not dotted": (
        "kata.toml",
        "torch.mean",
        "mean",
        "kata.toml:7: 'mean' is found in no submission; write the whole path, such as 'torch.softmax'",
    ),
    "an unknown junk": (
        "kata.toml",
        '"detached"',
        '"detatched"',
        "kata.toml:14: unknown junk 'detatched'. Did you mean 'detached'?",
    ),
    "an exemption without reason": (
        "kata.toml",
        "nothing here is differentiated",
        "",
        "kata.toml:15: an exemption needs a 'reason': why this junk is right here",
    ),
    "a prerequisite that is none": (
        "kata.toml",
        "requires = []",
        'requires = ["num-means"]',
        "kata.toml:5: asks for 'num-means' first, and no kata has that name. Did you mean 'num-mean'?",
    ),
    "a kata that requires itself": (
        "kata.toml",
        "requires = []",
        'requires = ["num-mean"]',
        "kata.toml:5: requires itself: num-mean -> num-mean. Nobody could begin: drop one of them",
    ),
    "sections out of order": (
        "README.md",
        "## Guidance",
        "## Help",
        "README.md:13: its sections must be ## Description, ## Guidance, ## What is verified, in this order",
    ),
    "an empty section": (
        "README.md",
        "- the mean of numbers",
        "",
        "README.md:17: the section 'What is verified' is empty",
    ),
    "a brief that begins with a formula": (
        "README.md",
        "A mean that is brought up to date with every number needs no memory of them.",
        "",
        "README.md:3: the section 'Description' must begin with a paragraph in words: why anyone wants this. "
        "Formulas and lists follow",
    ),
    "a brief of many lines": (
        "README.md",
        "- the mean",
        "\n" * 120 + "- the mean",
        "README.md: 139 lines are more than a screen or two; cut it to 120, or split the kata",
    ),
    "a brief of many words": (
        "README.md",
        "- the mean",
        "- the mean" + " very" * 900,
        "README.md: 941 words are more than a screen or two; cut it to 900, or split the kata",
    ),
    "a formula whose braces do not match": (
        "README.md",
        r"\frac{x_n - m_{n-1}}{n}",
        r"\frac{x_n - m_{n-1}{n}",
        r"README.md:7: the formula $m_n = m_{n-1} + \frac{x_n - m_{n-1}{n}$ cannot be read, so learners "
        "would see its source; look at its braces and scripts",
    ),
    "a formula with an unknown command": (
        "cards.md",
        "$x$",
        r"$\meanof{x}$",
        r"cards.md:5: the formula $\meanof{x}$ uses \meanof, which a terminal would show unchanged; "
        "write it in another way",
    ),
    "a dollar sign": (
        "hints.md",
        "Move the mean",
        "For $5 move the mean",
        "hints.md:11: a $ that is part of no formula; close it within its paragraph, or write "
        r"\$ for the sign",
    ),
    "a link that leads nowhere": (
        "README.md",
        'https://example.org/welford_(1962) "the note"',
        "pictures/mean.png",
        "README.md:11: the link to 'pictures/mean.png' leads nowhere; name a web address (https://…) or a "
        "file in the folder",
    ),
    "a link that leads out of the folder": (
        "hints.md",
        "Move the mean",
        "Move [the mean](../num-mean/../../x)",
        "hints.md:11: the link to '../num-mean/../../x' leads nowhere; name a web address (https://…) or a "
        "file in the folder",
    ),
    "a link without text": (
        "README.md",
        "[Welford]",
        "[]",
        "README.md:11: the link to 'https://example.org/welford_(1962)' has no text to read or to click on; "
        "write [text](address)",
    ),
    "a link that is not closed": (
        "cards.md",
        "Two numbers.",
        "[Two](https://example.org",
        "cards.md:17: a link that is not closed; write [text](address), both on one line",
    ),
    "two hints": (
        "hints.md",
        "## The key step",
        "",
        "hints.md: three hints are needed, each a `## title`; here: 2",
    ),
    "an empty hint": (
        "hints.md",
        "$m + (x - m) / n$",
        "",
        "hints.md:5: the hint 'The formula' is empty; whoever asks for it gets nothing. Write it",
    ),
    "a hint that tells the code": (
        "hints.md",
        "Move the mean a part of the way.",
        "Add `(x-mean)/count` to it.",
        "hints.md:9: the hint 'The key step' holds line 18 of the solution, `(x - self.mean) / self.count`; "
        "after it nothing is left to find. Say it in words",
    ),
    "two cards": (
        "cards.md",
        "## How much memory does it need?\n\n<!-- card: memory -->\n",
        "",
        "cards.md: three to eight cards are needed; here: 2",
    ),
    "a card about a mistake that is not known": (
        "cards.md",
        "card: memory",
        "card: memory; kind: symptom; mistake: forgets",
        "cards.md:13: there is no mistake called 'forgets'.",
    ),
    "another default in the starter": (
        "starter.py.j2",
        "start=0.0",
        "start=1.0",
        "starter.py.j2:3: the starter has running_mean(numbers, *, start=1.0); learners must begin with what "
        "the suite calls: running_mean(numbers, *, start=0.0)",
    ),
    "an argument that may be given by place": (
        "starter.py.j2",
        "*, start",
        "start",
        "starter.py.j2:3: the starter has running_mean(numbers, start=0.0); learners must begin with what "
        "the suite calls: running_mean(numbers, *, start=0.0)",
    ),
    "a method that the starter lacks": (
        "starter.py.j2",
        "def update(self, x)",
        "def add(self, x)",
        "starter.py.j2:7: the starter lacks Meter.update(self, x); learners must begin with all that the "
        "suite calls: add it",
    ),
    "a method that looks finished when bare": (
        "starter.py.j2",
        "        {% endif %}\n        raise NotImplementedError",
        "        raise NotImplementedError\n        {% endif %}\n        return 0",
        "starter.py.j2:11: the bare starter has a Meter.update that looks finished; end it with "
        "`raise NotImplementedError`",
    ),
    "a variant that lacks an entry point": (
        "variants/sum_kept.py",
        "class Meter",
        "class Metre",
        "variants/sum_kept.py: does not define Meter at its top level, which is an entry point. "
        "Did you mean 'Metre'?",
    ),
    "an entry point that is defined inside": (
        "mistakes.md",
        "return 5\n\n\nclass Meter",
        "return 5\n\n\nif True:\n  class Meter",
        "mistakes.md:2: does not define Meter at its top level, which is an entry point.",
    ),
    "an import that is no entry point": (
        "suite.py",
        "Meter, running_mean",
        "Meter, running_mean, rounded",
        "suite.py:4: imports rounded from the submission, which is not an entry point. "
        "Add it to 'entry_points', or do without it.",
    ),
    "an entry point that is not checked": (
        "suite.py",
        "import Meter, running_mean",
        "import running_mean",
        "suite.py: never says `from submission import Meter`, so Meter is not checked; add checks",
    ),
    "a sentence without a full stop": (
        "suite.py",
        "6 is 3.",
        "6 is 3",
        "suite.py:8: learners see the docstring's first line; make it one sentence, with a full stop",
    ),
    "a long sentence": (
        "suite.py",
        "The mean of 1, 2 and 6 is 3.",
        f"{LONG}.",
        "suite.py:8: a sentence of 112 characters; learners see it on one line: 110 at most",
    ),
    "a result that compares itself": (
        "suite.py",
        "assert running_mean([1, 2, 6]) == 3",
        "assert not running_mean([1, 2, 6]).equal(3)",
        "suite.py:9: running_mean([1, 2, 6]).equal trusts what the submission returned, and says little "
        "where it differs; use assert_close of ml_katas.testing",
    ),
    "a comparison of torch's": (
        "suite.py",
        "assert running_mean([1, 2, 6]) == 3",
        "assert torch.allclose(running_mean([1, 2, 6]), 3)",
        "suite.py:9: torch.allclose trusts what the submission returned, and says little where it differs; "
        "use assert_close of ml_katas.testing",
    ),
    "torch's assert_close": (
        "suite.py",
        "assert running_mean([1, 2, 6]) == 3",
        "torch.testing.assert_close(running_mean([1, 2, 6]), 3)",
        "suite.py:9: torch.testing.assert_close trusts what the submission returned, and says little where "
        "it differs; use assert_close of ml_katas.testing",
    ),
    "a mistake that is another": (
        "mistakes.md",
        "return 6",
        'return \\\n        5  # "six"',
        "mistakes.md:19: is the same code as mistakes.md:2, so it proves nothing more; remove one of them",
    ),
    "a mistake that is a variant": (
        "mistakes.md",
        "return 6",
        "return 2",
        "mistakes.md:19: is the same code as variants/sum_of_all.py, so it proves nothing more; "
        "remove one of them",
    ),
    "something left to write in a mistake": (
        "mistakes.md",
        "It depends on the numbers.",
        "TODO: what to do.",
        "mistakes.md:8: still to be written: what to do.",
    ),
    "something left to write": (
        "suite.py",
        '"""A mean can',
        '"""TODO: say what it checks. A mean can',
        "suite.py:1: still to be written: say what it checks. A mean can be kept up to date.",
    ),
    "something left to write in a card": (
        "cards.md",
        "Two numbers.",
        "<!-- TODO -->",
        "cards.md:17: still to be written",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(folder: Path, mistake: str) -> None:
    """A finding says where the mistake is, what is wrong and what to do, and is the only one."""
    name, old, new, finding = MISTAKES[mistake]
    change(folder / name, old, new)
    assert findings(folder) == [finding]


def test_a_released_card_is_missed(folder: Path) -> None:
    """A card that was released and is gone, or has another name, is found."""
    decks = folder.parent / "decks"
    decks.mkdir()
    (decks / "released-ids.txt").write_text(f"# ids\n{folder.name}/one\n{folder.name}/two\nother/three\n")
    assert findings(folder) == [
        f"cards.md: the card '{folder.name}/two' is gone, which was released; give it its name back"
    ]


@pytest.mark.parametrize("tag", ["Cauchy", "Low rank", "RoPE", "8-bit", "Erdős-Rényi", "C++", "注意"])
def test_a_tag_may_be_any_word(folder: Path, tag: str) -> None:
    """Proper names, abbreviations, digits and other scripts need no entry in a list of the platform."""
    change(folder / "kata.toml", "low rank", tag)
    assert findings(folder) == []


def test_katas_that_require_each_other_are_named(folder: Path) -> None:
    """A cycle of prerequisites is reported with all katas on it."""
    for slug, needed in (("num-sum", "num-count"), ("num-count", "num-mean")):
        shutil.copytree(folder, folder.parent / slug)
        change(folder.parent / slug / "kata.toml", "requires = []", f'requires = ["{needed}"]')
    change(folder / "kata.toml", "requires = []", 'requires = [\n    "num-sum",\n]')
    cycle = "num-mean -> num-sum -> num-count -> num-mean"
    assert findings(folder) == [
        f"kata.toml:6: requires itself: {cycle}. Nobody could begin: drop one of them",
    ]


def test_a_cycle_elsewhere_is_reported_elsewhere(folder: Path) -> None:
    """A kata is not blamed for a cycle that it only leads to."""
    shutil.copytree(folder, folder.parent / "num-sum")
    change(folder.parent / "num-sum" / "kata.toml", "requires = []", 'requires = ["num-sum"]')
    change(folder / "kata.toml", "requires = []", 'requires = ["num-sum"]')
    assert findings(folder) == []


def test_references_are_needed(folder: Path) -> None:
    """A kata without any source has a finding."""
    text = (folder / "kata.toml").read_text(encoding="utf-8")
    (folder / "kata.toml").write_text(text.partition("[[")[0], encoding="utf-8")
    assert findings(folder) == ["kata.toml: names no source; add [[references]] with text, url and where"]


def test_variants_and_mistakes_are_needed(folder: Path) -> None:
    """Two variants and four mistakes are the least."""
    (folder / "variants" / "sum_kept.py").unlink()
    change(folder / "mistakes.md", MISTAKE.format(5), "")
    assert findings(folder) == [
        "variants: at least two other right solutions are needed",
        "mistakes.md: at least four known mistakes are needed",
    ]


def test_strays_are_found(folder: Path) -> None:
    """What no part of the format reads is named, a folder once, and Python's caches are left alone."""
    for name in ("notes.txt", "data/numbers.csv", "variants/is_5.txt", "variants/old/is_5.py", "helpers.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("", encoding="utf-8")
    (folder / "__pycache__").mkdir()
    reason = "is not part of a kata, so nothing reads it; remove it, or ship() it in the suite"
    strays = ("data", "helpers.py", "notes.txt", "variants/is_5.txt", "variants/old")
    assert findings(folder) == [f"{name}: {reason}" for name in strays]


def test_a_folder_of_mutants_is_reported_where_they_go(folder: Path) -> None:
    """Files of known mistakes, as they once were, come with the command that puts them in their place."""
    (folder / "mutants").mkdir()
    (folder / "mutants" / "is_9.py").write_text("", encoding="utf-8")
    assert findings(folder) == [
        "mutants: known mistakes stand in mistakes.md; put each file there by "
        "`mlkata author mistake num-mean FILE`, then remove it"
    ]


def test_what_is_shipped_or_linked_to_is_no_stray(folder: Path) -> None:
    """Helper code that the suite ships and pictures that the brief shows belong to the kata."""
    (folder / "helpers.py").write_text("", encoding="utf-8")
    (folder / "the mean.png").write_bytes(b"")
    change(folder / "suite.py", "import assert_close", 'import assert_close, ship\n\nship("helpers.py")')
    change(folder / "README.md", "- the mean of numbers", "![the mean](the%20mean.png)")
    assert findings(folder) == []


def test_a_comparison_that_is_not_asserted_is_no_finding(folder: Path) -> None:
    """The suite may use allclose and equal to find out, and to assert that two results differ."""
    lines = "close = torch.allclose(1, 2)\n    assert not torch.equal(1, 2), 'different'\n    assert running"
    change(folder / "suite.py", "assert running", lines)
    assert findings(folder) == []


def test_links_are_found_where_markdown_finds_them() -> None:
    """Pictures, titles, brackets in addresses; not formulas and not code."""
    text = "![a](b.png) $[x](y)$ `[c](d)` [e](<f> 'g')\n\n```\n[h](i)\n```\n[j](k_(l))"
    assert [(link.text, link.target) for link in links(text)] == [("a", "b.png"), ("e", "f"), ("j", "k_(l)")]
