import torch


def softmax_gate(x, w_gate):
    logits = torch.einsum("td,de->te", x, w_gate)
    return (logits - logits.logsumexp(dim=-1, keepdim=True)).exp()


def dense_moe(x, w_gate, experts):
    gates = softmax_gate(x, w_gate)
    y = 0
    for i, expert in enumerate(experts):
        y = y + expert(x) * gates[:, i : i + 1]
    return y
