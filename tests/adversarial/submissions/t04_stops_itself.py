# expect: timeout
# threat: 4 — stops itself with SIGSTOP and never answers
# slow
import os
import signal


def top_k_gating(token_embeddings, gating_network, k=2):
    os.kill(os.getpid(), signal.SIGSTOP)
