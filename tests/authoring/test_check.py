"""`author check`: a whole kata is proven, and each way to weaken it is reported where it is to be fixed."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("warm")

PROVABLE = Path(__file__).parents[1] / "fixtures" / "provable" / "smooth-counts"
MLKATA = [sys.executable, "-m", "ml_katas"]
Json = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One text of one file for another; a file without an old text is written anew."""

    file: str
    old: str
    new: str

    def make(self, folder: Path) -> None:
        path = folder / self.file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        assert self.old in text, f"{self.file} does not say {self.old!r}"
        path.write_text(text.replace(self.old, self.new) if self.old else self.new, encoding="utf-8")


def in_suite(old: str, new: str) -> Change:
    return Change("suite.py", old, new)


def in_facts(table: str) -> Change:
    return Change("kata.toml", "[[references]]", f"{table}\n[[references]]")


def mark(mutation: str, line: str, reason: str = "Counts have two axes.") -> Change:
    return in_facts(f'[[equivalent]]\nmutation = "{mutation}"\nline = "{line}"\nreason = "{reason}"\n')


class Workshop:
    """A folder of katas, each the provable one with some changes, and the real command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.katas = folder / "katas"
        self.katas.mkdir()

    def make(self, slug: str, *changes: Change) -> Path:
        """Return the folder of a new kata."""
        folder = self.katas / slug
        shutil.copytree(PROVABLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        for change in changes:
            change.make(folder)
        return folder

    def check(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `mlkata author check` in the workshop."""
        return subprocess.run(
            self.command(*arguments), cwd=self.folder, env=self.environment(), capture_output=True, text=True
        )

    def at_once(self, *commands: tuple[str, ...]) -> list[subprocess.CompletedProcess[str]]:
        """Run `mlkata author check` with each of these arguments, side by side."""
        with ThreadPoolExecutor() as pool:
            return list(pool.map(lambda arguments: self.check(*arguments), commands))

    def proofs(self, *arguments: str) -> dict[str, Json]:
        """Return what `--json` says of each kata."""
        document = json.loads(self.check(*arguments, "--json").stdout)
        return {proof["kata"]: proof for proof in document["katas"]}

    def command(self, *arguments: str) -> list[str]:
        return [*MLKATA, "author", "check", "--katas", "katas", *arguments]

    def environment(self) -> dict[str, str]:
        return os.environ | {"MLKATA_HOME": str(self.folder)}


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """Return a workshop that holds the provable kata."""
    shop = Workshop(tmp_path)
    shop.make("smooth-counts")
    return shop


def findings(proof: Json, *, severity: str = "error") -> list[str]:
    """Return the findings of a proof, their files relative to the kata."""
    return [
        ":".join([in_kata(proof, found["path"]), *([str(found["line"])] if found["line"] else [])])
        + f": {found['problem']}"
        for found in proof["findings"]
        if found["severity"] == severity
    ]


def in_kata(proof: Json, path: str) -> str:
    return Path(path).as_posix().partition(proof["kata"] + "/")[2]


# -------- the provable kata


def test_a_whole_kata_is_proven(workshop: Workshop) -> None:
    """A kata with nothing to fix is said to be proven, in one line, with exit code 0."""
    result = workshop.check("smooth-counts")
    assert result.returncode == 0, result.stdout
    says = r"smooth-counts: proven; 4 of 4 mistakes caught; 20 of 20 mutants killed; \d+ judgements, "
    says += r"[\d.]+ a second\n"
    assert re.fullmatch(says, result.stdout), result.stdout
    assert result.stderr == "smooth-counts\n"


# -------- suites that are too weak, and what else is wrong

VALUES = "assert_close(smoothed(counts), expected, label="
NEGATIVE = "assert_close(smoothed(torch.tensor([[-5.0, 1.0, 1.0]])), expected,"
DOUBLE = "assert_close(found, expected, label="
GRADIENT = """    (smoothed(counts) * worth).sum().backward()
    assert_close(counts.grad, expected, label="gradient")
"""
SHARED_STATE = '''
answers = []


def test_asks():
    """Of one count the share is one."""
    answers.append(smoothed(torch.ones(1, 1)))
    assert_close(answers[0], torch.ones(1, 1), label="probabilities")


def test_answers():
    """Of one count the share is still one."""
    assert_close(answers[0], torch.ones(1, 1), label="probabilities")


def by_definition(counts):'''
SUM = "return (seen + 1) / (seen.sum(1, keepdim=True) + seen.shape[1])"
MISTAKE = """\
## {name}

<!-- caught by: test_follows_the_definition -->

This is {name}.

Do it otherwise.

```diff
-    {line}
+    return {code}
```

## not-a-share
"""


