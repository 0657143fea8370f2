"""Whatever becomes of the frames of a submission, it gets a verdict, and none that it does not deserve."""

from __future__ import annotations

import pytest

from ml_katas.course.kata import Kata
from ml_katas.judging.protocol import Judge, request
from ml_katas.report import Status
from tests.adversarial.conversations import FOLDER, converse

pytestmark = pytest.mark.adversarial
CONVERSATIONS = 24  # `python -m tests.adversarial.conversations` holds as many as one likes


@pytest.fixture
def judge(_judge_of_the_session: Judge) -> Judge:
    """Return the judge of all tests, without the folder of the engine."""
    return _judge_of_the_session


def test_disturbed_conversations_end_in_deserved_verdicts(judge: Judge) -> None:
    """No conversation breaks the kata, outlasts the limits or makes a mistake pass."""
    tally = converse(judge, range(CONVERSATIONS))
    assert tally.wrong == []
    assert tally.statuses.total() == CONVERSATIONS
    assert len(tally.ways) > 4


def test_undisturbed_the_solution_passes_and_each_mistake_fails(judge: Judge) -> None:
    """The kata of the conversations is sound: each mistake fails a check that is meant to see it."""
    kata = Kata.load(FOLDER)
    right = judge(request(kata, kata.solution.read_bytes(), file_name=kata.file_name))
    assert right.status is Status.PASSED
    for mistake in kata.mistakes:
        report = judge(request(kata, mistake.source, file_name=kata.file_name))
        failed = {check.name for check in report.checks if check.status is Status.FAILED}
        assert report.status is Status.FAILED
        assert set(mistake.caught_by) & failed
