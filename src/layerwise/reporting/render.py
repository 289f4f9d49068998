"""Rendering of notebooks as pages: jupytext reads them, papermill executes them, nbconvert converts them to HTML."""

from __future__ import annotations

import html
import io
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from pprint import pformat
from types import ModuleType
from typing import Any

import jupytext
import nbformat
import papermill
import yaml
from IPython.core.displayhook import CapturingDisplayHook
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbconvert.exporters import TemplateExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat.v4 import new_output
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from papermill.translators import PythonTranslator, papermill_translators
from traitlets.config import Config

from layerwise.pipeline.files import write_text
from layerwise.reporting.display import code_html
from layerwise.reporting.pages import TEMPLATES, formula, frame, own_identifiers
from layerwise.reports import ALL_REPORTS, REPORTS

KERNEL = "layerwise"


def render(
    notebook: Path, report: str, output: Path, executed: Path, parameters: Mapping[str, Any], alone: bool = False
) -> None:
    """Execute a notebook, and write the executed notebook and the page.

    Parameters
    ----------
    notebook : path
        Percent-format Python file.
    report : str
        Name of the report, one of `ALL_REPORTS`.
    output, executed : path
        Page and executed notebook to write.
    parameters : mapping
        Values for the notebook's cell tagged ``parameters``.
    alone : bool
        Whether the page is built without the other reports and has no links to them.

    Raises
    ------
    ValueError
        If a cell fails; the message names the notebook, the line, the cell and the error.
    """
    node = execute(notebook, {"report": report, **parameters})
    experiments = parameters.get("experiments", {})
    write_text(executed, nbformat.writes(node) + "\n")
    write_text(output, page(node, report, experiments, alone))


def execute(notebook: Path, parameters: Mapping[str, Any]) -> nbformat.NotebookNode:
    """Execute a notebook in this process and return it with its outputs, without timestamps and random identifiers."""
    source = notebook.read_text(encoding="utf-8")
    node = jupytext.reads(source, fmt="py:percent")
    node.metadata = nbformat.from_dict({"kernelspec": {"name": KERNEL, "display_name": KERNEL, "language": "python"}})
    papermill_engines.register(KERNEL, ThisProcess)
    papermill_translators.register(KERNEL, ParametersInPython)
    try:
        node = papermill.execute_notebook(
            node, None, dict(parameters), engine_name=KERNEL, kernel_name=KERNEL, language="python", progress_bar=False
        )
    except papermill.PapermillExecutionError as error:
        raise ValueError(f"{_location(notebook, source, error)}: {error.ename}: {_line(error.evalue)}") from None
    return _clean(node)


class ThisProcess(Engine):
    """Runs the cells in this process; a kernel would have to start a second Python and import the libraries again."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, kernel_name: str, **options: Any) -> None:
        """Run the code cells in order, up to the first that fails."""
        with _shell() as shell:
            for number, cell in enumerate((c for c in nb_man.nb.cells if c.cell_type == "code"), start=1):
                cell.execution_count = number
                if not _run(shell, cell):
                    break


class ParametersInPython(PythonTranslator):
    """Writes the parameters cell; papermill's own translator spends seconds on formatting it with black."""

    @classmethod
    def codify(cls, parameters: Mapping[str, Any], comment: str = "Parameters") -> str:
        """Return Python code that assigns each parameter."""
        lines = [f"{name} = {pformat(value, width=100, sort_dicts=False)}" for name, value in parameters.items()]
        return "\n".join([f"# {comment}", *lines, ""])


@contextmanager
def _shell() -> Iterator[InteractiveShell]:
    """Yield a fresh IPython shell that neither reads nor writes the user's files."""
    with tempfile.TemporaryDirectory(prefix="layerwise-") as folder:
        config = Config({"HistoryManager": {"enabled": False}})
        module = ModuleType("notebook_cells")  # instead of __main__, which is this command
        try:
            yield InteractiveShell.instance(ipython_dir=folder, config=config, user_module=module)
        finally:
            InteractiveShell.clear_instance()


def _run(shell: InteractiveShell, cell: nbformat.NotebookNode) -> bool:
    """Run a cell, store its printed and displayed outputs, and return whether it succeeded."""
    shell.display_pub = CapturingDisplayPublisher()
    displayed = shell.display_pub.outputs
    shell.display_trap.hook = CapturingDisplayHook(shell, displayed)  # for the value of a cell's last expression
    with redirect_stdout(io.StringIO()) as printed:  # stderr is left alone: warnings go to the log
        result = shell.run_cell(cell.source)
    if result.success and printed.getvalue():
        cell.outputs.append(new_output("stream", text=printed.getvalue()))
    cell.outputs += [new_output("display_data", data=output["data"]) for output in displayed]
    error = result.error_before_exec or result.error_in_exec
    if isinstance(error, KeyboardInterrupt):
        raise error
    if error:
        cell.outputs.append(new_output("error", ename=type(error).__name__, evalue=str(error)))
    return result.success


