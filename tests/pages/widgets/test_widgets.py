"""Every interactive figure works with the keyboard and on a phone, and has a static figure."""

import json
from pathlib import Path

import numpy as np
import pytest
from widget_pages import (
    CAPTION,
    CASES,
    a_page,
    visible,
)

from layerwise.reporting import index, widgets
from layerwise.reporting.widgets import (
    Widget,
)


def test_widget_replaces_its_static_figure_on_the_screen_and_not_in_print(name, opened, browser):
    opened(name)
    assert visible(browser, ".stage") and not visible(browser, ".static")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert visible(browser, ".static svg, .static img") and not visible(browser, ".stage")


def test_static_figure_stands_without_javascript(name, html, browser, tmp_path):
    text = html(name).read_text(encoding="utf-8")
    before, _, after = text.rpartition("<script>")
    path = tmp_path / "page.html"
    path.write_text(before + after.partition("</script>")[2], encoding="utf-8")
    browser.get(path.as_uri())
    assert visible(browser, ".static svg, .static img") and visible(browser, "figcaption")
    assert not visible(browser, ".stage")


def test_widget_without_a_static_figure_leaves_no_trace_without_javascript(browser, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(f"<title>t</title>{widgets.markup(Widget('playground', 'Title', 'Hint.', {}), caption=CAPTION)}")
    browser.get(path.as_uri())
    assert browser.find_element("css selector", "body").text == ""


def test_static_figure_stays_if_the_script_fails(browser, tmp_path):
    body = widgets.markup(Widget("playground", "Title", "Hint.", {"datasets": {}}), "<p>static</p>")
    (tmp_path / "page.html").write_text(a_page(body), encoding="utf-8")
    browser.get((tmp_path / "page.html").as_uri())
    assert visible(browser, ".static") and not visible(browser, ".stage")
    assert browser.get_log("browser")


def test_widget_fits_a_phone_with_readable_text(name, opened, browser):
    opened(name)
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    )
    widest = browser.execute_script("return document.documentElement.scrollWidth")
    small = browser.execute_script(
        "return [...document.querySelectorAll('.stage *')].filter(e => [...e.childNodes].some(n => n.nodeType === 3 &&"
        "n.textContent.trim()) && e.checkVisibility()).map(e => { const svg = e.closest('svg');"
        "const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;"
        "return [scale * parseFloat(getComputedStyle(e).fontSize), e.textContent]; }).filter(([size]) => size < 11)"
    )
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert widest <= 390
    assert small == []


def test_controls_and_pictures_are_labeled(name, opened, browser):
    opened(name)
    unlabeled = browser.execute_script(
        "return [...document.querySelectorAll('.stage :is(input, select, button)')].filter(e =>"
        "!(e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent).trim()).concat("
        "[...document.querySelectorAll('.stage :is(canvas, svg, [tabindex], [role=slider])')].filter(e =>"
        "!e.getAttribute('aria-label'))).map(e => e.outerHTML.slice(0, 200))"
    )
    assert unlabeled == []


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 390)])
def test_axe_finds_no_violation(name, scheme, width, opened, browser):
    axe = pytest.importorskip("axe_core_python", reason="axe-core-python is not installed")
    opened(name, prefers_color_scheme=scheme)
    settings = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", settings)
    browser.execute_script((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[0]; axe.run('figure.widget', {resultTypes: ['violations']}).then(result => done("
        "result.violations.map(v => [v.id, v.help, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))])))"
    )
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert found == []


def test_every_control_can_be_used_without_an_error(name, opened, browser):
    opened(name)
    browser.execute_script(
        "for (const e of document.querySelectorAll('.stage button')) { e.click(); e.click(); }"
        "for (const e of document.querySelectorAll('.stage select')) for (const option of e.options) {"
        "e.value = option.value; e.dispatchEvent(new Event('change', {bubbles: true})); }"
        "for (const e of document.querySelectorAll('.stage input[type=range]')) for (const end of ['min', 'max']) {"
        "e.value = e[end]; e.dispatchEvent(new Event('input', {bubbles: true})); }"
    )  # `opened` checks the console
    assert browser.execute_script("return !/NaN|undefined/.test(document.querySelector('.stage').innerText)")


def test_markup_is_the_same_every_time_and_ends_no_script_early(name, request):
    first, second = (widgets.markup(CASES[name](request.getfixturevalue)[0]) for _ in range(2))
    assert first == second
    assert first.count("</script>") == 1
    assert widgets.cut_out(f"<p>{first}</p>", name) == first


def test_only_the_scripts_of_the_page_are_inlined_and_permitted(name, html):
    text = html(name).read_text(encoding="utf-8")
    assert f"layerwise.widgets.{name} =" in text
    assert [other for other in CASES if f"layerwise.widgets.{other} =" in text] == [name]
    script = text.rpartition("<script>")[2].partition("</script>")[0]
    assert widgets.assets(text)["script"] == script
    assert f"script-src {widgets.assets(text)['hash']}" in text
    assert "layerwise" not in json.dumps(widgets.assets("<p>no widget</p>"))


def test_front_page_shows_the_digits_of_a_report(html, opened, browser, tmp_path):
    report = tmp_path / "assignment4.html"
    report.write_text(html("draw_digit").read_text(encoding="utf-8"), encoding="utf-8")
    claims = tmp_path / "claims.csv"
    claims.write_text("claim,report,statement,sentence,artifact,test,value,verdict,headline\n")
    index.index(tmp_path / "index.html", tmp_path / "negative.html", [report], claims)
    opened("draw_digit")  # resets the console, which must stay silent
    browser.get((tmp_path / "index.html").as_uri())
    assert visible(browser, ".stage") and "CNN" in browser.find_element("css selector", ".stage .status").text


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "float64"])
def test_arrays_arrive_unchanged(dtype, opened, browser):
    opened("playground")
    array = np.array([[0, 1, 2], [3, 4, 250]], dtype)
    shape, values = browser.execute_script(
        "const a = layerwise.decode(arguments[0]); return [a.shape, Array.from(a)]", widgets.encode(array)
    )
    assert shape == [2, 3] and values == array.ravel().tolist()


def test_numbers_are_written_as_in_the_reports(opened, browser):
    opened("playground")
    texts = browser.execute_script(
        "const {fixed, short, percent} = layerwise; return [fixed(-0.0001, 2), fixed(-1.5, 1), short(123456),"
        "short(-0.00001234), short(0.25), percent(0.1234), fixed(Infinity), fixed(NaN)]"
    )
    assert texts == ["0.00", "−1.5", "1.2 × 10⁵", "−1.2 × 10⁻⁵", "0.25", "12.3%", "∞", "undefined"]
