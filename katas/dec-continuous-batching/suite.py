"""Each request gets its tokens, and every call holds whoever can run: in order, at once, until it is done.

Models are functions of a sequence. Expected results and calls are a simulation that moves requests between
lists, made before the call.
"""

import copy

import pytest
import torch
from submission import serve

from ml_katas.testing import after, rng_unchanged


def test_a_list_for_each_request():
    """The result is a list of lists of ints, one for each request."""
    result = serve([asked([1], 2), asked([4], 1)], Watched(plus_one), 2)
    assert isinstance(result, list), f"the result is a list, got a {type(result).__name__}"
    assert len(result) == 2, f"two requests have two results, got {len(result)}"
    for tokens in result:
        assert isinstance(tokens, list), f"each result is a list, got a {type(tokens).__name__}"
        assert all(type(token) is int for token in tokens), f"tokens are ints, got {tokens}"


@after("test_a_list_for_each_request")
def test_worked_example():
    """The example of the brief comes out as written."""
    requests = [asked([1], 3), asked([5], 9, [7]), asked([20], 1)]
    compare(requests, plus_one, 2, [[2, 3, 4], [6, 7], [21]])


@after("test_a_list_for_each_request")
def test_one_request_alone():
    """A single request gets its tokens one after the other, each from all that came before."""
    compare([asked([3, 1], 5)], fancy, 4)


@after("test_one_request_alone")
@pytest.mark.parametrize("max_batch", [1, 2, 3, 8])
def test_results_stand_in_the_order_of_the_requests(max_batch):
    """Whoever is done first, results stand in the order of the requests."""
    compare([asked([n], limit) for n, limit in ((3, 5), (7, 1), (2, 3), (9, 2), (4, 4))], fancy, max_batch)


@after("test_one_request_alone")
@pytest.mark.parametrize("limits", [[4, 1, 1, 1, 2], [1, 1, 3, 3, 1], [3, 3, 3, 1, 1, 1]])
def test_a_free_place_is_filled_at_once(limits):
    """A place that is free is filled before the next call, in the order of the list."""
    requests = [asked([10 * n], limit) for n, limit in enumerate(limits)]
    expected = simulated(requests, fancy, 2)
    watched = Watched(fancy)
    serve(copy.deepcopy(requests), watched, 2)
    compare_calls(watched.calls, expected[1])


@after("test_one_request_alone")
@pytest.mark.parametrize("stop", [[4], [4, 5], [9], [3, 4, 6], []], ids=str)
def test_the_stop(stop):
    """What is written ends with the stop, which belongs to it; a part of it or an empty one stops nothing."""
    compare([asked([1], 6, stop), asked([2], 4)], plus_one, 2)


@after("test_one_request_alone")
@pytest.mark.parametrize("stop", [[1, 2], [0, 1, 2], [1], [0, 1]], ids=str)
def test_a_stop_in_the_prompt_is_none(stop):
    """A stop that stands in the prompt, or begins there, stops nothing."""
    compare([asked([0, 1], 4, stop)], plus_one, 1)


@after("test_the_stop")
def test_stops_that_overlap():
    """A stop may come after a false start of it."""
    script = [5, 5, 5, 7, 9, 5, 5, 7]
    compare([asked([0], 8, [5, 5, 7])], lambda sequence: script[len(sequence) - 1], 1)


@after("test_the_stop")
def test_a_stop_at_the_limit():
    """A stop and the limit may come together, and a limit may cut a stop off.

    Pins: "when `max_tokens` tokens were written for it, or when what was written **ends with** its `stop`".
    """
    compare([asked([1], 3, [3, 4]), asked([1], 2, [3, 4])], plus_one, 2)


@after("test_a_list_for_each_request")
@pytest.mark.parametrize("limits", [[0], [0, 2, 0], [3, 0, 0, 1], [0, 0]])
def test_a_limit_of_zero(limits):
    """For a limit of 0 nothing is written, and no place is taken."""
    compare([asked([n + 1], limit) for n, limit in enumerate(limits)], plus_one, 2)


