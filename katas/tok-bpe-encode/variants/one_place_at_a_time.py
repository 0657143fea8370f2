def bpe_encode(word, ranks):
    parts = [word[i : i + 1] for i in range(len(word))]
    while True:
        best, place = float("inf"), None
        for i in range(len(parts) - 1):
            rank = ranks.get((parts[i], parts[i + 1]), float("inf"))
            if rank < best:
                best, place = rank, i
        if place is None:
            return parts
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
