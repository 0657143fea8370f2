# expect: passed
"""An asyncio event loop, which makes a pair of sockets for itself."""
import asyncio


async def route(logits, k):
    await asyncio.sleep(0)
    return logits.topk(k)


def top_k_gating(token_embeddings, gating_network, k=2):
    kept, indices = asyncio.run(route(gating_network(token_embeddings.flatten(0, 1)), k))
    return kept.softmax(-1), indices
