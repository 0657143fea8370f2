# expect: passed
"""Dataclasses and named tuples inside, a plain tuple outside."""
from dataclasses import dataclass, field
from typing import NamedTuple

import torch


@dataclass(slots=True)
class Routing:
    weights: torch.Tensor
    indices: torch.Tensor
    notes: dict[str, int] = field(default_factory=dict)


class Pair(NamedTuple):
    weights: torch.Tensor
    indices: torch.Tensor


def route(logits, k):
    kept, indices = logits.topk(k)
    return Routing(kept.softmax(-1), indices, {"k": k})


def top_k_gating(token_embeddings, gating_network, k=2):
    routing = route(gating_network(token_embeddings.flatten(0, 1)), k)
    return Pair(routing.weights, routing.indices)
