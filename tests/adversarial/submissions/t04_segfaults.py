# expect: crashed
# threat: 4 — reads address 0
import ctypes


def top_k_gating(token_embeddings, gating_network, k=2):
    ctypes.string_at(0)
