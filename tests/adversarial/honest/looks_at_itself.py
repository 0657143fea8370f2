# expect: passed
"""os, sys, inspect, ctypes and platform, for honest reasons."""
import ctypes
import inspect
import os
import platform
import sys
import time

print(sys.version_info[:2], platform.python_implementation(), os.cpu_count(), os.getpid(), time.strftime("%Y"))
assert ctypes.CDLL(None).getpid() == os.getpid()


def top_k_gating(token_embeddings, gating_network, k=2):
    assert list(inspect.signature(top_k_gating).parameters)[-1] == "k"
    assert sys._getframe().f_code.co_name == "top_k_gating"
    kept, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return kept.softmax(-1), indices
