"""Dates and times in the notations that files have, converted to years."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from layerwise.data.times import years

DAYS = [date(2020, 1, 1) + timedelta(days) for days in range(70)]
MONTHS = [date(1999 + month // 12, month % 12 + 1, 1) for month in range(30)]
HOURS = [datetime(2020, 3, 28, tzinfo=UTC) + timedelta(hours=hour) for hour in range(60)]


def fraction(day):
    """Return a date as a year, computed with the standard library."""
    start, end = datetime(day.year, 1, 1), datetime(day.year + 1, 1, 1)
    time = day.replace(tzinfo=None) if isinstance(day, datetime) else datetime(day.year, day.month, day.day)
    return day.year + (time - start) / (end - start)


@pytest.mark.parametrize(
    ("dates", "form"),
    [
        *(
            (DAYS, form)
            for form in ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%y", "%Y/%m/%d")
        ),
        *((DAYS, form) for form in ("%d-%m-%Y", "%Y%m%d", "%d %b %Y", "%B %d, %Y", "%d-%b-%y", "%d.%m.%Y 00:00")),
        *((MONTHS, form) for form in ("%Y-%m", "%m/%Y", "%b-%y", "%B %Y", "%d.%m.%Y", "%Y%m")),
        *((HOURS, form) for form in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p")),
    ],
)
def test_the_usual_notations_are_read(dates, form):
    np.testing.assert_allclose(
        years(pd.Series([day.strftime(form) for day in dates])), [*map(fraction, dates)], rtol=1e-9
    )


def test_times_with_offsets_are_converted_to_utc_across_the_change_of_daylight_saving_time():
    local = [hour.astimezone(ZoneInfo("Europe/Berlin")).isoformat() for hour in HOURS]
    assert {text[-6:] for text in local} == {"+01:00", "+02:00"}
    np.testing.assert_allclose(years(pd.Series(local)), [*map(fraction, HOURS)], rtol=1e-12)


@pytest.mark.parametrize("form", ["{year}Q{quarter}", "{year}-Q{quarter}", "Q{quarter} {year}", "q{quarter}/{year}"])
def test_quarters_are_read(form):
    texts = [form.format(year=2001 + quarter // 4, quarter=quarter % 4 + 1) for quarter in range(9)]
    expected = [fraction(date(2001 + quarter // 4, 3 * (quarter % 4) + 1, 1)) for quarter in range(9)]
    np.testing.assert_allclose(years(pd.Series(texts)), expected, rtol=1e-12)


def test_the_notation_in_which_the_dates_increase_is_taken():
    expected = [date(2020, 2, 1), date(2020, 2, 12), date(2020, 3, 4)]
    for form in ("%d/%m/%Y", "%m/%d/%Y"):
        made = years(pd.Series([day.strftime(form) for day in expected]))
        np.testing.assert_allclose(made, [*map(fraction, expected)], rtol=1e-12)


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (
            [day.strftime("%d/%m/%Y") for day in MONTHS],
            "row 1: dates such as '01/01/1999' can be day/month or month/day",
        ),
        (["2020-01-01", "soon"], "row 2: time must be a number or a date, got 'soon'"),
        (["2020-01-31", "2020-02-31"], "row 2: time must be a number or a date, got '2020-02-31'"),
        (["later", "2020-02-01"], "row 1: time must be a number or a date, got 'later'"),
        (["2020-01-01", None], "row 2: the time is missing"),
        (["2020Q1", "2020Q5"], "row 2: time must be a number or a date, got '2020Q5'"),
        (
            ["2020-01-01T00:00", "2020-01-01T01:00+01:00"],
            "row 2: all times must have an offset such as +01:00, or none",
        ),
    ],
)
def test_other_texts_are_errors(texts, sentence):
    with pytest.raises(ValueError) as caught:
        years(pd.Series(texts))
    assert str(caught.value).startswith(sentence)
