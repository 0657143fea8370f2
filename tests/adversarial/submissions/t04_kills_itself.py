# expect: crashed
# threat: 4 — kills itself with SIGKILL
import os
import signal


def top_k_gating(token_embeddings, gating_network, k=2):
    os.kill(os.getpid(), signal.SIGKILL)
