# expect: failed
# threat: 28 — leaves marks in memory and looks for those of an earlier run
import builtins
import os
import sys

import torch

if getattr(builtins, "left_behind", False) or "left_behind" in sys.modules or "LEFT_BEHIND" in os.environ:
    print("ESCAPED")
builtins.left_behind = True
sys.modules["left_behind"] = sys
os.environ["LEFT_BEHIND"] = "1"
torch.left_behind = True


def top_k_gating(token_embeddings, gating_network, k=2):
    return None
