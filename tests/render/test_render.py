"""Reports, briefs and lists fit the screen that shows them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from ml_katas.course.catalog import Entry
from ml_katas.course.deck import Deck
from ml_katas.course.difficulty import Difficulty
from ml_katas.course.kata import Facts, Hint, Kata, Reference
from ml_katas.practice.overview import CatalogRow, Last, NextReason, TrackProgress, Upcoming, Whereabouts
from ml_katas.practice.status import KataStatus
from ml_katas.render.brief import brief_view, hint_view
from ml_katas.render.catalogue import catalogue_view
from ml_katas.render.dates import ago
from ml_katas.render.failure import failure_view
from ml_katas.render.report import Story
from ml_katas.render.solution import code_view, comparison_view
from ml_katas.render.status import status_view
from ml_katas.report import (
    CheckResult,
    Diagnosis,
    Differing,
    Failure,
    FailureKind,
    Frame,
    Isolation,
    IsolationLevel,
    Report,
    Status,
    Window,
    Worst,
)  # fmt: skip
from ml_katas.support.sanitize import sanitize

PASSED, NOT_RUN = Status.PASSED, Status.NOT_RUN
STRONG = Isolation(IsolationLevel.STRONG)
HOSTILE = "\x1b[2J\x1b]0;title\x07[red]bold[/red] \u202eevil\u2066 \x9b31mx\r\x08"
LITERAL = "[red]bold[/red] \ufffdevil\ufffd x"

VALUES = Failure(
    kind=FailureKind.VALUES, message="weights differ", label="weights",
    expected="float64 (15, 2)", actual="float32 (15, 2)",
    differing=Differing(30, 30), worst=Worst((4, 0), "0.731", "0.288", "0.443"),
    window=Window(lead=(), rows=(4, 5), columns=(0, 1), expected=(("0.731", "0.269"), ("0.612", "0.388")),
           actual=(("0.288", "0.106"), ("0.402", "0.388")), differs=((True, True), (True, False))),
    relation="Your rows sum to 0.39 … 0.68, not 1.",
    at=Frame(9, "top_k_gating"),
)  # fmt: skip

DIAGNOSIS = Diagnosis(
    "softmax_before_topk", "test_softmax",
    "This is what softmax over all experts *before* top-k gives. Keep the k largest\n"
    "logits first, then take the softmax over those k.",
)  # fmt: skip


def check(
    sentence: str, status: Status, failure: Failure | None = None, *, name: str = "t", output: str = ""
) -> CheckResult:
    return CheckResult(name=name, sentence=sentence, status=status, ms=1.0, failure=failure, output=output)


def report(status: Status, *checks: CheckResult, **others: object) -> Report:
    facts = {"kata": "moe-topk", "seed": "7f3a", "ms": 96.2, "isolation": STRONG, **others}
    return Report(status=status, checks=checks, **facts)  # type: ignore[arg-type]


WAITING = [check("later", NOT_RUN, Failure(kind=FailureKind.AFTER, message="waits"))] * 6
FAILING = check("each token's k weights are the softmax of its k largest logits", Status.FAILED, VALUES,
                name="test_softmax")  # fmt: skip
FAILED = report(
    Status.FAILED,
    check("returns k weights and k expert indices for every token", PASSED),
    check("picks the experts with the largest logits", PASSED),
    FAILING,
    *WAITING,
    diagnosis=DIAGNOSIS,
)


def story(of: Report, hints_shown: int = 0, hints_total: int = 3, is_starter: bool = False) -> RenderableType:
    return Story(
        report=of, title="MoE gating: top-k selection", file="moe_topk.py",
        hints_shown=hints_shown, hints_total=hints_total, is_starter=is_starter,
    ).view()  # fmt: skip


def shown(view: RenderableType, width: int = 80, encoding: str = "utf-8", **options: object) -> list[str]:
    """Return the lines that a console of this kind shows."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="")
    console = Console(file=file, width=width, force_terminal=True, no_color=True,
                      legacy_windows=False, _environ={}, **options)  # type: ignore[arg-type]  # fmt: skip
    with console.capture() as captured:
        console.print(view)
    file.write(captured.get())
    return sanitize(captured.get()).splitlines()


