import torch


class Rank:
    def __init__(self, number, buf, count):
        self.number, self.count, self.data = number, count, torch.clone(buf)
        self.at = (number + 1) % count

    def outgoing(self):
        return self.data[self.at :: self.count].clone()

    def take(self, got, add):
        self.at = (self.at - 1) % self.count
        part = self.data[self.at :: self.count]
        part.copy_(part + got if add else got)


def ring_all_reduce(bufs, send):
    ranks = [Rank(r, buf, len(bufs)) for r, buf in enumerate(bufs)]
    for add in (True, False):
        for _ in range(len(ranks) - 1):
            received = send([rank.outgoing() for rank in ranks])
            for rank, got in zip(ranks, received, strict=True):
                rank.take(got, add)
    return [rank.data for rank in ranks]