def one_more_mistake(name: str, code: str) -> Change:
    return Change("mistakes.md", "## not-a-share\n", MISTAKE.format(name=name, line=SUM, code=code))


NOT_A_SHARE = "<!-- caught by: {} -->\n\nThe ones"


def caught_by(check: str) -> Change:
    old = NOT_A_SHARE.format("test_follows_the_definition")
    return Change("mistakes.md", old, NOT_A_SHARE.format(check))


ALIKE = "(seen + 1) / (seen + 1).sum(0, keepdim=True)"
CLAMP = "seen = counts.clamp(min=0)  # (B, K)"
IDLE = '''def test_sizes_differ():
    """Two sizes are never equal."""
    assert len({*distinct_sizes(2)}) == 2


def by_definition(counts):'''
PINNED = IDLE.replace('equal."""', 'equal.\n\n    Pins: "`(B, K)`, float32 or float64".\n    """')


@dataclass(frozen=True)
class Flaw:
    """How a kata differs from the provable one, and how findings begin that must be there."""

    changes: tuple[Change, ...]
    found: tuple[str, ...]


# One command proves all of these; junk and mutants take part, and one seed is enough.
TRIED_ONCE = {
    "values are never compared": Flaw(
        (
            in_suite(VALUES, "assert_shape(smoothed(counts), expected.shape, label="),
            in_suite(NEGATIVE, "assert_shape(smoothed(expected), (1, 3),"),
            in_suite(DOUBLE, "assert_close(found, found, label="),
            in_suite(GRADIENT, ""),
        ),
        (
            "suite.py: this junk passes: it returns zeros in every tensor ('zeros'), it returns ones",
            "mistakes.md:42: not-a-share is caught by no check: it is passed",
            "solution.py:6: no check notices + -> -.",
        ),
    ),
    "rows only have to sum to one": Flaw(
        (
            in_suite(VALUES, "assert_close(smoothed(counts).sum(1), expected.sum(1), label="),
            in_suite(NEGATIVE, "assert_shape(smoothed(expected), (1, 3),"),
            in_suite(DOUBLE, "assert_close(found, found, label="),
            in_suite(GRADIENT, ""),
        ),
        (
            "suite.py: this junk passes: it returns the mean of the right numbers along the last axis",
            "suite.py: this junk passes: it returns the right rows in the opposite order ('shuffled'). "
            "Add a check: compare every row with the one that belongs to it; or say in [[exempt]]",
            "mistakes.md:29: negative-counts-count is caught by no check: it is passed",
        ),
    ),
    "no gradient and arguments may change": Flaw(
        (
            in_suite(GRADIENT, ""),
            in_suite("with unchanged(counts):", "if True:"),
        ),
        (
            "suite.py: this junk passes: it returns the right answer and changes the tensors that it was "
            "given ('damage'). Add a check: call it `with unchanged(…)`; or say in [[exempt]] of kata.toml",
            "mistakes.md:3: clamped-in-place is caught by no check",
            "solution.py:5: no check notices clamp -> clamp_.",
        ),
    ),
    "a gradient that is asked for and not compared": Flaw(
        (in_suite('    assert_close(counts.grad, expected, label="gradient")\n', ""),),
        (
            "suite.py: this junk passes: it returns the right numbers, whose gradient is twice the right one "
            "('gradient'). Add a check: compare the gradients with those of the definition; or say in",
        ),
    ),
    "a wide tolerance": Flaw(
        (
            in_suite('label="probabilities")', 'label="probabilities", atol=0.01)'),
            in_suite('sizes, label="probabilities", atol=0.01', 'sizes, label="probabilities"'),
            in_suite("rtol=1e-9, atol=1e-9", "atol=0.01"),
            in_suite('label="gradient"', 'label="gradient", atol=0.01'),
        ),
        ("suite.py: this junk passes: it returns the right numbers rounded to bfloat16 ('rounded')",),
    ),
    "all axes have one size": Flaw(
        (
            in_suite("distinct_sizes(2)", "(4, 4)"),
            in_suite("((3, 5), (3, 5), (4, 2))", "((3, 3), (3, 3), (4, 4))"),
            in_suite("torch.rand(4, 3)", "torch.rand(4, 4)"),
            in_suite("torch.randn(4, 3)", "torch.randn(4, 4)"),
            in_suite("[[0.2, 0.4, 0.4]]", "[[0.2, 0.4, 0.4]] * 3"),
            in_suite("[[-5.0, 1.0, 1.0]]", "[[-5.0, 1.0, 1.0]] * 3"),
        ),
        ("solution.py:6: no check notices 1 -> 0 (3rd).",),
    ),
    "no edge case": Flaw(
        (
            in_suite("[-5.0, 1.0, 1.0]", "[0.0, 1.0, 1.0]"),
            in_suite("torch.randn(4, 3)\n", "torch.rand(4, 3)\n"),
        ),
        (
            "mistakes.md:29: negative-counts-count is caught by no check: it is passed",
            "solution.py:5: no check notices .clamp(min=0) -> nothing.",
        ),
    ),
    "an idle check": Flaw(
        (in_suite("def by_definition(counts):", IDLE),),
        ("suite.py:57: test_sizes_differ kills nothing: write the mistake that it is for, or name the",),
    ),
    "a check that pins what nobody says": Flaw(
        (in_suite("def by_definition(counts):", PINNED.replace("float32 or", "float16 or")),),
        ("suite.py:57: test_sizes_differ pins what the brief does not say: '`(B, K)`, float16 or float64'",),
    ),
    "a suite that reads the solution": Flaw(
        (
            in_suite(
                "import torch\n",
                "from pathlib import Path\n\nimport torch\n\n"
                'ANSWER = Path(__file__).with_name("solution.py").read_text()\n',
            ),
        ),
        ("solution.py: must pass, and with seed 1 it is broken: ",),
    ),
    "a slow suite": Flaw(
        (
            in_facts("[limits]\ncheck_seconds = 3\n"),
            in_suite("import torch\n", "import time\n\nimport torch\n"),
            in_suite(
                "    counts = 9 * torch.rand(4, 3).double()",
                "    time.sleep(2)\n    counts = 9 * torch.rand(4, 3).double()",
            ),
        ),
        ("suite.py: with a third of its limits the solution is timeout in test_float64_stays",),
    ),
    "a large solution": Flaw(
        (
            in_facts("[limits]\nmemory_mib = 90\n"),
            Change("solution.py", "    seen =", "    more = counts.new_ones(45 << 18)\n    seen ="),
        ),
        ("suite.py: with a third of its limits the solution is memory in test_keeps_the_shape",),
    ),
    "marks that are not right": Flaw(
        (
            mark("0 -> 1", CLAMP, reason=" "),
            mark(".clamp(min=0) -> nothing", CLAMP),
            mark("sum -> prod", SUM),
            in_facts('[[exempt]]\njunk = "shuffled"\nreason = "Rows are free."\n'),
        ),
        (
            "kata.toml:7: the mark of '0 -> 1' needs a reason",
            "kata.toml:12: '.clamp(min=0) -> nothing' is not equivalent: test_negative_counts_are_none kills",
            f"kata.toml:17: no automatic mutant is 'sum -> prod' in the line {SUM!r}; remove the mark. "
            "Did you mean 'sum -> mean'?",
            "kata.toml:23: the exemption of 'shuffled' is not needed, the suite rejects it: remove it",
        ),
    ),
}

