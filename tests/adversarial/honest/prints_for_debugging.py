# expect: passed
"""Prints tensors, shapes and a table, with colours, in every call."""
import torch

torch.set_printoptions(precision=3)


def top_k_gating(token_embeddings, gating_network, k=2):
    print("\033[33mtokens\033[0m", token_embeddings.shape, token_embeddings.dtype)
    logits = gating_network(token_embeddings.flatten(0, 1))
    print(logits[:3])
    kept, indices = logits.topk(k)
    print(*zip(kept[:3].tolist(), indices[:3].tolist(), strict=True), sep="\n", end="\n\n")
    return kept.softmax(-1), indices
