# expect: passed
"""Threads, a pool of them, locks and events."""
import threading
from concurrent.futures import ThreadPoolExecutor

import torch

lock = threading.Lock()


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    rows = []

    def route(row):
        with lock:
            rows.append(len(row))
        return row.topk(k)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(route, logits))
    if not found:
        kept, indices = logits.topk(k)
        return kept.softmax(-1), indices
    return torch.stack([kept.softmax(-1) for kept, _ in found]), torch.stack([index for _, index in found])
