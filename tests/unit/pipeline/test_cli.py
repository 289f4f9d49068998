import os
import subprocess
import sys

import pytest


def run(code, **environment):
    """Run a command with this body in a separate process."""
    code = f"from layerwise.pipeline import cli\ndef main():\n    {code}\ncli.command(main)"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="latin-1", env={**os.environ, **environment}
    )


@pytest.mark.parametrize("encoding, shown", [("ascii", r"\u2212 \xd7 2"), ("cp1252", r"\u2212 × 2")])
def test_characters_missing_from_the_encoding_are_escaped(encoding, shown):
    done = run("print('− × 2')", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stdout) == (0, f"{shown}\n")


def test_an_operating_system_error_is_reported_without_its_number():
    done = run("open('/no/such/file')")
    assert (done.returncode, done.stderr) == (1, "error: /no/such/file: No such file or directory\n")
    assert run("raise OSError('as it is')").stderr == "error: as it is\n"
