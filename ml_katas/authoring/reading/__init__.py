"""The rules of a kata that can be read: each yields what is to be mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...catalog import Catalog
from ...kata import Kata
from ..findings import Finding
from .brief import brief_begins_with_a_paragraph, brief_is_complete, brief_is_short
from .code import entry_points_are_defined, mutants_name_checks, no_two_solutions_are_the_same
from .facts import (
    avoided_names_are_dotted,
    exemptions_name_junk,
    minutes_are_one_sitting,
    references_lead_somewhere,
    tags_are_lower_case_words,
    title_is_short,
)
from .folder import nothing_is_left_to_write, nothing_is_there_that_nobody_reads
from .help import help_is_there, hints_leave_the_code_out
from .prerequisites import prerequisites_exist, prerequisites_form_no_cycle
from .prose import formulas_can_be_read, links_lead_somewhere
from .starter import starter_leaves_the_rest_to_write, starter_takes_the_same_arguments
from .suite import sentences_are_short, suite_compares_by_itself, suite_imports_the_entry_points

Rule = Callable[[Kata, Catalog], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    title_is_short,
    minutes_are_one_sitting,
    tags_are_lower_case_words,
    references_lead_somewhere,
    avoided_names_are_dotted,
    exemptions_name_junk,
    prerequisites_exist,
    prerequisites_form_no_cycle,
    brief_is_complete,
    brief_begins_with_a_paragraph,
    brief_is_short,
    formulas_can_be_read,
    links_lead_somewhere,
    help_is_there,
    hints_leave_the_code_out,
    starter_takes_the_same_arguments,
    starter_leaves_the_rest_to_write,
    entry_points_are_defined,
    suite_imports_the_entry_points,
    sentences_are_short,
    suite_compares_by_itself,
    mutants_name_checks,
    no_two_solutions_are_the_same,
    nothing_is_left_to_write,
    nothing_is_there_that_nobody_reads,
)
