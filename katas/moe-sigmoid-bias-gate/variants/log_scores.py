import torch
from torch.nn import functional


def deepseek_gate(x, w, bias, k, n_groups=1, topk_groups=1, scale=1.0):
    logs = functional.logsigmoid(torch.einsum("td,ed->te", x, w))
    deciding = logs.exp().detach() + bias.detach()
    tokens, experts = deciding.shape
    size = experts // n_groups
    groups = torch.stack(deciding.split(size, dim=1), dim=1)
    worth = groups.topk(min(2, size), dim=2).values.sum(dim=2)
    best = worth.topk(topk_groups, dim=1).indices
    members = (best.unsqueeze(2) * size + torch.arange(size)).reshape(tokens, topk_groups * size)
    inside = deciding.gather(1, members).topk(k, dim=1).indices
    idx = members.gather(1, inside)
    return scale * logs.gather(1, idx).softmax(dim=1), idx
