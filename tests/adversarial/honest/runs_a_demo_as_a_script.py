# expect: passed
"""A demonstration under `if __name__ == "__main__"`, with arguments, a loop and an exit."""
import sys

import torch
from torch import nn


def top_k_gating(token_embeddings, gating_network, k=2):
    kept, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return kept.softmax(-1), indices


def main():
    while True:
        print(top_k_gating(torch.randn(2, 3, 4), nn.Linear(4, 5)))
        sys.exit(0)


if __name__ == "__main__":
    main()
