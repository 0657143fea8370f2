# expect: passed
"""Warnings, logging and prints of all kinds."""
import logging
import sys
import warnings

logging.basicConfig(level=logging.DEBUG)
warnings.simplefilter("always")


def top_k_gating(token_embeddings, gating_network, k=2):
    warnings.warn("this may be slow", stacklevel=1)
    logging.getLogger(__name__).debug("tokens %s", tuple(token_embeddings.shape))
    print("k =", k, file=sys.stderr)
    print(f"{token_embeddings.shape=}", flush=True)
    kept, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return kept.softmax(-1), indices
