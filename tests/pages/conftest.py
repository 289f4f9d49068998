"""A small site rendered from synthetic artifacts, and a browser to open it."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import synthetic
from commands import render, reporting

from layerwise.reports import REPORTS

TABLES = {"two_clouds": ("clouds", "table", 2), "three_clouds": ("trefoil", "table", 3)}
IMAGES = {"stripes": ("stripes", "image", 4)}
CONTENT = dict.fromkeys(REPORTS, IMAGES) | {
    "assignment1": TABLES | IMAGES,
    "assignment2": TABLES,
    "assignment3": TABLES | IMAGES,
    "reproducibility": TABLES | IMAGES,
}


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory):
    """Return a folder with the artifacts of every report, and the specifications by report."""
    folder = tmp_path_factory.mktemp("artifacts")
    results = folder / "results"
    specs = {report: synthetic.make(results, report, content) for report, content in CONTENT.items()}
    synthetic.join_claims(results)
    return folder, specs


@pytest.fixture(scope="session")
def site(artifacts):
    """Return a folder with every page; ``LAYERWISE_REPORTS`` names an existing one to check instead."""
    if "LAYERWISE_REPORTS" in os.environ:
        return Path(os.environ["LAYERWISE_REPORTS"]).resolve()
    folder, specs = artifacts
    with ThreadPoolExecutor(2) as pool:  # in parallel, which would reveal a shared port or file
        processes = pool.map(lambda report: render(report, specs[report], folder / "reports", folder), REPORTS)
    for process in processes:
        assert process.returncode == 0, process.stderr
    process = reporting(
        "index", "--output", "reports/index.html", "--negative", "reports/negative_results.html",
        "--claims", "results/claims.csv",
        "--reports", *[f"reports/{report}.html" for report in REPORTS],
        "--summaries", *[f"results/summaries/{report}.csv" for report in REPORTS],
        "--spec", json.dumps(specs["assignment1"]), "--settings", json.dumps({"seeds": synthetic.SEEDS}),
        cwd=folder,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    return folder / "reports"


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Yield a headless Chromium that logs every request and every console message."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("Chromium and chromedriver are not installed")
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync", f"user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):  # fmt: skip
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    window = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield window
    window.quit()
