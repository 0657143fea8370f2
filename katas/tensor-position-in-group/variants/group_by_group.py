import torch


def position_in_group(group, n_groups):
    position = torch.zeros(group.shape, dtype=torch.long)
    for number in range(n_groups):
        places = (group == number).nonzero().flatten()
        position[places] = torch.arange(places.numel())
    return position
