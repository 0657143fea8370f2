# expect: passed
"""NumPy views of the tokens, a stable argsort there, and back to tensors for the weights."""
import numpy as np
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    order = np.argsort(-logits.detach().to(torch.float64).numpy(), axis=-1, kind="stable")[:, :k]
    indices = torch.from_numpy(np.ascontiguousarray(order))
    return logits.gather(1, indices).softmax(-1), indices
