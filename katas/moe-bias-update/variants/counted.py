from torch.nn import functional


def update_bias(bias, idx, gamma=0.001):
    experts = bias.numel()
    counts = functional.one_hot(idx, experts).sum(dim=(0, 1))
    below = counts * experts < counts.sum()
    above = counts * experts > counts.sum()
    bias.data += gamma * (below.to(bias.dtype) - above.to(bias.dtype))
