# expect: error
# threat: 5 — ends pytest's session with exit code 0
import pytest


def top_k_gating(token_embeddings, gating_network, k=2):
    pytest.exit("done", returncode=0)
