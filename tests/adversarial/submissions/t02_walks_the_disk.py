# expect: failed
# threat: 2 — walks the whole disk for files called suite.py
import glob
import os
import sys


def top_k_gating(token_embeddings, gating_network, k=2):
    roots = ("/", "/home", "/root", "/tmp", "/srv", "/opt", "@KATA@", os.path.dirname("@KATA@"), *sys.path)
    for root in roots:
        for depth in ("", "*/", "*/*/"):
            for path in glob.glob(f"{root}/{depth}su[h-j]te.py"):
                print("ESCAPED" if "moe-topk" in path else "found", path)
    return
