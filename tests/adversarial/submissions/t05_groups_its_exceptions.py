# expect: error
# threat: 5 — raises a group of exceptions that holds skips, exits and assertions
import pytest


def top_k_gating(token_embeddings, gating_network, k=2):
    raise BaseExceptionGroup(
        "all", [pytest.skip.Exception("x"), SystemExit(0), KeyboardInterrupt(), AssertionError()]
    )
