# expect: error|crashed
# threat: 5 — raises an exception whose class lies about its names, bases and instances
class Meta(type):
    __name__ = property(lambda cls: 1 / 0)

    def mro(cls):
        return super().mro()

    def __instancecheck__(cls, instance):
        return True


class Odd(Exception, metaclass=Meta):
    @property
    def args(self):
        raise KeyError("no arguments")

    @property
    def __traceback__(self):
        raise KeyError("no traceback")

    def __str__(self):
        raise SystemExit(0)


def top_k_gating(token_embeddings, gating_network, k=2):
    raise Odd
