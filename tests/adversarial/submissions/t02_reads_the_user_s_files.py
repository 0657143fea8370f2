# expect: forbidden
# threat: 2 — reads the user's files


def top_k_gating(token_embeddings, gating_network, k=2):
    for path in (
        "/etc/shadow",
        "/root/.bashrc",
        "/root/.ssh/id_ed25519",
        "/etc/hostname",
        "@WORKSPACE@/notes.txt",
    ):
        try:
            print("ESCAPED", open(path).read())
        except OSError:
            continue
    print("ESCAPED", open("/etc/passwd").read())
    return