@after("test_a_list_for_each_request")
def test_no_requests():
    """Without requests the result is empty, and the model is not called."""
    compare([], plus_one, 3)


@after("test_one_request_alone")
def test_equal_requests():
    """Requests that are equal, or one dict that stands in the list twice, each get their own tokens."""
    same = asked([5], 3)
    compare([same, same, asked([5], 2), asked([5], 3)], fancy, 2)


@after(
    "test_results_stand_in_the_order_of_the_requests", "test_a_free_place_is_filled_at_once", "test_the_stop"
)
@pytest.mark.parametrize("max_batch", [1, 2, 4, 7])
def test_random_loads(max_batch):
    """Random requests, with stops and limits, give the results and calls of the definition.

    Pins: "the request that waits longest comes in".
    """
    numbers = torch.randint(5, (9, 6)).tolist()
    requests = [asked(row[: 1 + row[4] % 3], row[3] + row[2] % 2, row[5 : 5 + row[0] % 2]) for row in numbers]
    compare(requests, fancy, max_batch)


@after("test_a_list_for_each_request")
def test_nothing_else_happens():
    """The requests stay as they were, no random number is drawn, and the same call gives the same answer."""
    requests = [asked([1, 2], 3), asked([5], 2, [6])]
    before, (expected, _) = copy.deepcopy(requests), simulated(requests, plus_one, 1)
    with rng_unchanged():
        answers = [serve(requests, Watched(plus_one), 1) for _ in range(2)]
    assert requests == before, "your code changes the requests"
    for result in answers:
        assert result == expected, f"the results are {expected}, got {result}"


def asked(prompt, max_tokens, stop=()):
    """A request."""
    return {"prompt": list(prompt), "max_tokens": max_tokens, "stop": list(stop)}


def compare(requests, model, max_batch, written=None):
    """First what is written, then what was in each call."""
    expected, calls = simulated(requests, model, max_batch)
    watched = Watched(model)
    result = serve(copy.deepcopy(requests), watched, max_batch)
    right = written or expected
    for number, (tokens, wanted) in enumerate(zip(result, right, strict=False)):
        assert tokens == wanted, f"request {number} gets {wanted}, got {tokens}"
    assert len(result) == len(right), f"{len(right)} requests have as many results, got {len(result)}"
    compare_calls(watched.calls, calls)


def compare_calls(calls, expected):
    """The sequences of each call, in any order."""
    for number, (call, right) in enumerate(zip(calls, expected, strict=False), start=1):
        assert call == right, f"call {number} has the sequences {right}, got {call}"
    assert len(calls) == len(expected), f"{len(expected)} calls are enough, got {len(calls)}"


class Watched:
    """A model for batches that keeps what is in each call, sorted; it gives up where there is no end."""

    def __init__(self, model):
        self.calls, self.model = [], model

    def __call__(self, sequences):
        self.calls.append(sorted(list(sequence) for sequence in sequences))
        assert len(self.calls) < 100, "a hundred calls of the model, and still no end"
        return [self.model(list(sequence)) for sequence in sequences]


def plus_one(sequence):
    """The last token plus 1."""
    return sequence[-1] + 1


def fancy(sequence):
    """A number that depends on every token and on their order."""
    return sum((place + 1) * token for place, token in enumerate(sequence)) * 7 % 5


def simulated(requests, model, max_batch):
    """What is written for each request, and the sorted sequences of each call."""
    state = [{"left": r["max_tokens"], "all": list(r["prompt"]), "new": []} for r in requests]
    queue, calls = [n for n, r in enumerate(requests) if r["max_tokens"]], []
    while queue:
        active = queue[:max_batch]
        calls.append(sorted(list(state[n]["all"]) for n in active))
        for n in active:
            token = model(state[n]["all"])
            state[n]["all"] = [*state[n]["all"], token]
            state[n]["new"].append(token)
            state[n]["left"] -= 1
            stop = requests[n]["stop"]
            ended = len(stop) > 0 and state[n]["new"][max(0, len(state[n]["new"]) - len(stop)) :] == stop
            if state[n]["left"] == 0 or ended:
                queue.remove(n)
    return [each["new"] for each in state], calls
