# expect: crashed|failed|error
# threat: 28 — scribbles on the interpreter's memory by address
import ctypes
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    ctypes.memset(id(os.__dict__), 0xFF, 4096)
    ctypes.memset(id(True), 0, 16)
    return
