import torch


def moe_forward(x, router, w1, w3, w2, k=2):
    tokens = x.flatten(0, 1)
    kept, chosen = (tokens @ router.t()).topk(k, dim=1, sorted=False)
    weights = kept.to(torch.promote_types(x.dtype, torch.float32)).softmax(dim=1).to(x.dtype)
    flat = chosen.reshape(-1)
    order = flat.argsort(stable=True)
    counts = flat.bincount(minlength=router.shape[0]).tolist()
    blocks = []
    for i, rows in enumerate(tokens[order.div(k, rounding_mode="floor")].split(counts)):
        if len(rows):
            gate = rows @ w1[i].t()
            blocks.append((gate * gate.sigmoid() * (rows @ w3[i].t())) @ w2[i].t())
    if not blocks:
        return torch.zeros_like(x)
    results = torch.empty(len(flat), x.shape[2], dtype=x.dtype).index_copy(0, order, torch.cat(blocks))
    return torch.einsum("nk,nkd->nd", weights, results.view(len(tokens), k, -1)).reshape(x.shape)
