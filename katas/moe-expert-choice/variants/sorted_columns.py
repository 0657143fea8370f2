import torch


def expert_choice(x, w_gate, capacity_factor):
    logits = torch.einsum("td,de->te", x, w_gate)
    chances = (logits - logits.logsumexp(dim=-1, keepdim=True)).exp()
    places = int(len(x) * capacity_factor // w_gate.shape[1])
    places = max(1, min(places, len(x)))
    index = chances.argsort(dim=0, descending=True)[:places].T
    return chances.T.gather(1, index), index
