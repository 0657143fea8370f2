"""The experts are chosen by logits rounded to bfloat16, so where two logits are close the wrong one
may win.

Compare the logits in the precision they come in, or in a higher one (Shazeer et al. 2017, eq. 5;
Fedus et al. 2022, section 2.4).
"""

CAUGHT_BY = "test_chooses_the_experts_with_the_largest_logits"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    indices = logits.bfloat16().topk(k, dim=-1).indices
    return logits.gather(-1, indices).softmax(dim=-1), indices
