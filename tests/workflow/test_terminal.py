"""Terminal output of a run: a status line on a terminal, a few lines in a log, and the message after an interrupt."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOY = """
from snakemake.logging import logger
from layerwise.pipeline import console

watch = console.Watch(workflow.output_settings).install(logger)


rule all:
    input:
        expand("{i}.txt", i=range(4)),


rule work:
    output:
        "{i}.txt",
    log:
        "logs/study/part_{i}.log",
    shell:
        "(sleep {config[seconds]}; touch {output}; echo cpu_seconds total=30.0 work=29.0) > {log} 2>&1"


rule broken:
    output:
        "broken.txt",
    log:
        "logs/broken.log",
    shell:
        "echo error: no data > {log}; exit 1"


onstart:
    watch.start(workflow)


onsuccess:
    print(watch.farewell(["reports/index.html"]))


onerror:
    print(watch.explain(), file=sys.stderr)
"""


@pytest.fixture
def toy(tmp_path):
    """Return a function that starts a small workflow with the project's profile and console output."""
    (tmp_path / "Snakefile").write_text(TOY)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "TERM": "xterm", "LANG": "C.UTF-8"}
    for name in ("NO_COLOR", "COLUMNS", "LC_ALL"):
        environment.pop(name, None)

    started = []

    def start(*arguments, seconds="0.1", stream=subprocess.PIPE, **more):
        profile = ["--workflow-profile", str(ROOT / "profiles/default")]
        configured = ["--config", f"seconds={seconds}"]
        process = subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--cores", "2", *profile, *arguments, *configured],
            cwd=tmp_path,
            env=environment | more,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream if stream != subprocess.PIPE else subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # ignored in a background job
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def on_a_terminal(start, *arguments, columns=60, **more):
    """Run a workflow on a terminal and return its output and exit status."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = start(*arguments, stream=theirs, **more)
    os.close(theirs)
    written = b""
    while True:
        try:
            part = os.read(ours, 1 << 16)
        except OSError:  # raised by Linux when the last process has closed its end
            break
        if not part:
            break
        written += part
    os.close(ours)
    return written.decode(), process.wait()


def test_a_terminal_shows_one_status_line(toy):
    written, status = on_a_terminal(toy)
    assert status == 0, written
    states = re.findall(r"(\d)/5 done", written)
    assert states == sorted(states)
    assert {"0", "4"} <= set(states)
    assert "running: study part_" in written
    drawn = re.findall(r"(\[[=> ]{10}\][^\r\n\x1b]*)(\r\x1b\[J)?", written)
    assert all(erased for _, erased in drawn)
    assert all(len(line) < 60 for line, _ in drawn)
    visible = [line for line in written.replace("\r\x1b[J", "\n").splitlines() if line and "/5 done" not in line]
    assert len(visible) == 3, visible
    assert re.fullmatch(r"Done: 5 jobs in \d+ s, 2 min of CPU time. Open reports/index.html", visible[-1])
    assert not re.search(r"\x1b\[\?", written)  # the cursor is never hidden


@pytest.mark.parametrize("plain", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["pipe", "NO_COLOR", "dumb"])
def test_other_streams_get_a_few_plain_lines(toy, plain):
    if plain:
        written, status = on_a_terminal(toy, **plain)
    else:
        process = toy()
        written, status = process.communicate()[0].decode(), process.returncode
    assert status == 0, written
    assert "\x1b" not in written
    assert [line for line in written.splitlines() if " done" in line] == ["0 of 5 jobs done"]
    assert written.splitlines()[-1].startswith("Done: 5 jobs in ")


def test_a_failure_is_shown_at_once_and_explained_at_the_end(toy):
    written, status = on_a_terminal(toy, "all", "broken.txt")
    assert status == 1
    assert "1 failed" in written
    assert written.count("Rule broken failed. The last lines of logs/broken.log:") == 1
    assert "Likely cause: no data." in written
    assert "5 of 6 jobs are done." in written
    assert "Interrupted" not in written


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_how_to_resume(toy, tmp_path, number):
    process = toy(seconds="60")
    while len(list(tmp_path.glob("logs/study/*.log"))) < 2:  # a job that is just starting may miss the signal
        assert process.poll() is None, process.communicate()[0].decode()
        time.sleep(0.05)
    os.killpg(process.pid, number)  # to Snakemake and its jobs, like Ctrl-C
    written = process.communicate(timeout=30)[0].decode()
    assert process.returncode != 0
    assert "Interrupted; resume with the same command." in written
    for noise in ("failed", "Traceback", "Error"):
        assert noise not in written


def test_snakemake_output_is_unchanged_with_dry_run_list_rulegraph_and_verbose(toy):
    for arguments, words in {
        ("--dry-run",): "This was a dry-run",
        ("--list",): "broken",
        ("--rulegraph",): "digraph",
        ("--verbose",): "5 of 5 steps (100%) done",
    }.items():
        process = toy(*arguments)
        written = process.communicate()[0].decode()
        assert process.returncode == 0, written
        assert words in written
        assert "jobs done" not in written


def test_a_report_can_be_requested_by_the_name_of_its_page(project):
    jobs = project.plan("application_domains")
    assert ["reports/application_domains.html"] in [job.inputs for job in jobs]


def test_an_unknown_target_is_reported_with_the_known_ones(project):
    done = project.snakemake("--", "asignment4", check=False)
    assert done.returncode != 0
    message = done.stdout.splitlines()[-2:]
    assert message[0] == "Unknown target 'asignment4'; did you mean 'assignment4'?"
    assert all(target in message[1] for target in ("all", "reports", "assignment5", "domains", "application_domains"))
