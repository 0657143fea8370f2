from torch.nn import functional


def swiglu(x, w_gate, w_up, w_down):
    gate = functional.linear(x, w_gate)
    return functional.linear(gate * gate.sigmoid() * functional.linear(x, w_up), w_down)
