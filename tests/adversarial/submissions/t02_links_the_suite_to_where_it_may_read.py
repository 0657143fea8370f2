# expect: failed
# threat: 2 — makes symbolic and hard links to the suite where it may read
# needs-confinement
import os
import sys


def top_k_gating(token_embeddings, gating_network, k=2):
    for folder in ("/tmp", "/dev/shm", sys.prefix, f"{sys.prefix}/lib", "/usr/lib", "@WORKSPACE@"):
        for link in (os.symlink, os.link):
            try:
                link("@KATA@/suite.py", f"{folder}/escaped-link")
                print("ESCAPED", open(f"{folder}/escaped-link").read())
            except OSError:
                continue
    return
