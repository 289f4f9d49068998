"""Every page opens from disk, makes no requests, fits a phone screen and has text alternatives."""

import json
import re
import sys
from pathlib import Path

import pytest
from commands import render, reporting

from layerwise.claims.tests import VERDICTS
from layerwise.reports import REPORTS

PAGES = [*REPORTS, "index", "negative_results"]


@pytest.fixture(params=PAGES)
def page(request, site, browser):
    """Open one page and return the browser."""
    path = site / f"{request.param}.html"
    assert path.exists(), f"{path} was not written"
    browser.get_log("performance"), browser.get_log("browser")
    browser.get(path.as_uri())
    return browser


def test_no_request_leaves_the_disk_and_the_console_is_silent(page):
    events = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    requests = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
    urls = [
        request["request"]["url"]
        for request in requests
        if request["documentURL"] == page.current_url  # and not the browser's new tab
    ]
    assert urls, "the browser's log does not contain the request for the page itself"
    assert [url for url in urls if not url.startswith(("file:", "data:"))] == []
    assert page.get_log("browser") == []


def test_page_fits_a_phone(page):
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    )
    widest = page.execute_script("return document.documentElement.scrollWidth")
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert widest <= 390


def test_figures_and_formulas_have_text_alternatives(page):
    unlabeled = page.execute_script(
        "return [...document.querySelectorAll('svg, img')].filter(e => !(e.getAttribute('aria-label') ||"
        "e.getAttribute('alt') || e.parentNode.querySelector(':scope > math'))).map(e => e.outerHTML.slice(0, 200))"
    )
    assert unlabeled == []


SCREENS = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_no_violation(page, screen, scheme):
    axe = pytest.importorskip("axe_core_python", reason="axe-core-python is not installed")
    source = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    settings = {**SCREENS[screen], "deviceScaleFactor": 1, "mobile": screen == "phone"}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", settings)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    page.execute_script(source)
    found = page.execute_async_script(
        "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(result => done("
        "result.violations.map(v => [v.id, v.help, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))])))"
    )
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert found == []


def test_all_markdown_and_latex_is_rendered(page):
    left = page.execute_script(
        "const text = document.querySelector('main').cloneNode(true);"
        "text.querySelectorAll('pre, code, script, svg, math').forEach(e => e.remove());"
        "return text.textContent.match(/.{0,30}(\\$|\\\\[a-z]|\\*\\*).{0,30}/gi)"
    )
    assert left is None


def test_text_of_figures_stays_inside(page):
    outside = page.execute_script(
        "return [...document.querySelectorAll('.panel svg')].flatMap(svg => {const box = svg.getBoundingClientRect();"
        "return [...svg.querySelectorAll('text')].filter(t => {const r = t.getBoundingClientRect();"
        "return r.left < box.left - 3 || r.right > box.right + 3 || r.top < box.top - 3 || r.bottom > box.bottom + 3})"
        ".map(t => t.textContent)})"
    )
    assert outside == []


def test_identifiers_are_unique_and_links_have_targets(page):
    broken = page.execute_script(
        "return [...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1))"
        ".filter(id => !document.getElementById(id))"
    )
    duplicates = page.execute_script(
        "const ids = [...document.querySelectorAll('[id]')].map(e => e.id);"
        "return ids.filter((id, i) => ids.indexOf(id) < i)"
    )
    assert broken == []
    assert duplicates == []


@pytest.mark.parametrize("name", PAGES)
def test_page_is_one_file_with_the_scripts_of_its_widgets_only(site, name):
    text = (site / f"{name}.html").read_text(encoding="utf-8")
    live = text.count('<figure class="widget"')
    assert text.count('<script type="application/json">') == live
    assert text.count("<script") == live + bool(live)
    assert re.findall(r'(?:src|srcset|xlink:href)="(?!data:|#)[^"]*"', text) == []
    links = set(re.findall(r'href="(?!data:|#)([^"#]+)', text))
    assert links <= {f"{page}.html" for page in PAGES}


