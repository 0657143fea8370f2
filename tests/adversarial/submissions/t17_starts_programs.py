# expect: failed
# threat: 17 — starts programs in every way that Python has
# needs-confinement
import multiprocessing
import os
import pty
import subprocess


def top_k_gating(token_embeddings, gating_network, k=2):
    for start in (
        lambda: subprocess.run(["/bin/true"], check=False),
        lambda: os.system("true") == 0 or 1 / 0,
        lambda: os.popen("echo x").read() or 1 / 0,
        lambda: os.posix_spawn("/bin/true", ["true"], {}),
        lambda: multiprocessing.get_context("fork").Process(target=print).start(),
        lambda: multiprocessing.get_context("spawn").Process(target=print).start(),
        lambda: multiprocessing.Pool(2),
        pty.fork,
    ):
        try:
            print("ESCAPED", start())
        except Exception as error:
            print(type(error).__name__, error)
    return
