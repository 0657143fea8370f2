"""Sort the experts of each token from worst to best and take the last k: the order in a row is free."""


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(end_dim=-2))  # (B*S, E)
    indices = logits.argsort(dim=-1)[:, logits.shape[-1] - k :]  # (B*S, k), best last

    # A softmax by hand; subtracting the largest logit of the row keeps exp from overflowing.
    kept = logits.gather(-1, indices)  # (B*S, k)
    powers = (kept - kept.amax(dim=-1, keepdim=True)).exp()
    return powers / powers.sum(dim=-1, keepdim=True), indices