def below(view: RenderableType) -> list[str]:
    """Return the lines below the verdict."""
    lines = shown(view)
    return lines[lines.index("") + 1 :]


def test_a_failure_is_drawn_in_full() -> None:
    """The first failing check shows its mistake, numbers, relation and place; what passed is folded."""
    assert shown(story(FAILED)) == [
        "Failed  moe-topk  MoE gating: top-k selection  2 of 9 checks · 96 ms · seed 7f3a",
        "",
        "  ✗ each token's k weights are the softmax of its k largest logits",
        "      ↳ This is what softmax over all experts *before* top-k gives. Keep the k",
        "        largest logits first, then take the softmax over those k.",
        "      weights  float32 (15, 2)     30 of 30 differ · worst |Δ| 0.443 at [4, 0]",
        "",
        "                 expected              got",
        "            4    0.731   0.269         0.288*  0.106*",
        "            5    0.612   0.388         0.402*  0.388",
        "",
        "      Your rows sum to 0.39 … 0.68, not 1.",
        "      moe_topk.py:9  top_k_gating",
        "  ✓ 2 passed",
        "",
        "  · 6 checks wait for this one",
        "  hint 1 of 3: mlkata hint · look closer: mlkata replay",
    ]


def test_one_arrow_points_at_a_diagnosis() -> None:
    """A diagnosis of two paragraphs has one arrow, before the first."""
    two = replace(DIAGNOSIS, text="Softmax comes\nfirst.\n\nKeep, then normalise.")
    lines = shown(failure_view(replace(FAILING, failure=None), file="x.py", diagnosis=two))
    assert lines[1:] == ["      ↳ Softmax comes first.", "        Keep, then normalise."]


def test_forty_columns_are_enough() -> None:
    """On a narrow screen the numbers stand above each other and lines wrap below their beginning."""
    assert shown(story(FAILED), width=40) == [
        "Failed  moe-topk  MoE gating: top-k",
        "selection",
        "2 of 9 checks · 96 ms · seed 7f3a",
        "",
        "  ✗ each token's k weights are the",
        "    softmax of its k largest logits",
        "    ↳ This is what softmax over all",
        "      experts *before* top-k gives. Keep",
        "      the k largest logits first, then",
        "      take the softmax over those k.",
        "    weights  float32 (15, 2)",
        "    30 of 30 differ · worst |Δ| 0.443 at",
        "    [4, 0]",
        "",
        "             expected",
        "        4    0.731   0.269",
        "        5    0.612   0.388",
        "             got",
        "        4    0.288*  0.106*",
        "        5    0.402*  0.388",
        "",
        "    Your rows sum to 0.39 … 0.68, not 1.",
        "    moe_topk.py:9  top_k_gating",
        "  ✓ 2 passed",
        "",
        "  · 6 checks wait for this one",
        "  hint 1 of 3: mlkata hint · look",
        "  closer: mlkata replay",
    ]


def test_ascii_is_enough() -> None:
    """A terminal that knows only ASCII gets words and signs of ASCII."""
    assert shown(story(FAILED), encoding="ascii")[2:3] == [
        "  FAIL each token's k weights are the softmax of its k largest logits",
    ]


def test_an_exception_shows_the_learners_lines() -> None:
    """An error shows its message, the learner's frames with their code, and what was printed."""
    failure = Failure(
        kind=FailureKind.EXCEPTION, message="RuntimeError: sizes differ\nby 2",
        at=Frame(4, "helper", "return x + w"),
        traceback=(Frame(12, "top_k_gating", "return helper(x, w)"), Frame(4, "helper", "return x + w")),
    )  # fmt: skip
    lines = shown(failure_view(check("adds", Status.ERROR, failure, output="a\nb\n"), file="moe_topk.py"))
    assert lines == [
        "  ✗ adds (error)",
        "      RuntimeError: sizes differ",
        "      by 2",
        "      moe_topk.py:12  top_k_gating",
        "          return helper(x, w)",
        "      moe_topk.py:4  helper",
        "          return x + w",
        "      output",
        "      │ a",
        "      │ b",
    ]


