from itertools import pairwise


def bpe_encode(word, ranks):
    return merged([bytes((number,)) for number in word], ranks)


def merged(tokens, ranks):
    present = set(pairwise(tokens)) & ranks.keys()
    if not present:
        return tokens
    first = sorted(present, key=ranks.get)[0]
    out, i = [], 0
    while i < len(tokens):
        step = 2 if tuple(tokens[i : i + 2]) == first else 1
        out.append(b"".join(tokens[i : i + step]))
        i += step
    return merged(out, ranks)
