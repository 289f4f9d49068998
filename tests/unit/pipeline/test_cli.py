import os
import subprocess
import sys

import pytest


def run(code, **environment):
    """Run a command with this body in a process of its own."""
    code = f"from layerwise.pipeline import cli\ndef main():\n    {code}\ncli.command(main)"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="latin-1", env={**os.environ, **environment}
    )


@pytest.mark.parametrize("encoding, shown", [("ascii", r"\u2212 \xd7 2"), ("cp1252", r"\u2212 × 2")])
def test_what_an_encoding_lacks_is_shown_by_its_number(encoding, shown):
    done = run("print('− × 2')", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stdout) == (0, f"{shown}\n")


def test_an_error_of_the_system_is_a_sentence_without_its_number():
    done = run("open('/no/such/file')")
    assert (done.returncode, done.stderr) == (1, "error: /no/such/file: No such file or directory\n")
    assert run("raise OSError('as it is')").stderr == "error: as it is\n"
