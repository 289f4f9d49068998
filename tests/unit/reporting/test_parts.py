"""The parts of a page: formulas, tables, claims, headings, the commit."""

import json
import re
import subprocess
from html import escape
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from layerwise import plots
from layerwise.reporting import display, pages, widgets
from layerwise.reporting.artifacts import Report, mean_and_interval
from layerwise.reporting.course import OVERVIEWS
from layerwise.reporting.index import commit, headline, results
from layerwise.reporting.notation import NOTATION, notation_html
from layerwise.reporting.render import Fragment, own_identifiers
from layerwise.reports import REPORTS


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{1}{n} X^\top (p - y)",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
        r"\begin{cases} x & x > 0 \\ 0 & x \le 0 \end{cases}",
        r"\begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}",
        r"\sigma'(z) < \frac14",
    ],
)
def test_formula_is_drawn_and_has_mathml_for_screen_readers(latex):
    html = pages.formula(latex, inline=False)
    math, svg = ElementTree.fromstring(html)
    assert math.tag == "math" and "".join(math.itertext()).strip()
    assert svg.get("aria-hidden") == "true" and svg.find("path") is not None and "currentColor" in html
    assert "<script" not in html and "xmlns" not in html


def test_formula_that_cannot_be_parsed_is_quoted():
    with pytest.raises(ValueError, match=r"formula cannot be parsed: \$\\frac\{\$"):
        pages.formula(r"\frac{", inline=True)