def test_long_output_and_deep_recursion_are_cut() -> None:
    """Of much output the end is shown, of many frames the last, each with how much is left out."""
    frames = tuple(Frame(n, "f") for n in range(1, 21))
    failure = Failure(kind=FailureKind.EXCEPTION, message="RecursionError: too deep", traceback=frames)
    output = "".join(f"{n}\n" for n in range(100))
    lines = shown(failure_view(check("ends", Status.ERROR, failure, output=output), file="x.py"))
    assert lines[2:4] == ["      … 14 more calls", "      x.py:15  f"]
    assert lines[9:11] == ["      output, without its first 88 lines", "      │ 88"]
    assert len(lines) == 22


def test_other_failures_are_brief() -> None:
    """A failing check after the first shows its sentence, its status as a word and its message."""
    second = check(
        "is fast", Status.TIMEOUT, Failure(kind=FailureKind.LIMIT, message="still running after 5 s")
    )
    third = check(
        "has a gradient",
        Status.FAILED,
        Failure(kind=FailureKind.SHAPE, message="grad has shape (2,); expected (3,)\nmore"),
    )
    lines = below(story(report(Status.TIMEOUT, check("adds", Status.FAILED), second, third)))
    assert lines[:5] == [
        "  ✗ adds",
        "  ✗ is fast (timeout)",
        "      still running after 5 s",
        "  ✗ has a gradient",
        "      grad has shape (2,); expected (3,) …",
    ]


def test_failures_of_one_cause_share_a_line() -> None:
    """What fails by the mistake that was named, or with the same error, is told in two lines at most."""
    others = [check(f"weights of token {n} sum to 1", Status.FAILED, VALUES, name=f"t{n}") for n in range(9)]
    lines = below(story(report(Status.FAILED, FAILING, *others, diagnosis=DIAGNOSIS)))
    assert lines[-4:-1] == [
        "  ✗ for the same reason, 9 more checks: weights of token 0 sum to 1; weights of",
        "    token 1 sum to 1; weights of token 2 sum to 1; weights of token 3 sum to …",
        "",
    ]
    error = Failure(kind=FailureKind.EXCEPTION, message="KeyError: 'w'", at=Frame(4, "f", "x['w']"))
    first, second = check("adds", Status.ERROR, error), check("is fast", Status.ERROR, error, name="fast")
    third = check("ends", Status.ERROR, replace(error, message="KeyError: 'b'"), name="ends")
    lines = below(story(report(Status.ERROR, first, second, third)))
    assert lines[4:7] == [
        "  ✗ for the same reason, 1 more check: is fast",
        "  ✗ ends (error)",
        "      KeyError: 'b'",
    ]


def test_a_pass_is_celebrated() -> None:
    """A passed report says so."""
    passed = report(PASSED, check("adds", PASSED), check("is fast", PASSED))
    assert below(story(passed)) == [
        "  ✓ adds",
        "  ✓ is fast",
        "",
        "Solved: all 2 checks pass.",
    ]


def test_a_starter_says_where_to_write() -> None:
    """An untouched starter shows no failures, only the place to write at."""
    unwritten = Failure(kind=FailureKind.UNFINISHED, message="not written yet", at=Frame(9, "top_k_gating"))
    starter = report(Status.INCOMPLETE, *[check("adds", Status.INCOMPLETE, unwritten)] * 9)
    assert below(story(starter, is_starter=True)) == [
        "This is still the starter: write your code at moe_topk.py:9, then run mlkata",
        "check again.",
        "",
        "  · 9 checks wait for your code                         hint 1 of 3: mlkata hint",
    ]


def test_half_of_the_work_is_no_starter() -> None:
    """A file that was worked at is not called the starter, whether or not anything passes yet."""
    unwritten = Failure(kind=FailureKind.UNFINISHED, message="not written yet", at=Frame(9, "top_k_gating"))
    half = report(Status.INCOMPLETE, *[check("adds", Status.INCOMPLETE, unwritten)] * 9)
    assert below(story(half))[0] == (
        "Not finished yet: write your code at moe_topk.py:9, then run mlkata check again."
    )


