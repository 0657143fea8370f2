"""Compute everything in float64, whatever comes in, and round once at the end."""


def softmax(x, dim=-1):
    logits = x.double()
    largest, _ = logits.max(dim=dim, keepdim=True)
    powers = (logits - largest).exp()
    return powers.div(powers.sum(dim=dim, keepdim=True)).type_as(x)
