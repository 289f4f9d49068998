"""Nothing depends on what the folder, the user, the locale or the disk around a run happens to be."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))
COMMAND = re.compile(r"^ +shell:\n((?: +[\"'].*\n)+)", re.MULTILINE)


def test_every_rule_quotes_whatever_it_puts_into_its_command():
    """All placeholders, also of what is a plain name today: the next key may hold free text."""
    commands = {file.name: COMMAND.findall(file.read_text()) for file in RULES}
    for file in RULES:
        assert len(commands[file.name]) == file.read_text().count(" shell:\n")
    placeholders = [
        (file, placeholder)
        for file, found in commands.items()
        for command in found
        for placeholder in re.findall(r"\{([^{}]*)\}", command)
    ]
    assert len(placeholders) > 40
    assert [(file, placeholder) for file, placeholder in placeholders if not placeholder.endswith(":q")] == []