def test_a_file_that_does_not_load_shows_where() -> None:
    """An invalid submission shows the message and the line."""
    invalid = report(
        Status.INVALID, check("adds", NOT_RUN),
        message="SyntaxError: '(' was never closed", at=Frame(9, "", "weights = softmax(x"),
    )  # fmt: skip
    assert below(story(invalid)) == [
        "Invalid: SyntaxError: '(' was never closed",
        "moe_topk.py:9",
        "    weights = softmax(x",
        "",
        "  · 1 check did not run                                 hint 1 of 3: mlkata hint",
    ]


def test_a_broken_kata_is_not_the_learners_fault() -> None:
    """A broken report says whose turn it is and offers no hint."""
    broken = report(Status.BROKEN, message="suite.py does not import")
    assert shown(story(broken)) == [
        "Broken  moe-topk  MoE gating: top-k selection                  96 ms · seed 7f3a",
        "",
        "Broken: suite.py does not import",
        "This is not your fault: the kata or mlkata is broken, and the attempt does not",
        "count.",
    ]


@pytest.mark.parametrize("status", ["timeout", "memory", "crashed", "limit", "forbidden"])
def test_an_ending_is_said_once(status: str) -> None:
    """The sentence of a report that its failing check has said already is not repeated."""
    of = check("adds", Status(status), Failure(kind=FailureKind.LIMIT, message="went too far"))
    lines = below(story(report(Status(status), of, check("ends", NOT_RUN), message="went too far")))
    assert lines == [
        f"  ✗ adds ({status})",
        "      went too far",
        "",
        "  · 1 check did not run                                 hint 1 of 3: mlkata hint",
    ]


@pytest.mark.parametrize(
    ("level", "said"),
    [(IsolationLevel.STRONG, False), (IsolationLevel.MEDIUM, True), (IsolationLevel.LIMITS_ONLY, True)],
)
def test_weak_isolation_is_said(level: IsolationLevel, said: bool) -> None:
    """Isolation below strong has a line of its own, strong has none."""
    text = " ".join(shown(story(replace(FAILED, isolation=Isolation(level)))))
    line = f"Isolation: {level.replace('-', ' ')}. Your code can read and write your files; do not check"
    assert (line in text) is said


@pytest.mark.parametrize(
    ("hints_shown", "hints_total", "line"),
    [
        (0, 3, "  hint 1 of 3: mlkata hint · look closer: mlkata replay"),
        (2, 3, "  hint 3 of 3: mlkata hint · look closer: mlkata replay"),
        (3, 3, "  all 3 hints shown: mlkata hint · look closer: mlkata replay"),
        (0, 0, "  · 6 checks wait for this one                        look closer: mlkata replay"),
    ],
)
def test_the_next_hint_is_named(hints_shown: int, hints_total: int, line: str) -> None:
    """The last line says which hint comes next, and where more is to be seen."""
    assert shown(story(FAILED, hints_shown, hints_total))[-1] == line


def test_column_and_leading_indices_are_shown() -> None:
    """A window inside a larger tensor says where it lies."""
    cells = (("1", "2"), ("3", "-4.5"))
    differs = ((False, False), (False, True))
    window = Window(lead=(2,), rows=(0, 1), columns=(7, 8), expected=cells, actual=cells, differs=differs)
    failure = replace(VALUES, window=window, relation="", at=None)
    assert shown(failure_view(check("adds", Status.FAILED, failure), file="x.py"))[3:] == [
        "            in [2, :, :]",
        "                 expected         got",
        "                 7      8         7      8",
        "            0    1      2         1      2",
        "            1    3   -4.5         3   -4.5*",
    ]


def test_a_number_needs_no_window() -> None:
    """For a single number the message says it all."""
    window = Window(
        lead=(), rows=(0,), columns=(0,), expected=(("1",),), actual=(("2",),), differs=((True,),)
    )
    failure = replace(VALUES, message="loss is 2; expected 1", worst=Worst((), "1", "2", "1"), window=window,
                      relation="", at=None)  # fmt: skip
    lines = shown(failure_view(check("adds", Status.FAILED, failure), file="x.py"))
    assert lines == ["  ✗ adds", "      loss is 2; expected 1"]


