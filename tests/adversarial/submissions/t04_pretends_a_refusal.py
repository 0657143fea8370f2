# expect: forbidden
# threat: 4 — sends itself SIGSYS, as if the confinement had stopped it
import os
import signal


def top_k_gating(token_embeddings, gating_network, k=2):
    os.kill(os.getpid(), signal.SIGSYS)
