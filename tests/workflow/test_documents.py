"""The commands in the documents work; those that take minutes are only planned."""

import re
import shutil
import subprocess

import pytest
from conftest import ROOT

DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "config/README.md",
    *(str(p.relative_to(ROOT)) for p in sorted((ROOT / "docs").glob("*.md"))),
]
COMMANDS = [
    (document, line.strip())
    for document in DOCUMENTS
    for block in re.findall(r"```bash\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
    for line in block.splitlines()
    if line.strip() and not line.startswith("#")
]


def planned(command):
    """Return a command that checks another one without executing it."""
    command = re.sub(r"\s+#.*", "", command)
    if re.search(r"\bmake\b", command):
        return command.replace("make", "make --dry-run", 1)
    if re.search(r"\bsnakemake\b", command):
        return f"{command} --dry-run"
    return f"bash -n -c '{command}'" if command.startswith(("git ", "source ", "conda ", "pip ")) else command


@pytest.mark.parametrize(("document", "command"), COMMANDS, ids=[f"{d}: {c}" for d, c in COMMANDS])
def test_commands_in_documents_work(project, document, command):
    for name in ("Makefile", "requirements.txt", "pyproject.toml", "environment.yml"):
        shutil.copy(ROOT / name, project.folder / name)
    done = subprocess.run(
        ["bash", "-c", planned(command)],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_the_layer_in_the_recipe_works():
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/extending.md").read_text(), re.DOTALL)
    exec(compile(code, "docs/extending.md", "exec"), {})


def test_documents_contain_commands():
    assert {document for document, _ in COMMANDS} >= {"README.md", "config/README.md"}
