"""What of Snakemake's messages reaches the terminal, and the line below them."""

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
    """A terminal that can be resized, as far as the line uses one: it wraps, moves the cursor up and erases."""

    encoding = "utf-8"

    def isatty(self):
        return True

    def screen(self, width):
        """Return what is seen at some width."""
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
    made = logging.LogRecord("snakemake", logging.INFO, "", 0, message, None, None)
    vars(made).update(event=event, **extra)
    return made


def error(rule, log):
    return record("failed", LogEvent.JOB_ERROR, rule_name=rule, jobid=1, log=[f"{log} (check log file(s))"])


# --- what is shown ----------------------------------------------------------------------------------------------------

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
def test_what_is_shown(changes, chatter, counted):
    watch = console.Watch(settings(**changes))
    assert [watch.filter(one) for one in CHATTER] == [chatter] * len(CHATTER)
    assert [watch.filter(one) for one in COUNTED] == [counted] * len(COUNTED)
    assert [watch.filter(one) for one in MESSAGES] == [True] * len(MESSAGES)
    assert watch.explain() == ""


def test_the_events_have_the_names_that_snakemake_gives_them():
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


def test_jobs_that_the_user_ended_are_not_called_failed(tmp_path):
    watch = console.Watch(settings())
    watch.interrupted = True
    watch.filter(error("prepare", tmp_path / "a.log"))
    assert not watch.filter(record("CalledProcessError", LogEvent.ERROR, exception="RuleException"))
    assert watch.explain() == "Interrupted; the same command goes on where it stopped."


@pytest.mark.parametrize(("number", "shown"), [("SIGINT", False), ("SIGTERM", False), ("SIGKILL", True)])
def test_a_job_may_die_of_the_signal_before_the_run_has_noticed_it(number, shown):
    text = f"CalledProcessError: Command 'x' died with <Signals.{number}: 1>."
    assert console.Watch(settings()).filter(record(text, LogEvent.ERROR, exception="RuleException")) is shown


@pytest.mark.parametrize(
    ("target", "hint"),
    [("asignment4", "; did you mean 'assignment4'?"), ("domain", "; did you mean 'domains'?"), ("xyz", "")],
)
def test_an_unknown_target_is_answered_with_those_there_are(target, hint):
    one = record(
        f"MissingRuleException:\nNo rule to produce {target} (if you use input functions make sure …).",
        LogEvent.ERROR,
        exception="MissingRuleException",
    )
    assert console.Watch(settings(), ["all", "assignment4", "domains"]).filter(one)
    assert one.msg == (
        f"No target '{target}'{hint}\nTargets: all, assignment4, domains; or any file that the pipeline makes."
    )


# --- the line ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_a_line_moves_on_a_terminal_only(changes, expected):
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
def test_a_terminal_gets_the_characters_it_can_show(encoding, environment, expected):
    assert console.encodable("1/2 · é…", encoding, environment) == expected


@pytest.fixture
def line(monkeypatch):
    """Return a line on a terminal of 30 columns."""
    monkeypatch.setenv("COLUMNS", "30")
    return console.StatusLine(Terminal())


def test_the_line_is_rewritten_in_place(line):
    for text in ("1/3 done, a long text", "2/3 done", "3/3"):
        line.show(text)
    assert line.stream.screen(30) == ["3/3"]
    line.close()
    assert line.stream.screen(30) == [""]


def test_a_message_stands_above_the_line(line):
    line.show("1/3 done")
    line.write("an error of two\nlines")
    line.show("2/3 done")  # the message has not ended its line
    assert line.stream.screen(30) == ["an error of two", "lines"]
    line.write("\n")
    line.flush()
    assert line.stream.screen(30) == ["an error of two", "lines", "2/3 done"]


def test_a_terminal_made_narrower_keeps_nothing_of_the_line(line, monkeypatch):
    line.write("a message\n")
    line.show("1/3 done " + 20 * "x")
    monkeypatch.setenv("COLUMNS", "12")  # the line takes three rows now
    assert len(line.stream.screen(12)) == 4
    line.show("2/3 done")
    assert line.stream.screen(12) == ["a message", "2/3 done"]


@pytest.mark.parametrize(("columns", "width"), [("40", 40), ("", 80), ("0", 80), ("many", 80)])
def test_without_a_size_there_are_80_columns(line, monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    assert line.width() == width


# --- both together, in Snakemake's own handler ------------------------------------------------------------------------


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """Return a function that makes a watch on a logger that writes to a stream, during a run of three jobs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "70")
    for key, value in {**PLAIN, "NO_COLOR": "", "LC_ALL": ""}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # which the watch replaces
    monkeypatch.setattr(console.signal, "signal", lambda *_: None)
    made = []

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
        made.append(watch)
        return watch, logger

    yield make
    for watch in made:
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
    watch._show()  # as once a minute
    assert stream.getvalue() == "0 of 3 jobs done\n3 of 3 jobs done\n"


@pytest.mark.parametrize("changes", [{"verbose": True}, {"quiet": {Quietness.PROGRESS}}, {"quiet": {Quietness.ALL}}])
def test_where_snakemake_is_to_say_all_or_nothing_there_is_no_line(watched, changes):
    stream = Terminal()
    _, logger = watched(stream, **changes)
    logger.handle(record("rule a", LogEvent.JOB_INFO, jobid=0))
    assert "0/3 done" not in stream.getvalue()
