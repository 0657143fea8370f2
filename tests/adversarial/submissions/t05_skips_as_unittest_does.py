# expect: error
# threat: 5 — raises unittest.SkipTest
import unittest


def top_k_gating(token_embeddings, gating_network, k=2):
    raise unittest.SkipTest("not today")
