"""Exceptions of a submission reach the suite as exceptions, and the report in words."""

import contextlib

import pytest
from submission import (
    convert,
    exits_pytest,
    fail,
    fine,
    forges_an_ending,
    index,
    interrupts,
    leave,
    leaves,
    leaves_with_0,
    loud,
    nothing,
    quiet,
    raises_a_bare_exception,
    raises_a_group,
    raises_colours,
    raises_much_text,
    raises_what_cannot_be_printed,
    raises_with_many_arguments,
    skips,
    stops_a_generator,
    stops_iterating,
    xfails,
)

# -------- exceptions that a suite wants


@pytest.mark.parametrize(
    "kind",
    [
        *(ValueError, TypeError, KeyError, IndexError, ZeroDivisionError, RuntimeError, OSError, LookupError),
        *(AssertionError, AttributeError, NotImplementedError, ImportError),
    ],
)
def test_exceptions_are_raised_by_their_builtin_kind(kind):
    """pytest.raises finds builtin exceptions; str() is the message."""
    with pytest.raises(kind) as caught:
        fail(kind.__name__, "some words")
    assert str(caught.value) == "some words"


def test_exceptions_are_raised_by_their_builtin_base():
    """pytest.raises finds a submission's own exceptions by the builtin one that they derive from."""
    with pytest.raises(ValueError, match="wrong shape"):
        fail("ShapeError", "wrong shape")
    with pytest.raises(Exception, match="odd"):
        fail("Odd")
    with pytest.raises(RuntimeError):
        fail("RecursionError")
    with pytest.raises(ValueError, match="reason"):
        fail("UnicodeDecodeError", "utf-8", b"x", 0, 1, "reason")


def test_exceptions_of_python_are_raised():
    """pytest.raises finds what Python raises in a submission."""
    with pytest.raises(ValueError, match="invalid literal"):
        convert()
    with pytest.raises(IndexError):
        index()


def test_no_exception_fails_the_check():
    """Where the suite wants an exception and none comes, that is the failure."""
    # expect: failed: an exception was expected and none came: ValueError
    with pytest.raises(ValueError, match="anything"):
        quiet()


def test_another_exception_is_an_error():
    """Where the suite wants an exception and another kind comes, it is the submission's error."""
    # expect: error: KeyError: other
    with pytest.raises(ValueError, match="anything"):
        loud()


def test_an_exception_of_the_suite_on_an_odd_value_fails_the_check():
    """Unpacking, indexing or comparing what a submission returned wrongly is the submission's failure."""
    # expect: failed: the checker could not use what your code returned (TypeError:
    # cannot unpack non-iterable NoneType object)
    _, _ = nothing()


# -------- whatever a submission raises is an error of that check, bounded and printable; the next one runs


def test_system_exit_is_an_error():
    """sys.exit() ends nothing."""
    # expect: error: SystemExit. A submission returns; it does not end the program.
    leaves()


def test_system_exit_with_code_0_is_an_error():
    """sys.exit(0) ends nothing."""
    # expect: error: SystemExit: 0. A submission returns; it does not end the program.
    leaves_with_0()


def test_a_keyboard_interrupt_is_an_error():
    """KeyboardInterrupt interrupts nothing."""
    # expect: error: KeyboardInterrupt
    interrupts()


def test_generator_exit_is_an_error():
    """GeneratorExit ends no generator of the judge."""
    # expect: error: GeneratorExit
    stops_a_generator()


def test_stop_iteration_is_an_error():
    """StopIteration ends no loop of the judge."""
    # expect: error: StopIteration: 3
    stops_iterating()


def test_a_bare_base_exception_is_an_error():
    """BaseException itself is caught."""
    # expect: error: BaseException: bare
    raises_a_bare_exception()


def test_a_skip_is_an_error():
    """pytest's Skipped skips nothing."""
    # expect: error: Skipped: skipped
    skips()


def test_an_exit_of_pytest_is_an_error():
    """pytest's Exit ends no session."""
    # expect: error: Exit: left
    exits_pytest()


def test_an_expected_failure_is_an_error():
    """pytest's XFailed excuses nothing."""
    # expect: error: XFailed: expected
    xfails()


def test_a_forged_ending_is_an_error():
    """An exception called like one of the judge's own is the submission's."""
    # expect: error: Ending: forged
    forges_an_ending()


def test_a_group_of_exceptions_is_an_error():
    """An exception group is one error."""
    # expect: error: ExceptionGroup: many (1 sub-exception)
    raises_a_group()


def test_an_exception_without_text_is_an_error():
    """An exception whose `__str__` raises has a message all the same."""
    # expect: error: Unprintable: <no message: KeyError>
    raises_what_cannot_be_printed()


def test_a_message_is_bounded():
    """A message of 64 MiB is cut."""
    # expect: error: ValueError: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
    raises_much_text()


def test_many_arguments_are_a_message():
    """An exception of several arguments shows them all."""
    # expect: error: ValueError: ('x', 'x', 'x')
    raises_with_many_arguments()


def test_a_message_is_printable():
    """Escape sequences and control characters are removed."""
    # expect: error: ValueError: red
    raises_colours()


def test_the_next_check_runs():
    """After all these a submission still answers."""
    assert fine() == 1


# -------- a sandbox that is gone


def test_a_suite_cannot_swallow_the_end_of_a_sandbox():
    """`except Exception` in a suite does not hide that the sandbox is gone."""
    # expect: crashed: Your code ended its process with exit code 0 while the checker waited for an answer.
    with contextlib.suppress(Exception):
        leave()


def test_swallowing_everything_does_not_pass():
    """A check is crashed when its sandbox ended in it, even if the suite catches BaseException."""
    # expect: crashed: Your code ended its process with exit code 0 while the checker waited for an answer.
    with contextlib.suppress(BaseException):
        leave()
