import torch


def beam_search(step, bos, eos, beam, max_len, length_penalty=0.0):
    tokens, total = torch.full((1, 1), bos), torch.zeros(1, dtype=torch.float64)
    finished = {}
    for n in range(1, max_len + 1):
        table = (total[:, None] + step(tokens)).double()
        v = table.shape[1]
        value, place = table.view(-1).sort(descending=True)
        value, place = value[: 2 * beam], place[: 2 * beam]
        is_end = place % v == eos
        for i in is_end.nonzero().flatten().tolist():
            parent = place[i].item() // v
            finished[(*tokens[parent, 1:].tolist(), eos)] = value[i].item() / n**length_penalty
        value, place = value[~is_end][:beam], place[~is_end][:beam]
        tokens = torch.hstack([tokens[torch.div(place, v, rounding_mode="floor")], (place % v)[:, None]])
        total = value
        if len(total) == 0 or (
            length_penalty == 0 and finished and max(finished.values()) >= total[0].item()
        ):
            break
    else:
        finished[tuple(tokens[0, 1:].tolist())] = total[0].item() / max_len**length_penalty
    best = max(finished, key=finished.get)
    return list(best), finished[best]
