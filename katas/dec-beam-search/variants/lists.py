import heapq

import torch


def beam_search(step, bos, eos, beam, max_len, length_penalty=0.0):
    alive, done = [(0.0, [bos])], []
    for _ in range(max_len):
        if not alive:
            break
        logp = step(torch.tensor([tokens for _, tokens in alive])).tolist()
        options = [
            (total + value, [*tokens, token])
            for (total, tokens), row in zip(alive, logp, strict=True)
            for token, value in enumerate(row)
            if value > float("-inf")
        ]
        alive = []
        for option in heapq.nlargest(beam, options):
            (done if option[1][-1] == eos else alive).append(option)
    everything = [(total / (len(t) - 1) ** length_penalty, t[1:]) for total, t in done + alive]
    score, tokens = max(everything)
    return tokens, score