LAST = SUM.replace("sum(1,", "sum(-1,")
in_mistakes = Change("mistakes.md", SUM, LAST)
NOT_FLAWED = {
    "a survivor": Flaw((last_axis := Change("solution.py", SUM, LAST), in_mistakes), ()),
    "a survivor with its mark": Flaw((last_axis, in_mistakes, mark("-1 -> 1", LAST)), ()),
    "mistakes that behave alike": Flaw((one_more_mistake("over-the-columns", ALIKE),), ()),
    "idle checks with their pins": Flaw((in_suite("def by_definition(counts):", PINNED),), ()),
}

# These are proven with three seeds, without junk and mutants where `--fast` would do.
TRIED_THRICE = {
    "a check that fails now and then": Flaw(
        (
            in_suite(
                "    counts = torch.randn(4, 3)\n",
                "    counts = torch.randn(4, 3)\n    assert counts[0, 0] < 0\n",
            ),
        ),
        ("solution.py: must pass, and with seed ",),
    ),
    "a mistake that gets away now and then": Flaw(
        (
            in_suite("[[-5.0, 1.0, 1.0]]", "[[-5.0 if torch.rand(()) < 0.5 else 0.0, 1.0, 1.0]]"),
            in_suite("torch.randn(4, 3)\n", "torch.rand(4, 3)\n"),
        ),
        ("mistakes.md:29: negative-counts-count is caught by no check: it is passed",),
    ),
    "checks that rely on their order": Flaw(
        (in_suite("\ndef by_definition(counts):", SHARED_STATE),),
        ("solution.py: must pass, and with seed 2, the checks in another order, it is broken in test_",),
    ),
}

