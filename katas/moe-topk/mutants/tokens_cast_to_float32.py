"""The tokens are cast to float32 before the gate, whose parameters are still in another precision.

Give the gate the tokens as they are. Where more precision is wanted, cast the logits that it
returns, before the softmax of eq. 3 (Shazeer et al. 2017; Fedus et al. 2022, section 2.4, say why).
"""

CAUGHT_BY = "test_weights_keep_the_precision_of_the_logits"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1).float())
    kept, indices = logits.topk(k, dim=-1)
    return kept.softmax(dim=-1).to(token_embeddings.dtype), indices
