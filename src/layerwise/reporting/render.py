"""From a notebook to a page: jupytext reads it, papermill runs it, nbconvert turns it into HTML."""

from __future__ import annotations

import itertools
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import papermill
import yaml
from jupyter_client.kernelspec import KernelSpec
from nbclient.exceptions import DeadKernelError
from nbconvert.exporters import TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from traitlets.config import Config

from layerwise.files import write_text
from layerwise.reporting.pages import TEMPLATES, formula, frame
from layerwise.reports import REPORTS

KERNEL = "layerwise"
SHORT = 70  # bytes of a folder's name that leave room for a socket in it: its path may have 107, on macOS 103


def render(notebook: Path, report: str, output: Path, executed: Path, parameters: Mapping[str, Any]) -> None:
    """Run a notebook and write it twice: executed, and as a page.

    Parameters
    ----------
    notebook : path
        Percent-format Python file.
    report : str
        Name of the report, one of `REPORTS`.
    output, executed : path
        Where the page and the executed notebook go.
    parameters : mapping
        Values for the notebook's cell tagged ``parameters``.

    Raises
    ------
    ValueError
        If a cell fails; the sentence names the notebook, the line, the cell and the error.
    """
    node = execute(notebook, {"report": report, **parameters})
    experiments = parameters.get("experiments", {})
    write_text(executed, nbformat.writes(node) + "\n")
    write_text(output, page(node, report, experiments))


def execute(notebook: Path, parameters: Mapping[str, Any]) -> nbformat.NotebookNode:
    """Run a notebook in this very Python and return it with its outputs, free of times and random names."""
    source = notebook.read_text(encoding="utf-8")
    node = jupytext.reads(source, fmt="py:percent")
    node.metadata = nbformat.from_dict({"kernelspec": {"name": KERNEL, "display_name": KERNEL, "language": "python"}})
    with _kernel() as config:
        try:
            node = papermill.execute_notebook(
                node, None, dict(parameters), kernel_name=KERNEL, language="python", progress_bar=False, config=config
            )
        except papermill.PapermillExecutionError as error:
            raise ValueError(f"{_place(notebook, source, error)}: {error.ename}: {_line(error.evalue)}") from None
        except DeadKernelError:
            raise ValueError(f"{notebook}: its Python process died (out of memory?)") from None
    return _clean(node)