EVIL = report(
    Status.ERROR,
    check(HOSTILE, Status.ERROR,
          Failure(kind=FailureKind.EXCEPTION, message=HOSTILE, label=HOSTILE, expected=HOSTILE,
                  actual=HOSTILE, differing=VALUES.differing, worst=VALUES.worst,
                  window=VALUES.window, relation=HOSTILE, at=Frame(1, HOSTILE, HOSTILE)), output=HOSTILE),
    check(HOSTILE, Status.FAILED, Failure(kind=FailureKind.ASSERTION, message=HOSTILE)),
    message=HOSTILE, output=HOSTILE, seed=HOSTILE,
)  # fmt: skip


def test_text_of_a_submission_is_literal() -> None:
    """Markup is shown as it is; escape sequences and bidirectional overrides are not obeyed."""
    screen = io.StringIO()
    Console(file=screen, width=100, force_terminal=True, no_color=True, _environ={}).print(story(EVIL))
    text = screen.getvalue()
    assert not {"\x07", "\x08", "\r", "\x9b", "\u202e", "\u2066"} & set(text)
    assert "\x1b[2J" not in text
    assert "\x1b]" not in text
    assert text.count(LITERAL) >= 8


LONG = "x" * 150
WIDE = "数" * 90
UGLY = report(
    Status.FAILED,
    check(LONG, Status.FAILED,
          replace(VALUES, label=LONG, relation=WIDE, at=Frame(1, LONG, LONG),
                  window=Window(lead=(1,), rows=(100, 101), columns=tuple(range(50, 56)),
                                expected=(("-1.2345e+10",) * 6,) * 2, actual=(("-1.2345e+10",) * 6,) * 2,
                                differs=((True,) * 6,) * 2)), output=f"{LONG}\n\t{WIDE}"),
    check(WIDE, Status.CRASHED, Failure(kind=FailureKind.LIMIT, message=LONG)),
    *WAITING,
    message=LONG, isolation=Isolation(IsolationLevel.LIMITS_ONLY),
)  # fmt: skip

ROWS = [
    CatalogRow(
        slug="moe-topk",
        title="MoE Gating: Top-K Selection",
        track="moe",
        track_title="Mixture of experts",
        difficulty="medium",
        minutes=10,
        status=KataStatus.PASSED,
        problem="",
    ),
    CatalogRow(
        slug="moe-noisy",
        title=LONG,
        track="moe",
        track_title="Mixture of experts",
        difficulty="hard",
        minutes=25,
        status=KataStatus.STARTED,
        problem="",
    ),
    CatalogRow(
        slug="bad",
        title="",
        track="moe",
        track_title="Mixture of experts",
        difficulty="",
        minutes=0,
        status=KataStatus.BROKEN,
        problem="kata.toml:4: 'minutes' must be a number",
    ),
    CatalogRow(
        slug="rope",
        title="Rotary position embedding",
        track="attention",
        track_title="Attention",
        difficulty="easy",
        minutes=15,
        status=KataStatus.NEW,
        problem="",
    ),
]

KATA = Kata(
    slug="moe-topk",
    folder=Path("moe-topk"),
    facts=Facts(
        title="MoE Gating", difficulty=Difficulty.MEDIUM, minutes=10, tags=("pytorch", "MoE"),
        entry_points=("top_k_gating",),
        references=(Reference("Shazeer et al. 2017", f"https://example.org/{LONG}", "section 2.1"),),
    ),
    brief="# MoE Gating\n\n## Description\n\nA token $x_i$ goes to $k$ of `n` experts — *not* all:\n\n"
    "$$\nG(x)_i = \\frac{e^{h_i}}{\\sum_{j=1}^{n} e^{h_j}}\n$$\n\n"
    "- a [link](https://example.org)\n- [red]b[/red]\n\n"
    f"```python\n{LONG}  # $x$\n```\n\n> quoted\n\n| a | b |\n|---|---|\n| $|x|$ | {LONG} |\n",
    hints=(Hint("The shape", "It is $(n, k)$."), Hint("The formula", "$\\alpha * \\beta$")),
    deck=Deck(name="moe-topk", title="MoE Gating", path=Path("cards.md")),
)  # fmt: skip

