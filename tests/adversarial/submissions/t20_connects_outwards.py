# expect: failed
# threat: 20 — connects by TCP and UDP, resolves names, fetches pages
import asyncio
import socket
import urllib.request


def top_k_gating(token_embeddings, gating_network, k=2):
    for attempt in (
        lambda: socket.create_connection(("127.0.0.1", 80), 0.5),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 53)),
        lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM),
        lambda: socket.getaddrinfo("localhost", 80) and 1 / 0,
        lambda: socket.gethostbyname("example.org"),
        lambda: urllib.request.urlopen("http://127.0.0.1/", timeout=0.5),
        lambda: asyncio.run(asyncio.open_connection("127.0.0.1", 80)),
    ):
        try:
            attempt()
            print("ESCAPED")
        except Exception as error:
            print(type(error).__name__)
    return
