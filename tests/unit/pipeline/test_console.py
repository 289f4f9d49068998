"""Which of Snakemake's messages reach the terminal, and the status line below them."""

import io
import logging
import re
import sys
from types import SimpleNamespace

import pytest
from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from layerwise.pipeline import console

PLAIN = {"TERM": "xterm", "LANG": "C.UTF-8"}


class Terminal(io.StringIO):
    """A resizable terminal with the features the status line uses: wrapping, cursor up, and erasing."""

    encoding = "utf-8"

    def isatty(self):
        return True

    def screen(self, width):
        """Return the visible rows at a width."""
        rows, row, column = [""], 0, 0
        for count, code, character in re.findall(r"\x1b\[(\d*)([AJm])|([^\x1b])", self.getvalue()):
            if code == "A":
                row -= int(count)
            elif code == "J":
                rows = [*rows[:row], rows[row][:column]]
            elif character == "\r":
                column = 0
            elif character == "\n":
                row, column = row + 1, 0
            elif character:
                if column == width:
                    row, column = row + 1, 0
                rows += [""] * (row + 1 - len(rows))
                rows[row] = rows[row][:column] + character + rows[row][column + 1 :]
                column += 1
            rows += [""] * (row + 1 - len(rows))
        return rows


def settings(**changes):
    return SimpleNamespace(
        **({"quiet": {Quietness.HOST, Quietness.RULES}, "dryrun": False, "verbose": False} | changes)
    )


def record(message, event=None, **extra):
    entry = logging.LogRecord("snakemake", logging.INFO, "", 0, message, None, None)
    vars(entry).update(event=event, **extra)
    return entry


def error(rule, log):
    return record("failed", LogEvent.JOB_ERROR, rule_name=rule, jobid=1, log=[f"{log} (check log file(s))"])


# --- messages ---------------------------------------------------------------------------------------------------------

CHATTER = [
    record("Select jobs to execute..."),
    record("Execute 12 jobs...", LogEvent.JOB_STARTED),
    record("Using shell: /usr/bin/bash"),
    record("Config file config/datasets.yaml is extended by additional config specified via the command line."),
]
COUNTED = [
    record("", LogEvent.PROGRESS, done=1, total=2),
    record("Finished jobid: 1", LogEvent.JOB_FINISHED, job_id=1),
    record("Job stats: …", LogEvent.RUN_INFO),
]
MESSAGES = [
    record("Building DAG of jobs..."),
    record("rule x", LogEvent.JOB_INFO, jobid=1),
    record("oh", LogEvent.ERROR),
]


@pytest.mark.parametrize(
    ("changes", "chatter", "counted"),
    [
        ({}, False, False),
        ({"verbose": True}, True, True),
        ({"dryrun": True}, False, True),
        ({"quiet": {Quietness.PROGRESS}}, False, True),  # Snakemake's own filter drops these
    ],
)
def test_which_messages_are_shown(changes, chatter, counted):
    watch = console.Watch(settings(**changes))
    assert [watch.filter(entry) for entry in CHATTER] == [chatter] * len(CHATTER)
    assert [watch.filter(entry) for entry in COUNTED] == [counted] * len(COUNTED)
    assert [watch.filter(entry) for entry in MESSAGES] == [True] * len(MESSAGES)
    assert watch.explain() == ""


def test_event_names_match_those_of_snakemake():
    known = {str(event) for event in LogEvent}
    assert {*console._COUNTED, "job_info", "job_finished", "job_error", "error"} <= known


def test_every_job_that_failed_is_explained(tmp_path):
    (tmp_path / "a.log").write_text("error: the first")
    (tmp_path / "b.log").write_text("error: the second")
    watch = console.Watch(settings())
    watch.filter(error("prepare", tmp_path / "a.log"))
    watch.filter(error("prepare", tmp_path / "b.log"))
    assert watch.explain().count("Rule prepare failed") == 2
    assert "the first" in watch.explain()
    assert "the second" in watch.explain()


def test_jobs_that_the_user_interrupted_are_not_reported_as_failed(tmp_path):
    watch = console.Watch(settings())
    watch.interrupted = True
    watch.filter(error("prepare", tmp_path / "a.log"))
    assert not watch.filter(record("CalledProcessError", LogEvent.ERROR, exception="RuleException"))
    assert watch.explain() == "Interrupted; resume with the same command."


@pytest.mark.parametrize(("number", "shown"), [("SIGINT", False), ("SIGTERM", False), ("SIGKILL", True)])
def test_a_job_killed_by_the_signal_before_the_run_handles_it_is_not_reported(number, shown):
    text = f"CalledProcessError: Command 'x' died with <Signals.{number}: 1>."
    assert console.Watch(settings()).filter(record(text, LogEvent.ERROR, exception="RuleException")) is shown


@pytest.mark.parametrize(
    ("target", "hint"),
    [("asignment4", "; did you mean 'assignment4'?"), ("domain", "; did you mean 'domains'?"), ("xyz", "")],
)
def test_an_unknown_target_is_reported_with_the_known_ones(target, hint):
    entry = record(
        f"MissingRuleException:\nNo rule to produce {target} (if you use input functions make sure …).",
        LogEvent.ERROR,
        exception="MissingRuleException",
    )
    assert console.Watch(settings(), ["all", "assignment4", "domains"]).filter(entry)
    assert entry.msg == (
        f"Unknown target '{target}'{hint}\nTargets: all, assignment4, domains; or any file that the pipeline creates."
    )


