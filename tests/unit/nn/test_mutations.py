"""The machinery of mutations.py, on a handful of mutants; all of them are run by hand, as it takes many minutes."""

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


def test_mutants_are_made_of_gradients_only_and_change_one_thing():
    made = [(mutant.kind, mutant.after) for mutant in mutations.mutants("layers/core.py", SNIPPET)]
    assert sorted(made) == [
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


def test_every_mutant_is_a_program_and_every_file_has_some():
    found = mutations.all_mutants()
    assert {mutant.file for mutant in found} == set(mutations.FILES) - {
        "layers/base.py",
        "layers/activation.py",
        "kernels/products.py",
    }
    assert len(found) > 500
    for mutant in found[::20]:
        compile(mutant.source, mutant.file, "exec")


def test_equivalents_are_still_there():
    """An entry that no longer matches the code would hide nothing, and says so here."""
    package = mutations.ROOT / "src/layerwise/nn"
    made = {
        (mutant.file, mutant.before, mutant.after)
        for file in mutations.FILES
        for mutant in mutations.mutants(file, (package / file).read_text(encoding="utf-8"))
    }
    assert set(mutations.EQUIVALENT) <= made


@pytest.mark.parametrize("only", ["scatter_reference", "affine_gradients"])
def test_wrong_gradients_are_caught(only):
    done = subprocess.run(
        [sys.executable, HERE / "mutations.py", "--only", only], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SURVIVED" not in done.stdout and " mutants caught" in done.stdout


def test_a_change_of_nothing_survives():
    """Otherwise the check might call every mutant caught, for a reason of its own."""
    script = """
import mutations
file = "kernels/lookup.py"
text = (mutations.ROOT / "src/layerwise/nn" / file).read_text(encoding="utf-8")
same = mutations.Mutant(file, "", "", 0, "", "", text + "# nothing")
with mutations.workplace() as folder:
    print(mutations.survives(same, folder))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=HERE, capture_output=True, text=True, timeout=300)
    assert done.stdout.strip() == "True", done.stderr
