"""Hostile submissions learn no more from an installed wheel than from a checkout."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adversarial.corpus import Specimen
from tests.adversarial.installed import after_suite_or_home
from tests.plugins.installation import Installation

pytestmark = pytest.mark.adversarial
Facts = dict[str, Any]

LEAKS = ("t02_opens_the_suite", "t02_opens_without_python", "t02_reads_the_engine_s_own_code")
LEARNT = ("a secret was told", "something worked that must not")
UNHIDDEN = """

def hidden_paths():
    return []


Confinement.exposes = lambda self, path: False
"""


@pytest.fixture(scope="module")
def outcomes(installation: Installation) -> list[Facts]:
    """Return where the specimens were judged, then what came of each."""
    return installation.judge_hostile()


def test_the_wheel_is_what_judges(installation: Installation, outcomes: list[Facts]) -> None:
    """Package and kata are those of the installation, not of the checkout."""
    where = outcomes[0]
    assert where["package"] == str(installation.package)
    assert where["kata"] == str(installation.package / "katas" / "moe-topk")


@pytest.mark.parametrize("specimen", after_suite_or_home(), ids=lambda specimen: specimen.name)
def test_nothing_leaks_from_an_installation(specimen: Specimen, outcomes: list[Facts]) -> None:
    """What is after memory or files ends as it does in a checkout, and learns nothing."""
    where, *judged = outcomes
    if specimen.needs_confinement and where["level"] != "strong":
        pytest.skip("it would do harm without the whole confinement")
    outcome = next(outcome for outcome in judged if outcome["name"] == specimen.name)
    assert outcome["damage"] == []
    assert outcome["status"] in specimen.expected, outcome["message"]


@pytest.fixture(scope="module")
def leaks(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Facts]:
    """Return what comes of some specimens where an installation hides nothing."""
    leaky = installation.copy(tmp_path_factory.mktemp("leaky") / "installed")
    with (leaky.package / "judging" / "sandbox" / "confinement.py").open("a", encoding="utf-8") as file:
        file.write(UNHIDDEN)
    where, *judged = leaky.judge_hostile(*LEAKS)
    assert where["package"] == str(leaky.package)
    return {outcome["name"]: outcome for outcome in judged}


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_would_be_noticed(name: str, leaks: dict[str, Facts]) -> None:
    """Without hidden paths suite, solution and package are read, and that counts as damage."""
    assert any(words.startswith(LEARNT) for words in leaks[name]["damage"])
