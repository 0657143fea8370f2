# expect: crashed|error
# threat: 4 — lifts the recursion limit and overflows the stack
import sys

sys.setrecursionlimit(1 << 30)


class Deep:
    def __getattr__(self, name):
        return getattr(self, name + "x")


def top_k_gating(token_embeddings, gating_network, k=2):
    return Deep().a