# For these `--fast` is enough.
TRIED_FAST = {
    "one size only": Flaw(
        (
            in_suite("distinct_sizes(2)", "(4, 3)"),
            in_suite("((3, 5), (3, 5), (4, 2))", "((4, 3), (4, 3), (4, 3))"),
            one_more_mistake("three-words", "(seen + 1) / (seen.sum(1, keepdim=True) + 3)"),
        ),
        ("mistakes.md:42: three-words is caught by no check",),
    ),
    "a mistake is caught by another check": Flaw(
        (caught_by("test_counts_stay_as_they_were"),),
        (
            "mistakes.md:42: not-a-share is caught, but not by test_counts_stay_as_they_were: "
            "by test_follows_the_definition",
        ),
    ),
    "a mistake is caught by no check": Flaw(
        (caught_by("test_follows_the_definitions"),),
        (
            "mistakes.md:44: caught by 'test_follows_the_definitions', which is not a check of suite.py. "
            "Did you mean 'test_follows_the_definition'?",
        ),
    ),
    "the solution is wrong": Flaw(
        (Change("solution.py", f"    {CLAMP}", f"    counts = counts + 1\n    {CLAMP}"),),
        ("solution.py: must pass, and with seed 1 it is failed in test_follows_the_definition: ",),
    ),
    "a variant is wrong": Flaw(
        (Change("variants/rows.py", "(row + 1) /", "row /"),),
        ("variants/rows.py: must pass, and with seed 1 it is failed in test_follows_the_definition",),
    ),
    "the starter passes": Flaw(
        (Change("starter.py.j2", "raise NotImplementedError", f"{CLAMP}\n    {SUM}"),),
        ("starter.py.j2: must be incomplete (raise NotImplementedError), and it is passed",),
    ),
    "the starter does not compile": Flaw(
        (Change("starter.py.j2", "raise NotImplementedError", "raise NotImplementedError("),),
        ("starter.py.j2: must be incomplete (raise NotImplementedError), and it is invalid: does not",),
    ),
    "the suite cannot be read": Flaw(
        (in_suite("def test_keeps_the_shape():", "def test_keeps_the_shape()"),),
        ("suite.py:9: does not compile: ",),
    ),
    "the suite cannot be imported": Flaw(
        (in_suite("import torch\n", "import torch\nimport torhc\n"),),
        ("solution.py: must pass, and with seed 1 it is broken: ",),
    ),
}
FLAWS = TRIED_ONCE | TRIED_THRICE | TRIED_FAST
GROUPS = (("--seeds", "1"), TRIED_ONCE | NOT_FLAWED), ((), TRIED_THRICE), (("--fast",), TRIED_FAST)


