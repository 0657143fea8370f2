"""The rules of a kata, in two tables: READ looks at its files, JUDGED has submissions judged.

A new rule is a function that yields findings, and one line in one of the tables. Its findings carry its name,
written with dashes. Its docstring has three paragraphs, which `author check --explain` shows: what is
required, in one sentence; why; and how to fix what it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...course.catalog import Catalog
from ...course.kata import Kata
from ...errors import InvalidKata
from ...support.records import replace
from ..findings import Finding
from ..trials import Trial, TrialRunner
from .brief import brief_begins_with_a_paragraph, brief_is_complete, brief_is_short
from .contract import contract_is_checked
from .expectations import expectations_are_the_suites_own
from .facts import (
    avoided_names_are_dotted,
    exemptions_name_junk,
    minutes_are_one_sitting,
    references_lead_somewhere,
    tags_are_short_and_differ,
    title_is_short,
)
from .folder import files_follow_the_format, nothing_is_left_to_write, nothing_is_there_that_nobody_reads
from .help import cards_keep_their_names, cards_name_mistakes, help_is_there, hints_leave_the_code_out
from .independence import (
    no_check_is_skipped,
    suite_depends_on_nothing_that_changes,
    suite_is_no_copy_of_the_solution,
)
from .judged import (
    a_third_of_the_limits_is_enough,
    checks_kill_something,
    failing,
    mistakes_are_caught,
    mistakes_differ,
    right_solutions_pass,
    solution_passes,
    starter_is_incomplete,
)
from .junk import junk_is_rejected
from .mutants import automatic_mutants_are_killed
from .naming import mistakes_are_recognised
from .prerequisites import prerequisites_exist, prerequisites_form_no_cycle
from .prose import formulas_can_be_read, links_lead_somewhere
from .solutions import entry_points_are_defined, no_two_solutions_are_the_same, wrong_and_right_are_many
from .starter import starter_leaves_the_rest_to_write, starter_takes_the_same_arguments
from .suite import sentences_are_short, suite_compares_by_itself, suite_imports_the_entry_points

Rule = Callable[..., Iterator[Finding]]
Reads = Callable[[Kata, Catalog], Iterator[Finding]]
Tries = Callable[[Kata, TrialRunner], Iterator[Finding]]

READ: tuple[Reads, ...] = (
    title_is_short,
    minutes_are_one_sitting,
    tags_are_short_and_differ,
    references_lead_somewhere,
    avoided_names_are_dotted,
    exemptions_name_junk,
    prerequisites_exist,
    prerequisites_form_no_cycle,
    brief_is_complete,
    brief_begins_with_a_paragraph,
    brief_is_short,
    contract_is_checked,
    formulas_can_be_read,
    links_lead_somewhere,
    help_is_there,
    cards_name_mistakes,
    cards_keep_their_names,
    hints_leave_the_code_out,
    starter_takes_the_same_arguments,
    starter_leaves_the_rest_to_write,
    entry_points_are_defined,
    suite_imports_the_entry_points,
    sentences_are_short,
    suite_compares_by_itself,
    suite_is_no_copy_of_the_solution,
    expectations_are_the_suites_own,
    suite_depends_on_nothing_that_changes,
    no_check_is_skipped,
    wrong_and_right_are_many,
    no_two_solutions_are_the_same,
    nothing_is_left_to_write,
    nothing_is_there_that_nobody_reads,
)

JUDGED: tuple[Tries, ...] = (
    right_solutions_pass,
    starter_is_incomplete,
    mistakes_are_caught,
    mistakes_differ,
    mistakes_are_recognised,
    junk_is_rejected,
    automatic_mutants_are_killed,
    checks_kill_something,
    a_third_of_the_limits_is_enough,
)
FAST: tuple[Tries, ...] = (right_solutions_pass, starter_is_incomplete, mistakes_are_caught)


def rule_name(rule: Rule) -> str:
    """Return the name by which a finding refers to *rule*: `title-is-short`."""
    return rule.__name__.replace("_", "-")


_ALL: tuple[Rule, ...] = (files_follow_the_format, *READ, *JUDGED)
RULES = {rule_name(rule): rule for rule in _ALL}


def findings_of_format(error: InvalidKata) -> Iterator[Finding]:
    """Yield what keeps a kata from being read at all."""
    return _named(files_follow_the_format, error)


def findings_in_files(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """Yield what the rules find that only read."""
    for rule in READ:
        yield from _named(rule, kata, catalog)


def findings_of_judge(kata: Kata, runner: TrialRunner, rules: tuple[Tries, ...]) -> Iterator[Finding]:
    """Yield what *rules* find; where the solution does not pass, only that, for it spoils all the others."""
    if solution_passes(kata, runner):
        for rule in rules:
            yield from _named(rule, kata, runner)
    else:
        trial = Trial.of(kata.solution, runner.seeds[0])
        problem = f"{failing(trial, runner.report(trial))}; until it passes, nothing else is tried"
        yield Finding(path=kata.solution, problem=problem, rule=rule_name(right_solutions_pass))


def _named(rule: Rule, *of: object) -> Iterator[Finding]:
    """Yield what *rule* finds, under its name."""
    return (replace(finding, rule=rule_name(rule)) for finding in rule(*of))
