# expect: passed
"""Files, folders, programs and the network are tried, and done without."""
import os
import socket
import subprocess
import tempfile
from pathlib import Path


def without(attempt):
    try:
        return attempt()
    except OSError:
        return None


cached = without(lambda: Path("~/.cache/gating.json").expanduser().read_text())
home = without(lambda: os.listdir(os.path.expanduser("~")))
scratch = without(tempfile.mkdtemp)
commit = without(lambda: subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, check=False).stdout)
host = without(lambda: socket.create_connection(("localhost", 1), 0.1))
note = without(lambda: Path("gating.log").write_text("x"))


def top_k_gating(token_embeddings, gating_network, k=2):
    without(lambda: open("/tmp/debug.txt", "w").write("x"))
    kept, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return kept.softmax(-1), indices