@pytest.fixture(scope="module")
def proof_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Json]:
    """Return what gives the proof of a flawed kata; one command proves a whole group."""
    workshop, proofs = Workshop(tmp_path_factory.mktemp("flawed")), {}

    def proof_of(flaw: str) -> Json:
        if slug_of(flaw) not in proofs:
            options, group = next((options, group) for options, group in GROUPS if flaw in group)
            for name in group:
                workshop.make(slug_of(name), *group[name].changes)
            proofs.update(workshop.proofs(*options, *map(slug_of, group)))
        return proofs[slug_of(flaw)]

    return proof_of


def slug_of(flaw: str) -> str:
    return flaw.lower().replace(" ", "-").replace("_", "-")


@pytest.mark.parametrize("flaw", FLAWS)
def test_each_flaw_is_reported_where_it_is_to_be_fixed(flaw: str, proof_of: Callable[[str], Json]) -> None:
    """A flawed kata is not publishable, and the findings name file, line and what to do."""
    proof = proof_of(flaw)
    reported = findings(proof)
    missing = [text for text in FLAWS[flaw].found if not any(found.startswith(text) for found in reported)]
    assert not missing, "\n".join(["reported:", *reported])
    assert not proof["publishable"]


def test_where_the_solution_fails_nothing_else_is_tried(proof_of: Callable[[str], Json]) -> None:
    """A solution that does not pass is one finding, and not one more for each mistake that is like it."""
    proof = proof_of("the solution is wrong")
    (problem,) = findings(proof)
    assert problem.endswith("; until it passes, nothing else is tried")
    assert (proof["matrix"], proof["mutants"]["total"], proof["judgements"]) == ([], 0, 1)


# -------- marks and remarks


def test_a_survivor_is_shown_with_its_mark(proof_of: Callable[[str], Json]) -> None:
    """A survivor comes with a diff, and with a mark to copy that lacks only its reason."""
    (survivor,) = proof_of("a survivor")["findings"]
    assert survivor["problem"].startswith("no check notices -1 -> 1. Add a check that it fails; or mark it")
    diff, _, mark = survivor["detail"].partition("\n\n")
    assert diff.splitlines()[2:] == [f"-    {LAST}", f"+    {SUM}"]
    assert mark == f'[[equivalent]]\nmutation = "-1 -> 1"\nline = "{LAST}"\nreason = ""'


def test_a_mark_excuses_a_survivor(proof_of: Callable[[str], Json]) -> None:
    """With its mark and a reason a survivor is no finding, and counts neither for nor against the suite."""
    proof = proof_of("a survivor with its mark")
    assert findings(proof) == []
    assert proof["publishable"]
    assert proof["mistakes"] == {"caught": 4, "total": 4}
    assert proof["mutants"] == {"killed": 20, "total": 20, "equivalent": 1}


def test_mistakes_that_behave_alike_are_remarked(proof_of: Callable[[str], Json]) -> None:
    """Two mistakes of which no check tells one from the other have no name, and one of them may go."""
    proof = proof_of("mistakes that behave alike")
    assert proof["publishable"]
    assert sorted(findings(proof, severity="warning")) == [
        "mistakes.md:16: down-the-columns is given no name",
        "mistakes.md:42: over-the-columns behaves like down-the-columns on every check; one of the two "
        "may go",
        "mistakes.md:42: over-the-columns is given no name",
    ]


def test_a_check_that_kills_nothing_may_pin_a_sentence(proof_of: Callable[[str], Json]) -> None:
    """What a check pins in the words of the brief is reason enough for it."""
    proof = proof_of("idle checks with their pins")
    assert (proof["findings"], proof["publishable"]) == ([], True)


# -------- what was proven before


def test_what_is_proven_is_not_proven_again(workshop: Workshop) -> None:
    """A proof is kept until something in the folder changes; `--anew` and parts of a proof do without it."""
    first = workshop.proofs("smooth-counts")["smooth-counts"]
    again = workshop.check("smooth-counts")
    assert again.stdout == "smooth-counts: proven before, and nothing has changed since\n"
    assert again.returncode == 0
    kept = workshop.proofs("smooth-counts")["smooth-counts"]
    anew = workshop.proofs("smooth-counts", "--anew")["smooth-counts"]
    part = workshop.proofs("smooth-counts", "--fast")["smooth-counts"]
    assert [proof["proven_before"] for proof in (first, kept, anew, part)] == [False, True, False, False]
    assert kept["judgements"] == 0 < part["judgements"] < anew["judgements"] == first["judgements"]


