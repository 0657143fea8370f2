# expect: failed|error
# threat: 5 — returns objects that raise, exit or hang when they are shown or compared
import os


class Raises:
    def __repr__(self):
        raise ValueError("no repr")

    def __hash__(self):
        raise KeyError(self)

    def __eq__(self, other):
        raise AssertionError(self)

    __str__ = __format__ = __repr__


class Exits(Raises):
    def __repr__(self):
        os._exit(3)


def top_k_gating(token_embeddings, gating_network, k=2):
    return (Raises(), Exits()) if k == 2 else Exits()
