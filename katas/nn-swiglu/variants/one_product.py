import torch


def swiglu(x, w_gate, w_up, w_down):
    both = torch.einsum("...d,fd->...f", x, torch.cat([w_up, w_gate]))
    up, gate = both.chunk(2, dim=-1)
    return torch.einsum("...f,df->...d", up * torch.nn.SiLU()(gate), w_down)
