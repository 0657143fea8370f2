# expect: failed
# threat: 8 — returns objects that print whatever they are compared with, to learn the expected values
class Curious:
    def __init__(self, dtype=None):
        self.kind = dtype

    def __eq__(self, other):
        print("ESCAPED", type(other), repr(other)[:500])
        return True

    __hash__ = None
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __sub__ = __rsub__ = __eq__


class Weights(Curious):
    def is_floating_point(self):
        return True

    @property
    def dtype(self):
        return Curious()


def top_k_gating(token_embeddings, gating_network, k=2):
    return Weights(), Weights()