VIEWS = {
    "failed": story(FAILED), "evil": story(EVIL), "ugly": story(UGLY), "list": catalogue_view(ROWS),
    "brief": brief_view(KATA), "hint": hint_view(KATA, 1),
}  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("name", VIEWS)
def test_no_line_is_wider_than_the_screen(name: str, encoding: str) -> None:
    """From 40 to 200 columns no line is too wide, and each can be encoded."""
    for width in (*range(40, 100), *range(100, 201, 9)):
        lines = shown(VIEWS[name], width=width, encoding=encoding)
        assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize("name", VIEWS)
def test_no_line_ends_in_blanks(name: str) -> None:
    """Lines end where their text does, so that they copy well."""
    assert [line for line in shown(VIEWS[name]) if line != line.rstrip()] == []


def test_colour_says_nothing_alone() -> None:
    """With and without colour the same text is shown."""
    raw = io.StringIO()
    Console(file=raw, width=80, force_terminal=True, _environ={}).print(story(FAILED))
    assert sanitize(raw.getvalue()).splitlines() == shown(story(FAILED))


def test_a_brief_reads_well() -> None:
    """A brief has its facts, its text with readable formulas and its references; its title comes once."""
    lines = shown(brief_view(KATA), width=100)
    assert lines[:17] == [
        "moe-topk  MoE Gating",
        "medium · up to 10 min · pytorch, MoE",
        "",
        "Description",
        "",
        "A token xᵢ goes to k of n experts — not all:",
        "",
        "    G(x)ᵢ = e^{hᵢ}/(∑ⱼ₌₁ⁿ e^{hⱼ})",
        "",
        " • a link (https://example.org)",
        " • [red]b[/red]",
        "",
        "    " + LONG[:96],
        "    " + LONG[96:] + "  # $x$",
        "",
        "▌ quoted",
        "",
    ]
    assert lines[-5:-2] == ["References", "", "1. Shazeer et al. 2017, section 2.1"]


def test_a_brief_needs_no_unicode() -> None:
    """In ASCII the formulas, dashes and bullets have other looks."""
    lines = shown(brief_view(KATA), width=100, encoding="ascii")
    assert lines[5:10] == [
        "A token x_i goes to k of n experts - not all:",
        "",
        "    G(x)_i = e^{h_i}/(sum_{j=1}^{n} e^{h_j})",
        "",
        " * a link (https://example.org)",
    ]


def test_a_hint_says_which_it_is() -> None:
    """A hint shows its number, its title and its text."""
    assert shown(hint_view(KATA, 2)) == ["hint 2 of 2  The formula", "", "α * β"]


def test_the_catalogue_groups_by_track() -> None:
    """Katas stand below their track with its progress; a broken one says why."""
    assert shown(catalogue_view(ROWS)) == [
        "Mixture of experts                                                1 of 3, 35 min",
        "  ✓ moe-topk   MoE Gating: Top-K Selection                        medium  10 min",
        "  … moe-noisy  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…  hard    25 min",
        "  ! bad",
        "      kata.toml:4: 'minutes' must be a number",
        "",
        "Attention                                                         0 of 1, 15 min",
        "    rope       Rotary position embedding                          easy    15 min",
    ]


def test_a_narrow_catalogue_leaves_columns_out() -> None:
    """At 40 columns names and difficulties are left."""
    assert shown(catalogue_view(ROWS), width=40)[:3] == [
        "Mixture of experts        1 of 3, 35 min",
        "  ✓ moe-topk                      medium",
        "  … moe-noisy                     hard",
    ]


@pytest.mark.parametrize(
    ("raw", "literal"),
    [
        (HOSTILE, LITERAL),
        ("a\tb\nc\r\nd", "a\tb\nc\nd"),
        ("\x1b\x1b[31m[31mx", "[31mx"),
        ("\x1b]0;never ends", "0;never ends"),
        ("\x1bP1$q\x1b\\x\x1b(Bé\x7f\x00\x85", "xé"),
        ("\ud800", "\ufffd"),
        ("الف", "الف"),
    ],
)
def test_plain_text_moves_nothing(raw: str, literal: str) -> None:
    """Escape sequences and control characters go; overrides and surrogates become visible."""
    assert sanitize(raw) == literal