def _location(notebook: Path, source: str, error: papermill.PapermillExecutionError) -> str:
    """Return the location of a failed cell: file, line, number and its first line of code."""
    first = next((line for line in error.source.splitlines() if line.strip()), "")
    at = source.find(error.source)
    line = f":{source[:at].count(chr(10)) + 1}" if at >= 0 else ""
    return f"{notebook}{line}: cell {error.cell_index + 1} ('{first}')"


def _line(text: str) -> str:
    return " ".join(re.sub(r"\x1b\[[\d;]*m", "", text).split())


def _clean(node: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Remove everything that differs between two executions."""
    node.metadata = nbformat.from_dict({"kernelspec": node.metadata.kernelspec})
    for number, cell in enumerate(node.cells):
        cell.id = f"cell-{number}"
        cell.metadata = nbformat.from_dict({"tags": cell.metadata.get("tags", [])})
    return node


def page(node: nbformat.NotebookNode, report: str, experiments: Mapping[str, Any], alone: bool = False) -> str:
    """Return an executed notebook as the HTML of a page."""
    node.cells = [cell for cell in node.cells if "injected-parameters" not in cell.metadata.tags]
    exporter = Fragment()
    body, _ = exporter.from_notebook_node(node)
    titles = [heading for heading in exporter.headings if heading[0] == 1]
    code = [cell.source for cell in node.cells if cell.cell_type == "code" and "parameters" not in cell.metadata.tags]
    previous, following = (None, None) if alone else neighbors(report)
    return frame(
        "page.html.j2",
        report=report,
        alone=alone,
        kicker=ALL_REPORTS[report].label,
        target=ALL_REPORTS[report].target,
        previous=previous,
        next=following,
        code=code_html("\n\n\n".join(code)),
        title=titles[0][2] if titles else ALL_REPORTS[report].title,
        description=_summary(node),
        contents=[heading for heading in exporter.headings if heading[0] in (2, 3)],
        body=own_identifiers(body),
        configuration=yaml.safe_dump(_plain(experiments), sort_keys=False, allow_unicode=True, width=100),
    )


def neighbors(report: str) -> list[dict[str, str] | None]:
    """Return name, label and title of the reports before and after a report in reading order, None at the ends."""
    names = list(REPORTS)
    place = names.index(report)
    return [
        {"name": name, "label": REPORTS[name].label, "title": REPORTS[name].title} if name else None
        for name in (names[place - 1] if place else None, names[place + 1] if place + 1 < len(names) else None)
    ]


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _summary(node: nbformat.NotebookNode) -> str:
    """Return the first paragraph below the title, which the landing page shows."""
    for cell in node.cells:
        if cell.cell_type == "markdown":
            for paragraph in cell.source.split("\n\n"):
                if not paragraph.startswith("#"):
                    return _line(paragraph)
    return ""


class Renderer(IPythonRenderer):
    """Markdown renderer that draws formulas as SVG and collects the headings for the table of contents."""

    def __init__(self, headings: list[tuple[int, str, str]], **options: Any):
        super().__init__(**options)
        self.headings = headings

    def heading(self, text: str, level: int, **attributes: Any) -> str:
        """Return a heading with an anchor derived from its text."""
        plain = html.unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", "", text, flags=re.DOTALL))
        anchor = re.sub(r"[^\w]+", "-", plain.lower()).strip("-")
        taken = {name for _, name, _ in self.headings}
        while anchor in taken:
            anchor += "-again"
        self.headings.append((level, anchor, plain))
        link = f' <a class="anchor" href="#{anchor}" aria-label="Link to this section">#</a>' if level > 1 else ""
        return f'<h{level} id="{anchor}">{text}{link}</h{level}>\n'

    def block_code(self, code: str, info: str | None = None) -> str:
        """Return a block of code, which can be scrolled with the keyboard."""
        return super().block_code(code, info).replace("<pre>", '<pre tabindex="0">')

    def block_math(self, body: str) -> str:
        """Return a display formula."""
        return formula(body, inline=False)

    def inline_math(self, body: str) -> str:
        """Return an inline formula."""
        return formula(body, inline=True)

    def table(self, text: str) -> str:
        """Return a table in a box that scrolls where the page is narrow."""
        return f'<div class="scroll" tabindex="0"><table>\n{text}</table></div>\n'


class Fragment(TemplateExporter):
    """Exports the cells of a notebook as the body of a page, with ``templates/report``."""

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
        """Replace nbconvert's Markdown filter by `markdown`."""
        yield from super().default_filters()
        yield "markdown2html", self.markdown

    def markdown(self, source: str) -> str:
        """Return Markdown as HTML; HTML in it is shown as text, since titles and names are not trusted."""
        return MarkdownWithMath(renderer=Renderer(self.headings, escape=True, allow_harmful_protocols=False)).render(
            source
        )
