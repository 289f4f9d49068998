"""The answers of the exercises: their code runs, and its assertions hold."""

import re

import pytest

from layerwise.reporting.course import exercises
from layerwise.reports import REPORTS

ANSWERS = [(report, question, answer) for report in REPORTS for question, answer in exercises(report)]


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_has_exercises(report):
    assert len(exercises(report)) >= 2


@pytest.mark.parametrize(("report", "question", "answer"), ANSWERS)
def test_the_code_of_an_answer_confirms_it(report, question, answer):
    code = re.findall(r"```python\n(.*?)```", answer, re.DOTALL)
    assert len(code) == 1 and "assert" in code[0], question
    exec(compile(code[0], question, "exec"), {"__name__": "exercise"})
