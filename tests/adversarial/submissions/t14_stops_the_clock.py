# expect: timeout
# threat: 14 — stops every clock it can reach, then works for ever
# slow
import time

import torch

time.monotonic = time.perf_counter = time.time = time.process_time = lambda: 0.0


def top_k_gating(token_embeddings, gating_network, k=2):
    while True:
        torch.ones(10).sum()
