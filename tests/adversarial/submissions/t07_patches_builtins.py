# expect: failed|error|crashed
# threat: 7 — replaces len, isinstance, all, any, abs, type and range
import builtins

import torch

builtins.isinstance = lambda *a: True
builtins.all = builtins.any = lambda *a: True
builtins.abs = lambda x: 0


def top_k_gating(token_embeddings, gating_network, k=2):
    rows = token_embeddings.flatten(0, 1).shape[0]
    return torch.zeros(rows, k), torch.zeros(rows, k, dtype=torch.int64)