@pytest.mark.parametrize(
    ("summary", "content"), [("details.code summary", "details.code pre"), (".claim summary", ".claim p")]
)
def test_code_and_evidence_are_folded_and_open_with_a_click(site, browser, summary, content):
    browser.get((site / "assignment1.html").as_uri())
    visible = f"return document.querySelector('main {content}').checkVisibility()"
    assert not browser.execute_script(visible)
    browser.find_element("css selector", f"main {summary}").click()
    assert browser.execute_script(visible)


def test_every_report_links_the_previous_and_the_next(site, browser):
    browser.get((site / f"{next(iter(REPORTS))}.html").as_uri())
    visited = [browser.title]
    while following := browser.find_elements("css selector", ".pager [rel=next]"):
        following[0].click()
        visited.append(browser.title)
    assert len(set(visited)) == len(visited) == len(REPORTS)
    assert (
        browser.find_element("css selector", ".pager [rel=prev]")
        .get_attribute("href")
        .endswith("application_domains.html")
    )


def test_index_links_every_report_and_counts_the_claims(site, browser):
    browser.get((site / "index.html").as_uri())
    links = browser.find_elements("css selector", ".path h3 a")
    assert {link.get_attribute("href").rsplit("/", 1)[1] for link in links} == {f"{name}.html" for name in REPORTS}
    rows = browser.execute_script("return [...document.querySelectorAll('.tally dd')].map(e => Number(e.textContent))")
    assert len(rows) == len(VERDICTS) and sum(rows) > 0


def test_same_artifacts_give_the_same_bytes(site, artifacts, tmp_path):
    folder, specs = artifacts
    assert render("assignment1", specs["assignment1"], tmp_path, folder).returncode == 0
    for name in ("assignment1.html", "assignment1.ipynb"):
        assert (tmp_path / name).read_bytes() == (folder / "reports" / name).read_bytes()


BROKEN = """\
# %% tags=["parameters"]
report = ""
experiments = {}
studies = {}

# %%
print("fine")

# %%
1 / 0
"""


def test_failing_notebook_ends_in_one_message_and_writes_nothing(tmp_path):
    notebook = tmp_path / "broken.py"
    notebook.write_text(BROKEN)
    process = render("assignment1", {}, tmp_path / "out", tmp_path, notebook)
    assert process.returncode == 1
    assert process.stderr == f"error: {notebook}:10: cell 4 ('1 / 0'): ZeroDivisionError: division by zero\n"
    assert not (tmp_path / "out").exists()


def test_missing_artifact_is_named(artifacts, tmp_path):
    folder, specs = artifacts
    spec = {"two_clouds": {**specs["assignment1"]["two_clouds"], "seeds": 9}}
    process = render("assignment1", spec, tmp_path / "out", folder)
    assert process.returncode == 1
    assert "results/runs/two_clouds/numpy/seed-2/" in process.stderr
    assert process.stderr.count("\n") == 1


def test_notebook_runs_in_this_python_whatever_kernels_are_installed(tmp_path, monkeypatch):
    kernel = tmp_path / "jupyter/kernels/layerwise/kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text('{"argv": ["false"], "language": "python", "display_name": "wrong"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    notebook = tmp_path / "which.py"
    notebook.write_text(BROKEN.replace("1 / 0", "import sys\nprint(sys.executable)"))
    process = render("assignment1", {}, tmp_path, tmp_path, notebook)
    assert process.returncode == 0, process.stderr
    assert sys.executable in (tmp_path / "assignment1.html").read_text()


def test_unknown_report_is_rejected(tmp_path):
    process = reporting("render", "--notebook", "x.py", "--report", "assignment9", "--output", "o", "--executed", "e",
                        cwd=tmp_path)  # fmt: skip
    assert process.returncode != 0
    assert "assignment9" in process.stderr and "assignment1" in process.stderr
