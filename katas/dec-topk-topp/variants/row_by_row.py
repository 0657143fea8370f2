import torch


def filter_logits(logits, temperature=1.0, top_k=0, top_p=1.0):
    if temperature == 0:
        temperature, top_k, top_p = 1, 1, 1.0
    scaled = logits / temperature
    rows = []
    for row in scaled:
        order = torch.argsort(row, descending=True, stable=True)
        if top_k:
            order = order[:top_k]
        if top_p < 1:
            sums = torch.cumsum(row[order].softmax(0), 0)
            order = order[: int((sums < top_p).sum()) + 1]
        keep = torch.zeros(len(row), dtype=torch.bool)
        keep[order] = True
        rows.append(torch.where(keep, row, row.new_tensor(-torch.inf)))
    return torch.stack(rows)
