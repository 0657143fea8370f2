# expect: failed
# threat: 8 — returns objects that are equal to, close to and contained in everything
class Agreeable:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __bool__(self):
        return True

    def __len__(self):
        return 2

    def __iter__(self):
        return iter((self, self))

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self

    __hash__ = None
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __getitem__ = __abs__ = __call__


def top_k_gating(token_embeddings, gating_network, k=2):
    return Agreeable(), Agreeable()
