# expect: failed
# threat: 2 — reads the package's own files, its katas and its templates, and names of mistakes in metadata
import importlib.metadata
import importlib.resources
import os

import ml_katas


def top_k_gating(token_embeddings, gating_network, k=2):
    home = os.path.dirname(ml_katas.__file__)
    for path in (home, f"{home}/katas", f"{home}/../katas", f"{home}/katas/moe-topk", f"{home}/../katas/moe-topk", f"{home}/../tests"):
        try:
            print("ESCAPED", os.listdir(path))
        except OSError as error:
            print(error.strerror)
    for read in (
        lambda: importlib.resources.files("ml_katas").joinpath("judging/processes/judge.py").read_text(),
        lambda: open(ml_katas.__file__).read(),
        lambda: [f for f in importlib.metadata.files("ml_katas") or () if "mistakes" in str(f)] or 1 / 0,
    ):
        try:
            print("ESCAPED", read())
        except Exception as error:
            print(type(error).__name__)
    return
