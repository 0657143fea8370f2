import torch


def ep_forward(xs, idx, weights, experts, all_to_all):
    ranks, local = len(xs), len(experts[0])
    sent_rows, sent_numbers, memo = [], [], []
    for x, chosen in zip(xs, idx, strict=True):
        places = [(chosen // local == q).nonzero() for q in range(ranks)]  # (token, column)
        memo.append(places)
        sent_rows.append([x[p[:, 0]] for p in places])
        sent_numbers.append([chosen[p[:, 0], p[:, 1]] for p in places])
    rows, numbers = all_to_all(sent_rows), all_to_all(sent_numbers)
    replies = []
    for q in range(ranks):
        sizes = [len(piece) for piece in rows[q]]
        mine, which = torch.cat(rows[q]), torch.cat(numbers[q]) % local
        order = which.argsort()
        blocks = mine[order].split(which.bincount(minlength=local).tolist())
        done = [expert(block) for expert, block in zip(experts[q], blocks, strict=True) if len(block)]
        answers = torch.cat(done) if done else mine
        replies.append(list(answers[order.argsort()].split(sizes)))
    ys = []
    for x, w, places, pieces in zip(xs, weights, memo, all_to_all(replies), strict=True):
        y = torch.zeros_like(x)
        for p, piece in zip(places, pieces, strict=True):
            y = y.index_add(0, p[:, 0], piece * w[p[:, 0], p[:, 1]].unsqueeze(1))
        ys.append(y)
    return ys
