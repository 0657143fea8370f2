def serve(requests, model_next, max_batch):
    answers = {}
    slots = [None] * max_batch
    upcoming = iter(range(len(requests)))

    def following():
        for number in upcoming:
            if requests[number]["max_tokens"]:
                answers[number] = []
                return number
            answers[number] = []
        return None

    while True:
        for place, number in enumerate(slots):
            if number is None:
                slots[place] = following()
        busy = [place for place in reversed(range(max_batch)) if slots[place] is not None]
        if not busy:
            return [answers[number] for number in range(len(requests))]
        batch = [[*requests[slots[p]]["prompt"], *answers[slots[p]]] for p in busy]
        for place, token in zip(busy, model_next(batch), strict=True):
            number = slots[place]
            new = answers[number] = [*answers[number], token]
            stop, limit = requests[number]["stop"], requests[number]["max_tokens"]
            if len(new) >= limit or (stop and len(new) >= len(stop) and new[len(new) - len(stop) :] == stop):
                slots[place] = None
