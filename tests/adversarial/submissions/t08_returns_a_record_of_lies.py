# expect: failed
# threat: 8 — returns named tuples whose fields are what a tensor's attributes would be
from collections import namedtuple

import torch

Fake = namedtuple("Tensor", "dtype shape is_floating_point grad tolist sum gather")


def top_k_gating(token_embeddings, gating_network, k=2):
    shape = torch.Size([token_embeddings.flatten(0, 1).shape[0], k])
    yes = lambda *a, **k: True  # noqa: E731
    return Fake(torch.int64, shape, yes, None, yes, yes, yes), Fake(
        torch.int64, shape, yes, None, yes, yes, yes
    )
