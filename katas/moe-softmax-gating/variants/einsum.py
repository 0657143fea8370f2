import torch
from torch import nn


def softmax_gate(x, w_gate):
    return nn.Softmax(dim=-1)(torch.matmul(x, w_gate))


def dense_moe(x, w_gate, experts):
    answers = torch.stack([expert(x) for expert in experts])  # (E, T, D')
    return torch.einsum("te,eto->to", softmax_gate(x, w_gate), answers)
