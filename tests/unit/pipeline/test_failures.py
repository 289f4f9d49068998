import pytest

from layerwise.pipeline import failures


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("epoch 1\nerror: train.npz: labels outside 0..2", "train.npz: labels outside 0..2"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("MemoryError", "out of memory"),
        ("", "perhaps killed"),
    ],
)
def test_a_failure_names_rule_log_and_cause(tmp_path, content, cause):
    log = tmp_path / "rule.log"
    log.write_text(content)
    text = failures.paragraph("train_numpy", str(log))
    assert "Rule train_numpy failed" in text
    assert f"lines of {log}:" in text
    assert all(line in text for line in content.splitlines())
    assert cause in text.rpartition("Likely cause:")[2]


def test_a_failure_without_a_log_is_explained_too(tmp_path):
    assert "(nothing was written)" in failures.paragraph("train_numpy", str(tmp_path / "absent.log"))