# --- the status line --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_lines_are_rewritten_on_a_terminal_only(changes, expected):
    assert console.rewrites(Terminal(), PLAIN | changes) is expected
    assert not console.rewrites(io.StringIO(), PLAIN | changes)


@pytest.mark.parametrize(
    ("encoding", "environment", "expected"),
    [
        ("utf-8", PLAIN, "1/2 · é…"),
        ("utf-8", PLAIN | {"LANG": "C"}, "1/2 - ?~"),
        ("utf-8", {"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, "1/2 - ?~"),
        ("latin-1", PLAIN, "1/2 - é~"),
        ("ascii", PLAIN, "1/2 - ?~"),
    ],
)
def test_text_is_reduced_to_the_characters_of_the_terminal(encoding, environment, expected):
    assert console.encodable("1/2 · é…", encoding, environment) == expected


@pytest.fixture
def line(monkeypatch):
    """Return a status line on a terminal of 30 columns."""
    monkeypatch.setenv("COLUMNS", "30")
    return console.StatusLine(Terminal())


def test_the_line_is_rewritten_in_place(line):
    for text in ("1/3 done, a long text", "2/3 done", "3/3"):
        line.show(text)
    assert line.stream.screen(30) == ["3/3"]
    line.close()
    assert line.stream.screen(30) == [""]


def test_messages_are_written_above_the_line(line):
    line.show("1/3 done")
    line.write("an error of two\nlines")
    line.show("2/3 done")  # the message has not ended its line
    assert line.stream.screen(30) == ["an error of two", "lines"]
    line.write("\n")
    line.flush()
    assert line.stream.screen(30) == ["an error of two", "lines", "2/3 done"]


def test_the_line_is_erased_after_the_terminal_became_narrower(line, monkeypatch):
    line.write("a message\n")
    line.show("1/3 done " + 20 * "x")
    monkeypatch.setenv("COLUMNS", "12")  # the line takes three rows now
    assert len(line.stream.screen(12)) == 4
    line.show("2/3 done")
    assert line.stream.screen(12) == ["a message", "2/3 done"]


@pytest.mark.parametrize(("columns", "width"), [("40", 40), ("", 80), ("0", 80), ("many", 80)])
def test_the_default_width_is_80_columns(line, monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    assert line.width() == width


# --- messages and status line in Snakemake's handler ------------------------------------------------------------------


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """Return a function that creates a watch on a logger with a stream, during a run of three jobs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "70")
    for key, value in {**PLAIN, "NO_COLOR": "", "LC_ALL": ""}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # restored afterwards, because the watch replaces it
    monkeypatch.setattr(console.signal, "signal", lambda *_: None)
    watches = []

    def make(stream, **changes):
        given = settings(**changes)
        logger = logging.Logger("snakemake")
        handler = ColorizingTextHandler(
            stream=stream,
            formatter=DefaultFormatter(given.quiet),
            filter=DefaultFilter(given.quiet, False, given.verbose, given.dryrun, False),
        )
        handler.name = "DefaultStreamHandler"
        logger.addHandler(handler)
        watch = console.Watch(given).install(logger)
        jobs = [SimpleNamespace(jobid=job, log=[f"logs/study/{job}.log"]) for job in range(3)]
        watch.start(
            SimpleNamespace(
                resource_settings=SimpleNamespace(cores=2, nodes=None),
                local_exec=True,
                dag=SimpleNamespace(needrun_jobs=lambda: iter(jobs)),
                config_settings=SimpleNamespace(config={}, configfiles=[]),
                dag_settings=SimpleNamespace(targets=set()),
            )
        )
        watches.append(watch)
        return watch, logger

    yield make
    for watch in watches:
        watch.stop()


def test_a_run_on_a_terminal(watched):
    stream = Terminal()
    watch, logger = watched(stream)
    logger.handle(record("rule a", LogEvent.JOB_INFO, jobid=0))
    assert stream.screen(70) == ["[>         ] 0/3 done · 1 running: study 0"]
    logger.handle(record("Finished", LogEvent.JOB_FINISHED, job_id=0))
    logger.handle(record("A warning.", None))
    shown = stream.screen(70)
    assert "A warning." in shown[0]
    assert shown[1:] == ["[===>      ] 1/3 done"]
    assert watch.again == "`make resume`"
    assert watch.farewell(["reports/index.html"]) == "Done: 1 job in 0 s, 0 s of CPU time. Open reports/index.html"
    assert stream.screen(70)[1:] == [""]


def test_a_run_in_a_log(watched):
    stream = io.StringIO()
    watch, logger = watched(stream)
    for job in range(3):
        logger.handle(record("rule a", LogEvent.JOB_INFO, jobid=job))
        logger.handle(record("Finished", LogEvent.JOB_FINISHED, job_id=job))
    watch._show()  # normally called once a minute
    assert stream.getvalue() == "0 of 3 jobs done\n3 of 3 jobs done\n"


@pytest.mark.parametrize("changes", [{"verbose": True}, {"quiet": {Quietness.PROGRESS}}, {"quiet": {Quietness.ALL}}])
def test_there_is_no_line_with_verbose_or_quiet(watched, changes):
    stream = Terminal()
    _, logger = watched(stream, **changes)
    logger.handle(record("rule a", LogEvent.JOB_INFO, jobid=0))
    assert "0/3 done" not in stream.getvalue()
