"""A notebook runs in this process and leaves no state behind."""

import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from layerwise.reporting import render


def run(folder, *cells):
    notebook = folder / "notebook.py"
    notebook.write_text("".join(f"# %%\n{cell}\n" for cell in cells))
    return render.execute(notebook, {}).cells


def test_a_cell_stores_printed_displayed_and_last_values(tmp_path):
    show = "from IPython.display import HTML, display\ndisplay(HTML('shown'))"
    first, second = run(tmp_path, "print(6 * 7)\n'last'", show)
    printed, last = first.outputs
    assert printed.text == "42\n" and last.data["text/plain"] == "'last'"
    assert [output.data["text/html"] for output in second.outputs] == ["shown"]
    assert [first.execution_count, second.execution_count] == [1, 2]


def test_stderr_goes_to_the_log_and_not_to_the_page(tmp_path, capsys):
    (cell,) = run(tmp_path, "import sys\nprint('careful', file=sys.stderr)")
    assert cell.outputs == [] and "careful" in capsys.readouterr().err


def test_no_cell_runs_after_a_failed_one(tmp_path, capsys):
    with pytest.raises(ValueError, match=r"notebook\.py:2: cell 1 \('1 / 0'\): ZeroDivisionError: division by zero"):
        run(tmp_path, "1 / 0", "print('after')")
    assert capsys.readouterr().out == ""


def test_an_interrupt_is_not_reported_as_an_error_of_the_notebook(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, "raise KeyboardInterrupt")


def test_notebooks_share_no_state(tmp_path):
    main = sys.modules["__main__"]
    run(tmp_path, "known = 1")
    with pytest.raises(ValueError, match="NameError"):
        run(tmp_path, "known")
    assert not InteractiveShell.initialized() and sys.modules["__main__"] is main
