"""Autograd across the boundary: a call of the other side is one node of this side's graph.

The side that ran a call keeps its graph as a Node; the other side's Boundary asks it for gradients. Inputs
of a node are the leaves that its outputs depend on, each paired with a tensor of the other side. Second order
works, since the backward pass is itself such a call; third order is refused in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

Gradients = list[torch.Tensor | None]


@dataclass
class Node:
    """The graph of one call that ran here: gradients flow from `outputs` to `inputs`."""

    outputs: list[torch.Tensor | None]
    inputs: list[torch.Tensor]

    @classmethod
    def of(cls, outputs: list[torch.Tensor]) -> Node:
        return cls(list(outputs), leaves_of(outputs))

    def backward(self, grads: Sequence[torch.Tensor | None]) -> Gradients:
        """Return the gradients of the inputs, given those of the outputs."""
        return self._grad(grads, create_graph=False)

    def backward_again(self, grads: Sequence[torch.Tensor | None]) -> tuple[Gradients, Node]:
        """Return the gradients of the inputs and the node that differentiates them once more."""
        leaves = [None if g is None else g.detach().requires_grad_(True) for g in grads]
        with torch.enable_grad():
            found = self._grad(leaves, create_graph=True)
        again = Node(list(found), [*self.inputs, *(leaf for leaf in leaves if leaf is not None)])
        return found, again

    def _grad(self, grads: Sequence[torch.Tensor | None], *, create_graph: bool) -> Gradients:
        pairs = [
            (output, grad)
            for output, grad in zip(self.outputs, grads, strict=True)
            if output is not None and grad is not None and output.requires_grad
        ]
        if not pairs:
            return [None] * len(self.inputs)
        outputs, given = [output for output, _ in pairs], [grad for _, grad in pairs]
        return list(
            torch.autograd.grad(
                outputs, self.inputs, given, retain_graph=True, create_graph=create_graph, allow_unused=True
            )
        )


def leaves_of(outputs: list[torch.Tensor]) -> list[torch.Tensor]:
    """Return the leaf tensors that *outputs* depend on, each once."""
    stack: list[Any] = [output.grad_fn for output in outputs if output.grad_fn is not None]
    seen, leaves = set(stack), {}
    while stack:
        function = stack.pop()
        if hasattr(function, "variable"):
            leaves[id(function.variable)] = function.variable
        for following, _ in function.next_functions:
            if following is not None and following not in seen:
                seen.add(following)
                stack.append(following)
    return list(leaves.values())


class NodeRef:
    """A node that the other side keeps; when the last reference here goes, it may forget it."""

    def __init__(self, number: int, ask: Callable[..., Any], forget: Callable[[int], None]) -> None:
        self.number = number
        self.ask = ask
        self._forget = forget

    def __del__(self) -> None:
        self._forget(self.number)


class Boundary(torch.autograd.Function):
    """Outputs of a call of the other side, joined to the inputs they depend on."""

    @staticmethod
    def forward(ctx: Any, ref: NodeRef, outputs: list[torch.Tensor], *inputs: torch.Tensor) -> Any:
        ctx.ref, ctx.inputs = ref, inputs  # not saved: whether one may change is for the other side to say
        ctx.set_materialize_grads(False)
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor | None) -> Any:
        if torch.is_grad_enabled():
            return None, None, *BoundaryBackward.apply(ctx.ref, len(ctx.inputs), *ctx.inputs, *grads)  # type: ignore[no-untyped-call]
        return None, None, *ctx.ref.ask("backward", ctx.ref, grads, ctx.inputs)


class BoundaryBackward(torch.autograd.Function):
    """The backward pass of a Boundary, as one more call of the other side."""

    @staticmethod
    def forward(ctx: Any, ref: NodeRef, count: int, *tensors: torch.Tensor | None) -> Any:
        grads = tensors[count:]
        found, ctx.again = ref.ask("backward_again", ref, grads, tensors[:count])
        ctx.count, ctx.given, ctx.inputs = count, [grad is not None for grad in grads], tensors
        ctx.set_materialize_grads(False)
        return tuple(found)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor | None) -> Any:
        inputs = [tensor for tensor in ctx.inputs if tensor is not None]
        found = ctx.again.ask("backward", ctx.again, grads, inputs)
        if torch.is_grad_enabled():
            found = ThirdOrder.apply(found, *ctx.inputs, *grads)  # type: ignore[no-untyped-call]
        rest = iter(found)
        first = [next(rest) for _ in range(ctx.count)]
        return None, None, *first, *(next(rest) if given else None for given in ctx.given)


class ThirdOrder(torch.autograd.Function):
    """Second derivatives as they are; to differentiate them once more is refused."""

    @staticmethod
    def forward(ctx: Any, found: Gradients, *tensors: torch.Tensor | None) -> Any:
        return tuple(found)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor | None) -> Any:
        raise RuntimeError("third-order derivatives do not cross between a suite and a submission")