def test_what_has_changed_is_proven_again(workshop: Workshop) -> None:
    """No proof of a kata holds for another state of it, and what was not proven is not kept."""
    assert workshop.check("smooth-counts").returncode == 0
    caught_by("test_counts_stay_as_they_were").make(workshop.katas / "smooth-counts")
    for _ in range(2):
        proof = workshop.proofs("smooth-counts")["smooth-counts"]
        assert not proof["publishable"]
        assert proof["judgements"] > 0


# -------- how it is shown


def test_json_holds_findings_score_and_matrix(workshop: Workshop) -> None:
    """`--json` is one document: for each kata its findings, its score, and what is caught by what."""
    result = workshop.check("smooth-counts", "--fast", "--json")
    document = json.loads(result.stdout)
    assert (document["schema"], result.returncode) == ("mlkata.author-check/1", 0)
    (proof,) = document["katas"]
    assert proof.pop("seconds") > 0
    matrix = {row["name"]: row for row in proof.pop("matrix")}
    assert proof == {
        "kata": "smooth-counts",
        "publishable": True,
        "findings": [],
        "mistakes": {"caught": 4, "total": 4},
        "mutants": {"killed": 0, "total": 0, "equivalent": 0},
        "judgements": 9,
        "proven_before": False,
    }
    assert matrix["negative-counts-count"] == {
        "name": "negative-counts-count",
        "kind": "mistake",
        "line": None,
        "status": "failed",
        "failed": ["test_negative_counts_are_none"],
        "equivalent": False,
    }


def test_a_finding_in_json_says_where_and_whether_it_matters(workshop: Workshop) -> None:
    """A finding has a path, a line, the problem, a detail, and whether it keeps the kata from publishing."""
    workshop.make("bad", caught_by("test_folows"))
    result = workshop.check("bad", "--fast", "--json")
    assert result.returncode == 4
    assert json.loads(result.stdout)["katas"][0]["findings"][0] == {
        "path": "katas/bad/mistakes.md",
        "problem": "caught by 'test_folows', which is not a check of suite.py. "
        "Did you mean 'test_float64_stays'?",
        "line": 44,
        "detail": "",
        "severity": "error",
        "rule": "files-follow-the-format",
    }


def test_a_finding_ends_with_its_rule(workshop: Workshop) -> None:
    """On screen a finding ends with the name of its rule, in colour dimmed; the summary counts the errors."""
    workshop.make("bad", Change("kata.toml", 'title = "', 'titel = "'))
    line = "katas/bad/kata.toml:1: unknown key 'titel'. Did you mean 'title'?  "
    plain, coloured = workshop.check("bad"), workshop.check("bad", "--color", "always")
    assert plain.stdout.splitlines() == [
        f"{line}[files-follow-the-format]",
        "bad: not publishable, 1 error; 0 judgements, 0.0 a second",
    ]
    assert coloured.stdout.splitlines()[0] == f"{line}\x1b[2m[files-follow-the-format]\x1b[0m"


def test_the_matrix_has_a_line_for_each_check_and_mistake(workshop: Workshop) -> None:
    """`--matrix` numbers the checks and marks which of them fail for what, also after the first."""
    lines = workshop.check("smooth-counts", "--seeds", "2", "--matrix").stdout.splitlines()
    checks = re.findall(r"^def (test_\w+)", (PROVABLE / "suite.py").read_text(encoding="utf-8"), re.MULTILINE)
    assert lines[: len(checks)] == [f"  {number:>2}  {name}" for number, name in enumerate(checks, start=1)]
    assert lines[len(checks) : len(checks) + 2] == ["", "  123456"]
    rows = lines[len(checks) + 2 : -1]
    assert rows[:4] == [
        "  ....✗✗  clamped-in-place",
        "  .✗....  down-the-columns",
        "  ..✗...  negative-counts-count",
        "  .✗....  not-a-share",
    ]
    assert len(rows) == 4 + 20
    assert "  ....✗✗  5: clamp -> clamp_" in rows
    assert re.fullmatch(
        r"smooth-counts: proven; 4 of 4 mistakes caught; 20 of 20 mutants killed; 6\d judgements, .*",
        lines[-1],
    )


