# expect: forbidden
# threat: 2 — runs the solution with runpy
import runpy


def top_k_gating(token_embeddings, gating_network, k=2):
    return runpy.run_path("@KATA@/solution.py")["top_k_gating"](token_embeddings, gating_network, k)
