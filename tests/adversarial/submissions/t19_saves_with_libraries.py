# expect: failed
# threat: 19 — saves through torch, NumPy, tempfile, sqlite, shelve and logging
# needs-confinement
import logging.handlers
import shelve
import sqlite3
import tempfile

import numpy as np
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    for save in (
        lambda: torch.save(token_embeddings, "@WORKSPACE@/escaped.pt"),
        lambda: np.save("@WORKSPACE@/escaped.npy", np.zeros(3)),
        lambda: np.memmap("/tmp/escaped-map", mode="w+", shape=(4,)),
        tempfile.mkstemp,
        tempfile.mkdtemp,
        tempfile.TemporaryFile,
        lambda: sqlite3.connect("/tmp/escaped.db").execute("create table t(x)"),
        lambda: shelve.open("/tmp/escaped-shelf"),
        lambda: logging.FileHandler("/tmp/escaped.log"),
        lambda: torch.UntypedStorage._new_shared(100),
        lambda: torch.zeros(3).share_memory_(),
        lambda: torch.multiprocessing.get_context("fork").Queue(),
    ):
        try:
            save()
            print("ESCAPED")
        except Exception as error:
            print(type(error).__name__)
    return
