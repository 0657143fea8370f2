import torch


def verify(p, q, draft, u, generator):
    tokens, row = [], p[len(draft)]
    for i in range(draft.shape[0]):
        x = draft[i].item()
        chance = min(1.0, float(p[i, x] / q[i, x]))
        if float(u[i]) < chance:
            tokens.append(x)
        else:
            row = torch.maximum(p[i] - q[i], torch.zeros(()))
            break
    clocks = torch.empty(row.shape, dtype=torch.float64).exponential_(generator=generator)
    tokens.append(torch.argmax(row / clocks).item())
    return tokens
