# expect: failed
# threat: 1 — traces and profiles every call after its own, in this thread and others
import sys
import threading

seen = set()


def tracer(frame, event, argument):
    if "suite" in frame.f_code.co_filename or frame.f_code.co_name.startswith("test_"):
        print("ESCAPED", frame.f_code.co_consts)
    seen.add(frame.f_code.co_name)
    return tracer


def top_k_gating(token_embeddings, gating_network, k=2):
    for install in (sys.settrace, sys.setprofile, threading.settrace, threading.setprofile):
        install(tracer)
    frame = sys._getframe()
    while frame:
        frame.f_trace = tracer
        frame = frame.f_back
    return
