"""The linear layer is rebuilt from its weight and bias, so a gating network that is no nn.Linear
fails.

Any callable may be the gate: call it instead of reading its attributes. h(x) in eq. 5 of Shazeer et
al. 2017 is what the call returns.
"""

from torch.nn import functional

CAUGHT_BY = "test_the_gating_network_may_be_any_callable"


def top_k_gating(token_embeddings, gating_network, k=2):
    tokens = token_embeddings.flatten(0, 1)
    if hasattr(gating_network, "weight"):
        logits = functional.linear(tokens, gating_network.weight, gating_network.bias)
    else:
        logits = gating_network.forward(tokens)
    kept, indices = logits.topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