def test_markdown_draws_formulas_and_collects_headings():
    fragment = Fragment()
    html = fragment.markdown(
        "# Title\n\n## Part $x$\n\nIn line $a<b$.\n\n$$\nx\n$$\n\n## Part $x$\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    assert html.count("<svg") == 4
    assert "$" not in html and not re.search("<p>[^/]*<div", html)
    assert fragment.headings == [(1, "title", "Title"), (2, "part-x", "Part x"), (2, "part-x-again", "Part x")]
    assert '<div class="scroll" tabindex="0"><table>' in html


HOSTILE = [
    "<img src=x onerror=alert(1)>.csv",
    "</title><script>alert(1)</script>",
    "cost_$_net_$ and $$x$$",
    "[x](javascript:alert(1)) ![y](http://example.org/z.png)",
    "&lt;b&gt; *a* `b` | ~~c~~ \\(d\\) # e",
    "http://example.org <http://example.org>",
]


@pytest.mark.parametrize("title", HOSTILE)
def test_foreign_texts_are_shown_as_written(title):
    fragment = Fragment()
    assert (
        fragment.markdown(f"A table ({display.plain(title)}).") == f"<p>A table ({escape(title, quote=False)}).</p>\n"
    )
    heading = fragment.markdown(f"## {display.plain(title)}")
    assert f">{escape(title, quote=False)} <a " in heading
    assert fragment.headings == [(2, fragment.headings[0][1], title)]


def test_a_line_break_in_a_foreign_text_starts_no_paragraph():
    assert Fragment().markdown(f"A table ({display.plain('a' + chr(10) * 2 + '# b')}).") == "<p>A table (a # b).</p>\n"


@pytest.mark.parametrize("title", HOSTILE[:2])
def test_markdown_never_becomes_markup_or_a_script(title):
    html = Fragment().markdown(f"{title}\n\n[x](javascript:alert(1)) [y](data:text/html,z) [z](https://example.org)")
    assert "<img" not in html and "<script" not in html
    assert html.count("<a href") == 3 and html.count('<a href="#') == 2 and '<a href="https://example.org"' in html


@pytest.mark.parametrize("name", [*HOSTILE, "<!--<script>"])
def test_data_of_a_widget_cannot_end_its_element(name):
    html = widgets.markup(widgets.Widget("threshold", "Title", "Hint.", {"class": name}))
    data = html.split('<script type="application/json">')[1].split("</script>")[0]
    assert json.loads(data) == {"class": name} and "<" not in data


def test_identifiers_of_two_equal_svgs_differ():
    svg = '<svg><clipPath id="p1"/><use href="#m1"/><g clip-path="url(#p1)"/></svg>'
    first = svg.replace("p1", "d1-p1").replace("m1", "d1-m1")
    second = svg.replace("p1", "d2-p1").replace("m1", "d2-m1")
    assert own_identifiers(svg * 2) == first + second


def test_table_escapes_text_aligns_numbers_and_marks_missing_values():
    html = display.table_html(
        pd.DataFrame({"name": ["<a>", "b"], "score": [-0.5, np.nan], "gap": ["1.5%", "-2%"]}), "A & B"
    )
    assert "&lt;a&gt;" in html and "A &amp; B" in html
    assert "<td class=num>−0.5000</td><td class=num>1.5%</td>" in html
    assert "<td class=num>–</td><td class=num>−2%</td>" in html


def test_claim_shows_sentence_verdict_and_evidence():
    row = {
        "claim": "c",
        "report": "r",
        "statement": "A < B.",
        "sentence": "1 < 2.",
        "artifact": "a.csv",
        "test": "t",
        "value": 0.25,
        "verdict": "CONTRADICTED",
    }
    html = display.claims_html(pd.DataFrame([row]))
    assert (
        'class="claim contradicted"' in html
        and ">Contradicted<" in html
        and "A &lt; B." in html
        and "1 &lt; 2." in html
        and "t · 0.25 · a.csv" in html
    )


def test_every_symbol_of_the_notation_is_drawn_and_explained_once():
    table = notation_html()
    symbols = [symbol for part in NOTATION.values() for symbol in part]
    assert table.count('class="formula"') == len(symbols) == table.count("<tr><td>")
    assert table.count('scope="rowgroup"') == len(NOTATION)


def test_every_report_has_an_overview():
    assert list(OVERVIEWS) == list(REPORTS)


def documented(x):
    """Return x.

    Nothing else.
    """
    return {"x": x}


def test_source_is_shown_without_the_docstring():
    html = display.source_html(documented)
    assert re.sub("<[^>]*>", "", html).split() == (
        ["def", "documented(x):", "return", '{"x":', "x}", "documented", "in", "test_parts.py"]
    )


def test_figure_has_title_alt_text_and_caption():
    picture = plots.bars({"a": 1.0}, "count", "One & only")
    html = display.figure_html(picture, caption="Read <this>")
    assert '<p class="finding">One &amp; only</p>' in html
    assert 'role="img" aria-label="One &amp; only. a: 1."' in html
    assert "<figcaption>Read &lt;this&gt;</figcaption>" in html


def test_large_svg_becomes_a_png(monkeypatch):
    monkeypatch.setattr(display, "HEAVIEST_SVG", 10)
    html = display.figure_html(plots.bars({"a": 1.0}, "count", "One"))
    assert '<img src="data:image/png;base64,' in html and 'alt="One. a: 1."' in html and "<svg" not in html


def test_interval_is_written_after_the_mean():
    assert mean_and_interval({"mean": 0.9, "low": 0.88, "high": 0.92}) == "0.900 [0.880, 0.920]"
    assert mean_and_interval({"mean": 0.9, "low": np.nan, "high": np.nan}) == "0.900"


def test_headline_has_only_experiments_of_both_backends(tmp_path):
    rows = [("x", "numpy"), ("x", "keras"), ("alone", "numpy")]
    columns = {"split": "test", "metric": "accuracy", "mean": 0.9, "low": 0.8, "high": 1.0, "seeds": 5, "diverged": 0}
    pd.DataFrame([{"experiment": e, "backend": b, **columns} for e, b in rows]).to_csv(tmp_path / "s.csv", index=False)
    html = headline([tmp_path / "s.csv"], {"x": {"title": "The X"}})
    assert "The X" in html and "alone" not in html and html.count("0.900 [0.800, 1.000]") == 2


def test_commit_is_named_or_said_to_be_unknown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit() == "not a git checkout"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run([*git, *command], check=True)
    assert commit().endswith(tuple("0123456789"))
    (tmp_path / "new").touch()
    assert commit().endswith("with uncommitted changes")


def test_unknown_experiment_suggests_the_nearest():
    with pytest.raises(
        KeyError, match="report 'assignment1' has no experiment 'iris_sofmax'; did you mean 'iris_softmax'"
    ):
        Report("assignment1", {"iris_softmax": {}})["iris_sofmax"]


def test_results_page_contains_the_artifacts(tmp_path):
    (tmp_path / "a.csv").write_text(
        "experiment,backend,split,metric,mean,sd,low,high,seeds,diverged\n"
        "net,numpy,test,accuracy,0.9,0.01,0.88,0.92,5,0\n"
        "net,keras,test,accuracy,0.8,0.01,0.79,0.81,5,0\n"
        "alone,numpy,test,accuracy,0.7,0.01,0.69,0.71,5,0\n"
    )
    (tmp_path / "claims.csv").write_text(
        "claim,report,sentence,artifact,test,value,verdict\n"
        "one,a,It is so.,x,greater,1,SUPPORTED\ntwo,a,It is not so.,x,greater,1,CONTRADICTED\n"
    )
    (tmp_path / "speed.md").write_text("## Speed\n\n| a |\n")
    results(tmp_path / "r.md", tmp_path / "claims.csv", [tmp_path / "a.csv"], [tmp_path / "speed.md"])
    page = (tmp_path / "r.md").read_text()
    assert "| net | 0.900 [0.880, 0.920] | 0.800 [0.790, 0.810] | 5 |" in page
    assert "alone" not in page
    assert "| a | 1 | 1 |" in page
    assert "- CONTRADICTED: It is not so." in page and "- SUPPORTED" not in page
    assert page.endswith("## Speed\n\n| a |\n")
