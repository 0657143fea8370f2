# expect: forbidden
# threat: 19 — writes files wherever it may
# needs-confinement
import sys


def top_k_gating(token_embeddings, gating_network, k=2):
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/", ".", "@WORKSPACE@", sys.prefix, *sys.path):
        try:
            open(f"{folder}/escaped-file", "w").write("x")
            print("ESCAPED", folder)
        except OSError:
            continue
    open("@WORKSPACE@/escaped-file", "w")