def test_prints_stand_under_the_check_that_made_them() -> None:
    """The first failure shows the end of its prints, every other check its first three lines."""
    many = "".join(f"line {n}\n" for n in range(12))
    of = report(
        Status.FAILED,
        check("adds", PASSED, output="one\ntwo\n"),
        replace(FAILING, failure=Failure(kind=FailureKind.ASSERTION, message="not that"), output=many),
        check("is fast", Status.FAILED, Failure(kind=FailureKind.ASSERTION, message="slow"), output=many),
    )
    assert below(story(of))[:22] == [
        "  ✗ each token's k weights are the softmax of its k largest logits",
        "      not that",
        "      output",
        *(f"      │ line {n}" for n in range(12)),
        "  ✗ is fast",
        "      slow",
        "      │ line 0",
        "      │ line 1",
        "      │ line 2",
        "      … 9 more lines",
        "  ✓ adds",
    ]


def test_list_says_what_marks_cannot() -> None:
    """A pass with the solution, one of an earlier version and an update stand below the kata."""

    def row(slug: str, status: KataStatus, **more: Any) -> CatalogRow:
        facts = {"title": "Title", "track": "t", "track_title": "Track", "difficulty": "easy", "minutes": 1}
        return CatalogRow(slug=slug, status=status, problem="", **facts, **more)

    rows = [
        row("one", KataStatus.ASSISTED, is_earlier=True),
        row("two", KataStatus.GAVE_UP),
        row("three", KataStatus.STARTED, changed=("brief", "starter")),
    ]
    lines = shown(catalogue_view(rows), width=60)
    assert lines[0].split() == ["Track", "1", "of", "3,", "3", "min"]
    assert [line for line in lines if not line.startswith("  ✓") and "easy" not in line][1:] == [
        "    passed with the solution · passed an earlier version",
        "    the solution was shown",
        "    brief and starter changed since you started",
    ]


def test_long_lines_of_code_hang_below_themselves() -> None:
    """On a narrow screen what is broken off a line of code is indented once more than the line."""
    assert shown(code_view("if x:\n    value = first_of_all + second_of_all\n"), width=28) == [
        "if x:",
        "    value = first_of_all +",
        "        second_of_all",
    ]


def test_code_is_literal() -> None:
    """Code from outside cannot recolour the terminal, and markup in it is text."""
    assert shown(code_view(f"x = 1  # {HOSTILE}\n"), width=80) == [f"x = 1  # {LITERAL}"]


@pytest.mark.parametrize("width", [20, 40, 79, 80, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_comparison_fits_the_screen(kata: Kata, width: int, encoding: str) -> None:
    """Two files side by side or in one column never leave the screen, whatever their lines hold."""
    yours = f"def f():\n\treturn '{WIDE}'  # {LONG}\n"
    lines = shown(comparison_view(kata, yours, "def f():\n    return 1\n"), width=width, encoding=encoding)
    assert max(map(cell_len, lines)) <= width


def test_status_has_room_for_long_names() -> None:
    """On a narrow screen tracks lose their bars, not their names."""
    track = TrackProgress(name="t", title="A track with a rather long name", passed=1, total=4, touched=True)
    entry = Entry(
        slug="some-kata",
        folder=Path(),
        track="t",
        track_title=track.title,
        title="Its title",
        difficulty="easy",
        minutes=5,
    )
    found = Whereabouts(
        (track,), Last(entry, KataStatus.STARTED, None, ""), Upcoming(entry, NextReason.UNFINISHED)
    )
    assert shown(status_view(found), width=40) == [
        "  A track with a rather long name",
        "  1 of 4",
        "",
        "  last  some-kata  Its title",
        "        started, not checked yet",
        "  next  some-kata  Its title",
        "        unfinished · easy, about 5 min",
        "        mlkata check some-kata",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, "just now"),
        (60, "1 minute ago"),
        (7300, "2 hours ago"),
        (86400 * 45, "1 month ago"),
        (-9, "just now"),
    ],
)
def test_moments_are_said_as_a_person_would(seconds: int, words: str) -> None:
    """How long ago something was is said in its largest unit."""
    now = datetime(2026, 5, 1, tzinfo=UTC)
    assert ago((now - timedelta(seconds=seconds)).isoformat(), now) == words