@contextmanager
def _kernel() -> Iterator[Config]:
    """Describe this Python as a Jupyter kernel, in a folder of its own that vanishes afterwards.

    Nothing of the user's Jupyter or IPython set-up is read, and renders that run at once share no file or socket.
    """
    place = _place_for_sockets()
    with tempfile.TemporaryDirectory(prefix="layerwise-", dir=place) as folder:
        # Level 50: when a cell fails the kernel is interrupted, and would complain of that as well.
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=50"]
        spec = KernelSpec(argv=argv, language="python")
        write_text(Path(folder, "kernels", KERNEL, "kernel.json"), spec.to_json())
        settings = {
            "JUPYTER_PATH": folder,
            "JUPYTER_RUNTIME_DIR": folder,
            "JUPYTER_CONFIG_DIR": folder,
            "IPYTHONDIR": folder,
            "MPLBACKEND": "agg",
            "PYTHONHASHSEED": "0",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        before = {name: os.environ.get(name) for name in settings}
        os.environ.update(settings)
        try:
            transport = "ipc" if place else "tcp"
            yield Config({"KernelManager": {"transport": transport, "connection_file": f"{folder}/k.json"}})
        finally:
            for name, value in before.items():
                os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def _place_for_sockets() -> str | None:
    """Return a folder for temporary files with a short name, or None if there is none; then ports have to do."""
    folders = (tempfile.gettempdir(), "/tmp")
    return next((name for name in folders if len(os.fsencode(name)) <= SHORT and os.access(name, os.W_OK)), None)


def _place(notebook: Path, source: str, error: papermill.PapermillExecutionError) -> str:
    """Say where a cell stands: file, line, and its first line of code."""
    first = next((line for line in error.source.splitlines() if line.strip()), "")
    at = source.find(error.source)
    line = f":{source[:at].count(chr(10)) + 1}" if at >= 0 else ""
    return f"{notebook}{line}: cell {error.cell_index + 1} ('{first}')"


def _line(text: str) -> str:
    return " ".join(re.sub(r"\x1b\[[\d;]*m", "", text).split())


def _clean(node: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop what differs between two runs, and send warnings to the log instead of the page."""
    node.metadata = nbformat.from_dict({"kernelspec": node.metadata.kernelspec})
    for number, cell in enumerate(node.cells):
        cell.id = f"cell-{number}"
        cell.metadata = nbformat.from_dict({"tags": cell.metadata.get("tags", [])})
        if cell.cell_type == "code":
            for output in cell.outputs:
                if output.output_type == "stream" and output.name == "stderr":
                    print(output.text, file=sys.stderr, end="")
                output.pop("execution_count", None)
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
    return node


def page(node: nbformat.NotebookNode, report: str, experiments: Mapping[str, Any]) -> str:
    """Turn an executed notebook into the HTML of a page."""
    node.cells = [cell for cell in node.cells if "injected-parameters" not in cell.metadata.tags]
    exporter = Fragment()
    body, _ = exporter.from_notebook_node(node)
    titles = [heading for heading in exporter.headings if heading[0] == 1]
    return frame(
        "page.html.j2",
        report=report,
        kicker=REPORTS[report].label,
        title=titles[0][2] if titles else REPORTS[report].title,
        description=_summary(node),
        contents=[heading for heading in exporter.headings if heading[0] in (2, 3)],
        body=own_identifiers(body),
        configuration=yaml.safe_dump(_plain(experiments), sort_keys=False, allow_unicode=True, width=100),
    )


def own_identifiers(body: str) -> str:
    """Give each drawing identifiers of its own, so that no two in one page share one."""
    numbers = itertools.count(1)

    def numbered(drawing: re.Match[str]) -> str:
        return re.sub(r'(id="|href="#|url\(#)(?=\w)', rf"\g<1>d{next(numbers)}-", drawing[0])

    return re.sub(r"<svg.*?</svg>", numbered, body, flags=re.DOTALL)


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _summary(node: nbformat.NotebookNode) -> str:
    """Return the first paragraph under the title, the words that the index shows."""
    for cell in node.cells:
        if cell.cell_type == "markdown":
            for paragraph in cell.source.split("\n\n"):
                if not paragraph.startswith("#"):
                    return _line(paragraph)
    return ""


class Renderer(IPythonRenderer):
    """Markdown with formulas drawn at build time and headings remembered for the table of contents."""

    def __init__(self, headings: list[tuple[int, str, str]], **options: Any):
        super().__init__(**options)
        self.headings = headings

    def heading(self, text: str, level: int, **attributes: Any) -> str:
        """Write a heading with an anchor made of its words."""
        plain = re.sub(r"<svg.*?</svg>|<[^>]+>", "", text, flags=re.DOTALL)
        anchor = re.sub(r"[^\w]+", "-", plain.lower()).strip("-")
        taken = {name for _, name, _ in self.headings}
        while anchor in taken:
            anchor += "-again"
        self.headings.append((level, anchor, plain))
        link = f' <a class="anchor" href="#{anchor}" aria-label="Link to this section">#</a>' if level > 1 else ""
        return f'<h{level} id="{anchor}">{text}{link}</h{level}>\n'

    def block_math(self, body: str) -> str:
        """Draw a displayed formula."""
        return formula(body, inline=False)

    def inline_math(self, body: str) -> str:
        """Draw a formula in the line."""
        return formula(body, inline=True)

    def table(self, text: str) -> str:
        """Put a table into a box that scrolls where the page is narrow."""
        return f'<div class="scroll"><table>\n{text}</table></div>\n'


class Fragment(TemplateExporter):
    """Exports the cells of a notebook as the inside of a page, through ``templates/report``."""

    export_from_notebook = "layerwise page"

    def __init__(self) -> None:
        priority = ["text/html", "text/markdown", "image/svg+xml", "image/png", "text/plain"]
        super().__init__(
            config=Config({"NbConvertBase": {"display_data_priority": priority}}),
            template_name="report",
            extra_template_basedirs=[str(TEMPLATES)],
        )
        self.headings: list[tuple[int, str, str]] = []

    def _file_extension_default(self) -> str:
        return ".html"

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """Replace nbconvert's Markdown by ours."""
        yield from super().default_filters()
        yield "markdown2html", self.markdown
        yield "highlight_code", Highlight2HTML(pygments_lexer="python3")

    def markdown(self, source: str) -> str:
        """Turn Markdown into HTML."""
        return MarkdownWithMath(renderer=Renderer(self.headings, escape=False)).render(source)
