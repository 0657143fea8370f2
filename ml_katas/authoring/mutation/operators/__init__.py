"""The operators: what each mistake does to one node. A new mistake is a function and a line here.

Where two of them say the same, the first one words it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from ..source import Edit, Source
from . import (
    arithmetic,
    axes,
    calls,
    constants,
    counts,
    gradients,
    inplace,
    logic,
    options,
    order,
    statements,
)

Operator = Callable[[ast.AST, Source], Iterator[Edit]]

OPERATORS: tuple[Operator, ...] = (
    axes.axis_changed,
    axes.axis_dropped,
    axes.transpose_dropped,
    constants.default_changed,
    constants.bool_flipped,
    constants.infinity_lost,
    constants.number_changed,
    constants.epsilon_zeroed,
    constants.einsum_output_turned,
    counts.k_changed,
    counts.range_changed,
    counts.slice_moved,
    counts.slice_opened,
    arithmetic.operator_exchanged,
    arithmetic.product_turned,
    arithmetic.factor_dropped,
    arithmetic.factor_squared,
    arithmetic.term_dropped,
    arithmetic.power_changed,
    arithmetic.sign_dropped,
    arithmetic.epsilon_moved,
    calls.operation_mistaken,
    calls.result_mistaken,
    calls.softmax_made_sigmoid,
    calls.operation_dropped,
    calls.layer_dropped,
    calls.registration_forgotten,
    inplace.argument_changed,
    inplace.new_value_written_back,
    inplace.copy_changed_only,
    options.option_added,
    options.word_exchanged,
    options.option_dropped,
    options.dtype_coarser,
    logic.comparison_changed,
    logic.and_exchanged,
    logic.negation_dropped,
    logic.condition_forced,
    logic.training_negated,
    logic.mask_inverted,
    order.arguments_exchanged,
    order.branches_exchanged,
    order.results_exchanged,
    order.indices_exchanged,
    order.targets_exchanged,
    order.elements_exchanged,
    statements.statement_deleted,
    statements.body_deleted,
    statements.loop_left_early,
    statements.accumulation_forgotten,
    gradients.graph_cut,
    gradients.data_dropped,
    gradients.graph_recorded,
)
