# expect: error|failed|limit
# threat: 27 — passes callbacks tokens of the wrong shape, of no shape, and so many that the answer is too large
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    width = token_embeddings.shape[-1]
    if not isinstance(gating_network, torch.nn.Module):
        return gating_network(torch.zeros((60 << 20) // (4 * width), width))
    for wrong in (token_embeddings.mT, None, "tokens"):
        try:
            gating_network(wrong)
        except Exception:
            continue
    return gating_network(token_embeddings[..., :-1])
