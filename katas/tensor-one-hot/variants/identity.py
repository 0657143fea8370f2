import torch


def one_hot(labels, num_classes, dtype=torch.float32, ignore=-1):
    flat = labels.flatten().tolist()
    if not {label for label in flat if label != ignore} <= set(range(num_classes)):
        raise ValueError("labels outside of the classes")
    rows = torch.cat([torch.eye(num_classes), torch.zeros(1, num_classes)])
    flat = [num_classes if label == ignore else label for label in flat]
    return rows[torch.tensor(flat, dtype=torch.int64)].reshape(*labels.shape, num_classes).to(dtype)
