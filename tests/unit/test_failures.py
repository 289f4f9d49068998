import pytest

from layerwise import failures

SNAKEMAKE = """\
Error in rule train_numpy:
    message: None
    jobid: 2
    input: a, b
    output: c
    log: {log} (check log file(s) for error details)
    shell:
        python -m layerwise.training
"""


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
    (tmp_path / "snakemake.log").write_text(SNAKEMAKE.format(log=log))
    text = failures.explain([tmp_path / "snakemake.log"])
    assert "Rule train_numpy failed" in text
    assert str(log) in text
    assert all(line in text for line in content.splitlines())
    assert cause in text.rpartition("Likely cause:")[2]


def test_nothing_is_said_when_no_rule_failed(tmp_path):
    (tmp_path / "snakemake.log").write_text("Building DAG of jobs...\n")
    assert failures.explain([tmp_path / "snakemake.log"]) == ""
