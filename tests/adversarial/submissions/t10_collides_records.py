# expect: failed
# threat: 10 — returns sets of records with one hash, which whoever holds them must compare pairwise
import dataclasses

import torch


@dataclasses.dataclass(frozen=True, eq=False)
class Record:
    value: object


def top_k_gating(token_embeddings, gating_network, k=2):
    return tuple({Record(torch.tensor(float(i))) for i in range(1_950)} for _ in range(2))
