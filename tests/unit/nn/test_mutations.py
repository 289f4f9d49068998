"""Tests of mutations.py on a few mutants; the full run takes many minutes and is started by hand."""

import subprocess
import sys
from pathlib import Path

import mutations
import pytest

HERE = Path(__file__).parent

SNIPPET = '''\
def forward(x):
    return x + 1

class Layer:
    def backward(self, dy):
        """Not a - b mutant."""
        if dy.size > 3:
            raise ValueError(f"{1 + 1}")
        self.grads["w"] += self.x.T @ dy
        np.subtract(dy, self.y[:: 1 + 1], out=dy)
        return -dy.sum(axis=0)
'''


def test_mutants_change_one_thing_in_gradient_code_only():
    mutants = [(mutant.kind, mutant.after) for mutant in mutations.mutants("layers/core.py", SNIPPET)]
    assert sorted(mutants) == [
        ("axis", "return -dy.sum(axis=-1)"),
        ("axis", 'self.grads["w"] += (self.x) @ dy'),
        ("sign", "if (dy.size < 3):"),
        ("sign", "np.add(dy, self.y[:: 1 + 1], out=dy)"),
        ("sign", "return (dy.sum(axis=0))"),
        ("sign", 'self.grads["w"] -= self.x.T @ dy'),
        ("term", "np.subtract(dy, 0, out=dy)"),
        ("term", "pass"),
        ("term", "pass"),
    ]


def test_every_mutant_compiles_and_every_file_has_some():
    mutants = mutations.all_mutants()
    assert {mutant.file for mutant in mutants} == set(mutations.FILES) - {
        "layers/base.py",
        "layers/activation.py",
        "kernels/products.py",
    }
    assert len(mutants) > 500
    for mutant in mutants[::20]:
        compile(mutant.source, mutant.file, "exec")


def test_equivalent_mutants_still_match_the_code():
    """An entry that no longer matches the code has no effect and must be updated."""
    package = mutations.ROOT / "src/layerwise/nn"
    mutants = {
        (mutant.file, mutant.before, mutant.after)
        for file in mutations.FILES
        for mutant in mutations.mutants(file, (package / file).read_text(encoding="utf-8"))
    }
    assert set(mutations.EQUIVALENT) <= mutants


@pytest.mark.parametrize("only", ["scatter_reference", "affine_gradients"])
def test_wrong_gradients_are_caught(only):
    result = subprocess.run(
        [sys.executable, HERE / "mutations.py", "--only", only], capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "SURVIVED" not in result.stdout and " mutants caught" in result.stdout


def test_an_unchanged_program_survives():
    """Otherwise the tests might fail for every mutant, for an unrelated reason."""
    script = """
import mutations
file = "kernels/lookup.py"
text = (mutations.ROOT / "src/layerwise/nn" / file).read_text(encoding="utf-8")
same = mutations.Mutant(file, "", "", 0, "", "", text + "# nothing")
with mutations.package_copy() as folder:
    print(mutations.survives(same, folder))
"""
    result = subprocess.run([sys.executable, "-c", script], cwd=HERE, capture_output=True, text=True, timeout=300)
    assert result.stdout.strip() == "True", result.stderr
