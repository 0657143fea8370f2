# expect: failed
# threat: 2 — reads extended attributes of files that it may not open
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    for path in ("@WORKSPACE@/notes.txt", "@WORKSPACE@", "@KATA@/suite.py"):
        try:
            for name in os.listxattr(path):
                print("ESCAPED", name, os.getxattr(path, name))
        except OSError as error:
            print(error.strerror)
    return
