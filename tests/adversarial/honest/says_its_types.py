# expect: passed
"""Annotations, generics, protocols, overloads, __all__ and `from __future__`."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, overload

import torch

if TYPE_CHECKING:
    from somewhere import Anything

__all__ = ["top_k_gating"]
T = TypeVar("T")
DEFAULT: Final = 2


class Gate(Protocol):
    def __call__(self, x: torch.Tensor) -> torch.Tensor: ...


@overload
def top_k_gating(token_embeddings: torch.Tensor, gating_network: Gate) -> Anything: ...
@overload
def top_k_gating(token_embeddings: torch.Tensor, gating_network: Gate, k: int) -> Anything: ...
def top_k_gating(token_embeddings, gating_network: Callable[[torch.Tensor], torch.Tensor], k: int = DEFAULT):
    kept, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return kept.softmax(-1), indices
