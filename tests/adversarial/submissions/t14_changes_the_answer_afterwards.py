# expect: failed
# threat: 14 — returns zeros at once and has a thread fill in the answer later
import threading
import time

import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    right, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    weights = torch.zeros_like(right).detach()

    def fill():
        time.sleep(0.01)
        weights.copy_(right.detach().softmax(-1))

    threading.Thread(target=fill).start()
    return weights, indices
