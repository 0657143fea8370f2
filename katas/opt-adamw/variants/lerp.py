import torch


def adamw_step(p, grad, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    if grad is None:
        return
    step = state.get("step", 0) + 1
    mean = torch.lerp(grad, state.get("mean", torch.zeros_like(grad)), betas[0])
    square = torch.lerp(grad**2, state.get("square", torch.zeros_like(grad)), betas[1])
    state["step"], state["mean"], state["square"] = step, mean, square
    root = square.sqrt() / (1 - betas[1] ** step) ** 0.5
    move = mean / (1 - betas[0] ** step) / (root + eps) + weight_decay * p.detach()
    p.data -= lr * move
