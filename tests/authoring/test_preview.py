"""`author preview`: what a learner will see, and where that is not what the author meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import ObedientJudge, Terminal

MISTAKE = """
## {name}

<!-- caught by: test_double_of_one_is_two -->

Something else.

Do it otherwise.

```diff
-    return 2 * x
+    return {code}
```
"""


def headlines(text: str) -> list[str]:
    """Return the headlines of what was shown, in order."""
    return [line.rstrip("─- ") for line in text.splitlines() if line.endswith(("───", "---"))]


def plant(course: Path, name: str, code: str) -> None:
    """Put another mistake into the kata `tiny-double`."""
    with (course / "tiny-double" / "mistakes.md").open("a", encoding="utf-8") as file:
        file.write(MISTAKE.format(name=name, code=code))


def test_preview_shows_all_that_a_learner_will_see_in_order(terminal: Terminal, judge: ObedientJudge) -> None:
    """Brief, starter, the screen of each mistake with its diagnosis, hints and cards come in this order."""
    judge.verdicts = [Status.FAILED]
    result = terminal("author", "preview", "tiny-double")
    assert (result.exit_code, result.stderr) == (0, "")
    assert headlines(result.stdout) == [
        "the brief: mlkata show tiny-double",
        "the starter: tiny_double.py",
        "the mistake squares: mlkata check",
        "the hints: mlkata hint",
        "the cards",
    ]
    lines = [line.strip() for line in result.stdout.splitlines()]
    for line in (
        "tiny-double  Double a number",
        'raise NotImplementedError("your turn")',
        "↳ This squares the number.",
        "hint 3 of 3  The key step",
        "Where do doubling and squaring agree?",
    ):
        assert line in lines


def test_one_mistake_alone_is_shown_without_the_rest(terminal: Terminal, judge: ObedientJudge) -> None:
    """With --mistake only that mistake is judged and shown."""
    plant(terminal.course, "halves", "x / 2")
    judge.verdicts = [Status.FAILED]
    result = terminal("author", "preview", "tiny-double", "--mistake", "squares")
    assert headlines(result.stdout) == ["the mistake squares: mlkata check"]
    assert len(judge.asked) == 1
    assert judge.asked[0][1].decode().endswith("def double(x):\n    return x * x\n")


def test_an_unknown_mistake_gets_the_nearest(terminal: Terminal, judge: ObedientJudge) -> None:
    """A name that no mistake has is an error with the nearest one."""
    result = terminal("author", "preview", "tiny-double", "--mistake", "square")
    assert (result.exit_code, result.stderr.splitlines()) == (
        2,
        [
            "mlkata: tiny-double has no known mistake 'square'. Did you mean 'squares'?",
            "  `mlkata author preview tiny-double` shows all 1.",
        ],
    )


def test_a_remark_says_that_a_mistake_is_not_caught(terminal: Terminal, judge: ObedientJudge) -> None:
    """Where a mistake passes, the author is told so beside the screen."""
    result = terminal("author", "preview", "tiny-double", "--mistake", "squares")
    path = terminal.course / "tiny-double" / "mistakes.md"
    assert result.stdout.splitlines()[-1] == (
        f"For the author: {path}:3: No check catches this mistake, so a learner would pass with it."
    )


def test_json_holds_all_parts_and_the_reports(terminal: Terminal, judge: ObedientJudge) -> None:
    """--json is one object with the parts in text, and for each mistake its report and the remark."""
    judge.verdicts = [Status.FAILED]
    shown = json.loads(terminal("author", "preview", "tiny-double", "--json").stdout)
    assert list(shown) == ["schema", "kata", "brief", "starter", "hints", "cards", "mistakes"]
    assert (shown["schema"], len(shown["hints"]), len(shown["cards"])) == ("mlkata.author-preview/1", 3, 2)
    (mistake,) = shown["mistakes"]
    assert (mistake["mistake"], mistake["remark"]) == ("squares", "")
    assert mistake["report"]["diagnosis"]["mistake"] == "squares"


def test_the_bare_starter_is_shown_when_asked_for(terminal: Terminal, judge: ObedientJudge) -> None:
    """--bare shows the starter without its guidance."""
    template = terminal.course / "tiny-double" / "starter.py.j2"
    template.write_text(
        "def double(x):\n{% if not bare %}\n    # 1. Add.\n{% endif %}\n    raise NotImplementedError\n"
    )
    guided, bare = (
        json.loads(terminal("author", "preview", "tiny-double", "--json", option).stdout)["starter"]
        for option in ("--guided", "--bare")
    )
    assert guided == "def double(x):\n    # 1. Add.\n    raise NotImplementedError\n"
    assert bare == "def double(x):\n    raise NotImplementedError\n"


def test_a_remark_says_that_two_mistakes_cannot_be_told_apart(terminal: Terminal, warm: None) -> None:
    """Of two mistakes that fail alike neither is named to learners, and the author reads why."""
    plant(terminal.course, "to-the-power-of-two", "x**2")
    shown = json.loads(terminal("author", "preview", "tiny-double", "--json").stdout)
    same = (
        "The learner reads no diagnosis: another mistake fails in the same way, "
        "or this one failed in another way when it was run again."
    )
    remarks = {mistake["mistake"]: mistake["remark"] for mistake in shown["mistakes"]}
    assert remarks == {"squares": same, "to-the-power-of-two": same}
