"""Equations 3 and 5 to the letter: all other logits become -inf, then one softmax over all experts."""

import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings).flatten(0, 1)  # the gate sees (B, S, D); (B*S, E)
    indices = logits.topk(k, dim=-1).indices  # (B*S, k)

    # KeepTopK(v, k): v at the k largest places, -inf elsewhere.
    dropped = torch.ones_like(logits, dtype=torch.bool).scatter(-1, indices, False)
    gates = logits.masked_fill(dropped, float("-inf")).softmax(dim=-1)  # (B*S, E), exp(-inf) = 0
    return gates.gather(-1, indices), indices
