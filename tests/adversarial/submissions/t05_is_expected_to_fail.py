# expect: error
# threat: 5 — raises pytest's xfail
import pytest


def top_k_gating(token_embeddings, gating_network, k=2):
    pytest.xfail("as expected")
