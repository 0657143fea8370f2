# expect: timeout
# threat: 15 — holds the interpreter's lock in a regular expression that backtracks
# slow
import re


def top_k_gating(token_embeddings, gating_network, k=2):
    return re.match(r"(a+)+$", "a" * 64 + "b")
