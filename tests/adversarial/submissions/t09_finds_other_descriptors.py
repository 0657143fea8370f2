# expect: failed
# threat: 9 — looks for descriptors that its parent left open
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    for fd in range(4, 1 << 16):
        try:
            print("ESCAPED", fd, os.fstat(fd))
        except OSError:
            continue
    return
