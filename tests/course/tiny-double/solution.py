"""Double a number: 2x."""


def double(x):
    return 2 * x
