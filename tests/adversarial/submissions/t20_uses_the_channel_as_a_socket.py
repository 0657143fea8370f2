# expect: failed
# threat: 20 — connects, binds, listens and accepts on the socket that it has
import socket


def top_k_gating(token_embeddings, gating_network, k=2):
    channel = socket.socket(fileno=3)
    for attempt in (
        lambda: channel.connect("@SOCKET@"),
        lambda: channel.bind("\0escaped"),
        lambda: channel.bind("@WORKSPACE@/escaped-socket"),
        lambda: channel.listen(),
        lambda: channel.accept(),
        lambda: channel.sendto(b"x", "@DATAGRAMS@"),
        lambda: channel.sendmsg([b"x"], [], 0, "@DATAGRAMS@"),
    ):
        try:
            attempt()
            print("ESCAPED")
        except OSError as error:
            print(error.strerror)
    channel.detach()
    return
