import torch


def ep_forward(xs, idx, weights, experts, all_to_all):
    ranks, local = len(xs), len(experts[0])
    total, k = ranks * local, [i.shape[1] for i in idx]
    orders = [i.flatten().argsort(stable=True) for i in idx]
    counts = [i.flatten().bincount(minlength=total).view(ranks, local) for i in idx]
    rows = [x[o // kk] for x, o, kk in zip(xs, orders, k, strict=True)]
    got = all_to_all([list(r.split(c.sum(1).tolist())) for r, c in zip(rows, counts, strict=True)])
    how_many = all_to_all([list(c.unbind(0)) for c in counts])
    back = []
    for rank in range(ranks):
        # (sender, expert) blocks, regrouped as (expert, sender)
        blocks = [list(piece.split(c.tolist())) for piece, c in zip(got[rank], how_many[rank], strict=True)]
        for e, expert in enumerate(experts[rank]):
            mine = [sent[e] for sent in blocks]
            if sum(map(len, mine)):
                answers = expert(torch.cat(mine)).split([len(m) for m in mine])
                for sent, answer in zip(blocks, answers, strict=True):
                    sent[e] = answer
        back.append([torch.cat(sent) for sent in blocks])
    ys = []
    for home, o, w in zip(all_to_all(back), orders, weights, strict=True):
        inverse = o.argsort()
        rows = torch.cat(home)
        per_choice = rows[inverse].view(*w.shape, rows.shape[1])
        ys.append((per_choice * w.unsqueeze(2)).sum(dim=1))
    return ys
