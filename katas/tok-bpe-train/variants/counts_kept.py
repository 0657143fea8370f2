from collections import Counter
from itertools import pairwise


def train_bpe(words, num_merges):
    spelled = [[bytes([b]) for b in word] for word in words]
    times = list(words.values())
    counts, where = Counter(), {}
    for number, symbols in enumerate(spelled):
        for pair in pairwise(symbols):
            counts[pair] += times[number]
            where.setdefault(pair, set()).add(number)
    merges = []
    while counts and len(merges) < num_merges:
        most = max(counts.values())
        best = max(pair for pair, n in counts.items() if n == most)
        merges.append(best)
        for number in list(where[best]):
            symbols = spelled[number]
            for pair in pairwise(symbols):
                counts[pair] -= times[number]
            i = 0
            while i < len(symbols) - 1:
                if (symbols[i], symbols[i + 1]) == best:
                    symbols[i : i + 2] = [symbols[i] + symbols[i + 1]]
                i += 1
            for pair in pairwise(symbols):
                counts[pair] += times[number]
                where.setdefault(pair, set()).add(number)
        counts = +counts
    return merges
