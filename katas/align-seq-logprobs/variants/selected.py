import torch


def sequence_logprobs(logits, tokens, response_mask):
    rows, places = response_mask[:, 1:].nonzero(as_tuple=True)
    chosen = logits[rows, places]
    chosen = chosen if chosen.dtype == torch.float64 else chosen.to(torch.float32)
    picked = chosen.gather(1, tokens[rows, places + 1].unsqueeze(1)).squeeze(1)
    values = picked - torch.logsumexp(chosen, dim=1)
    return values.new_zeros(len(logits)).index_add(0, rows, values)
