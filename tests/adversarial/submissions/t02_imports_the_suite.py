# expect: error|forbidden
# threat: 2 — imports the solution from the kata's folder
import importlib
import sys


def top_k_gating(token_embeddings, gating_network, k=2):
    sys.path.insert(0, "@KATA@")
    importlib.invalidate_caches()
    return importlib.import_module("solution").top_k_gating(token_embeddings, gating_network, k)
