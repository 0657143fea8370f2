# expect: failed
# threat: 8 — returns classes whose metaclass lies about isinstance, equality and attributes
import torch


class Meta(type):
    def __instancecheck__(cls, instance):
        return True

    def __eq__(cls, other):
        return True

    def __getattr__(cls, name):
        return cls

    __hash__ = type.__hash__


class Answer(metaclass=Meta):
    dtype = torch.int64

    @staticmethod
    def is_floating_point():
        return True


def top_k_gating(token_embeddings, gating_network, k=2):
    return Answer, Answer
