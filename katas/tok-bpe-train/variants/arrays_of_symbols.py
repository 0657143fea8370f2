def train_bpe(words, num_merges):
    vocabulary = [(tuple(word[i : i + 1] for i in range(len(word))), n) for word, n in words.items()]
    learned = []
    while len(learned) < num_merges:
        frequency = {}
        for symbols, n in vocabulary:
            for i in range(1, len(symbols)):
                key = symbols[i - 1], symbols[i]
                frequency[key] = frequency.get(key, 0) + n
        if len(frequency) == 0:
            return learned
        winner = sorted(frequency.items(), key=lambda item: (item[1], item[0]))[-1][0]
        learned.append(winner)
        vocabulary = [(tuple(joined(symbols, winner)), n) for symbols, n in vocabulary]
    return learned


def joined(symbols, pair):
    i = 0
    while i < len(symbols):
        if i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == pair:
            yield symbols[i] + symbols[i + 1]
            i += 2
        else:
            yield symbols[i]
            i += 1
