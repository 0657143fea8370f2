"""Softmax over all experts, top-k of the probabilities, then divide by what was kept."""


def top_k_gating(token_embeddings, gating_network, k=2):
    batch_size, sequence_length, embedding_dim = token_embeddings.shape
    tokens = token_embeddings.reshape(batch_size * sequence_length, embedding_dim)  # (B*S, D)
    probabilities = gating_network(tokens).softmax(dim=-1)  # (B*S, E)
    kept, indices = probabilities.topk(k, dim=-1)  # both (B*S, k)

    # The constant that softmax divided by cancels here.
    return kept / kept.sum(dim=-1, keepdim=True), indices
