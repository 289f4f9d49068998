import logging
from types import SimpleNamespace

import pytest

from layerwise import failures


def record(message, event=None, **extra):
    made = logging.LogRecord("snakemake", logging.INFO, "", 0, message, None, None)
    made.event = SimpleNamespace(value=event)
    vars(made).update(extra)
    return made


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("epoch 1\nerror: train.npz: labels outside 0..2", "train.npz: labels outside 0..2"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("MemoryError", "memory ran out"),
        ("", "perhaps killed"),
    ],
)
def test_a_failure_names_rule_log_and_cause(tmp_path, content, cause):
    log = tmp_path / "rule.log"
    log.write_text(content)
    watch = failures.Watch()
    watch.filter(record("failed", "job_error", rule_name="train_numpy", log=[f"{log} (check log file(s))"]))
    text = watch.explain()
    assert "Rule train_numpy failed" in text
    assert f"lines of {log}:" in text
    assert all(line in text for line in content.splitlines())
    assert cause in text.rpartition("Likely cause:")[2]


def test_a_failure_without_a_log_is_named_too(tmp_path):
    assert "(nothing was written)" in failures.paragraph("train_numpy", str(tmp_path / "absent.log"))


def test_scheduling_is_not_shown_and_progress_is():
    watch = failures.Watch()
    assert not watch.filter(record("Select jobs to execute..."))
    assert not watch.filter(record("Execute 12 jobs..."))
    assert not watch.filter(record("Finished jobid: 1", "job_finished"))
    assert watch.filter(record("", "progress"))
    assert watch.explain() == ""