# -------- one check alone


def test_one_check_runs_on_the_solution(workshop: Workshop) -> None:
    """`-k` runs the check whose name it is, or is in; the exit code says how it ended."""
    workshop.make(
        "failing",
        Change("solution.py", "seen + 1", "seen + 2"),
        in_suite("    sizes =", "    print('a line')\n    sizes ="),
    )
    passed, failed, shown = workshop.at_once(
        ("failing", "-k", "shape"),
        ("failing", "-k", "test_negative_counts_are_none"),
        ("failing", "-k", "test_keeps_the_shape", "--show-output"),
    )
    assert (passed.returncode, passed.stdout) == (0, "test_keeps_the_shape: passed\n")
    assert failed.returncode == 4
    assert failed.stdout.startswith("test_negative_counts_are_none: failed: probabilities differs in 3 of 3")
    assert shown.stdout == "a line\ntest_keeps_the_shape: passed\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["-k", "test_keep_the_shape"],
            "has no check 'test_keep_the_shape'. Did you mean 'test_keeps_the_shape'?",
        ),
        (
            ["-k", "counts"],
            "'counts' is in the names of 2 checks: test_negative_counts_are_none, test_counts_stay",
        ),
        (["--pdb"], "--show-output and --pdb belong to -k CHECK"),
        (["--seeds", "0"], "Invalid value for '--seeds'"),
    ],
)
def test_a_wrong_call_is_refused(workshop: Workshop, arguments: list[str], says: str) -> None:
    """What cannot be meant is refused in words, with exit code 2, and nothing runs."""
    result = workshop.check("smooth-counts", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert says in result.stderr


def test_one_check_has_no_json(workshop: Workshop) -> None:
    """`-k` writes what the suite prints, so `--json` is refused: as JSON."""
    result = workshop.check("smooth-counts", "-k", "shape", "--json")
    assert (result.returncode, json.loads(result.stdout)["error"]) == (2, "usage-error")


def test_a_suite_that_cannot_be_imported_is_no_traceback(workshop: Workshop) -> None:
    """With `-k`, a suite that pytest cannot import is named with the reason."""
    workshop.make("unread", in_suite("import torch\n", "import torch\nimport torhc\n"))
    result = workshop.check("unread", "-k", "shape")
    assert (result.returncode, result.stderr) == (4, "")
    assert "suite.py: pytest cannot read this suite: " in result.stdout
    assert result.stdout.endswith("No module named 'torhc'\n")


def test_the_debugger_opens_at_the_failing_line_of_the_suite(workshop: Workshop) -> None:
    """`-k CHECK --pdb` stops in the suite, where its variables can be looked at."""
    workshop.make(
        "failing",
        in_suite("    sizes = distinct_sizes(2)", "    sizes = (6, 7)\n    wrong = (7, 6)"),
        in_suite(", sizes, label", ", wrong, label"),
    )
    said = in_a_terminal(workshop, ["failing", "-k", "shape", "--pdb"], ["p sizes", "q"], prompt="(Pdb) ")
    assert "suite.py(13)test_keeps_the_shape()" in said
    assert '-> assert_shape(smoothed(torch.rand(sizes)), wrong, label="probabilities")' in said
    assert "p sizes\r\n(6, 7)\r\n" in said


def in_a_terminal(workshop: Workshop, arguments: list[str], answers: list[str], *, prompt: str) -> str:
    """Run `author check` in a pseudo-terminal, answer its prompts, and return all that it shows."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(workshop.folder)
        os.execvpe(sys.executable, workshop.command(*arguments), workshop.environment())
    said, until = "", time.monotonic() + 120
    while time.monotonic() < until and select.select([terminal], [], [], 120)[0]:
        try:
            said += os.read(terminal, 4096).decode()
        except OSError:  # on Linux the end of a terminal is an error
            break
        if answers and said.endswith(prompt):
            os.write(terminal, f"{answers.pop(0)}\n".encode())
    os.close(terminal)
    os.waitpid(child, 0)
    return said
