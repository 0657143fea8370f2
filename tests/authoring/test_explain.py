"""`author check --explain`: every rule says in words what it asks for, why, and how to fix what it found."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from ml_katas.authoring.rules import RULES

if TYPE_CHECKING:
    from conftest import Terminal


def test_a_rule_is_explained(terminal: Terminal) -> None:
    """The rule's name and what it asks for, why, and how to fix it, each a paragraph."""
    result = terminal("author", "check", "--explain", "title-is-short")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "title-is-short: The title fits on a line of the catalogue.",
        "",
        "Why: `mlkata list` has one line for a kata, in which a long title is cut.",
        "",
        'How to fix it: Name the thing that is built ("RoPE", "MoE gating: top-k selection"); what is '
        "special about it belongs in the brief.",
    ]


@pytest.mark.parametrize("name", ["title_is_short", "[title-is-short]"])
def test_a_rule_is_known_as_it_is_seen(terminal: Terminal, name: str) -> None:
    """A rule may be named as its function is, or as the end of a finding shows it."""
    assert terminal("author", "check", "--explain", name).stdout.startswith("title-is-short: ")


def test_an_unknown_rule_has_a_nearest_one(terminal: Terminal) -> None:
    """A misspelled rule is refused with the name that was perhaps meant, and the command that lists all."""
    result = terminal("author", "check", "--explain", "titel-is-short")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "mlkata: No rule called 'titel-is-short'. Did you mean 'title-is-short'?",
        "  `mlkata author check --explain all` lists them.",
    ]


def test_all_rules_are_listed(terminal: Terminal) -> None:
    """`--explain all` lists every rule with what it asks for."""
    lines = terminal("author", "check", "--explain", "all").stdout.splitlines()
    assert lines[::2] == list(RULES)
    assert "    The brief is a screen or two." in lines[1::2]


def test_json_holds_the_paragraphs(terminal: Terminal) -> None:
    """`--json` is one document with the rules that were asked for."""
    document = json.loads(terminal("author", "check", "--explain", "brief-is-short", "--json").stdout)
    assert document["schema"] == "mlkata.rules/1"
    (rule,) = document["rules"]
    assert (rule["rule"], rule["asks"]) == ("brief-is-short", "The brief is a screen or two.")
    assert rule["fix"].startswith("Leave out what the references say as well")


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_something_to_say(terminal: Terminal, name: str) -> None:
    """Each rule asks for something in one sentence, and has a reason and a remedy of some length."""
    (rule,) = json.loads(terminal("author", "check", "--explain", name, "--json").stdout)["rules"]
    assert re.fullmatch(r"[A-Z`].*[^.]\.", rule["asks"])
    assert min(len(rule["why"]), len(rule["fix"])) > 60
