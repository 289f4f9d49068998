"""Dates and times as written in files, converted to years."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

_DAYS = (
    *("%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%d.%m.%y"),  # with dots, the day is first everywhere
    *("%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%Y", "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y"),
    *("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y"),
)
_HOURS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_MONTHS = ("%Y/%m", "%Y.%m", "%Y%m", "%m/%Y", "%m.%Y", "%m-%Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%b %y", "%Y-%b")
FORMATS = ("ISO8601", *map("".join, itertools.product(_DAYS, _HOURS)), *_MONTHS)
_QUARTER = re.compile(r"(?:(?P<year>\d{4})[- ]?)?Q(?P<quarter>[1-4])(?:[- /]?(?P<later>\d{4}))?", re.IGNORECASE)


def years(texts: pd.Series) -> np.ndarray:
    """Return dates or times as years ``(n,)``, with the fraction of the year that has passed.

    Known are ISO 8601, days and months in the usual notations, and quarters. Times with an offset are converted to UTC.
    Of two notations that fit all of them, day/month and month/day, the one in which they increase is taken.

    Raises
    ------
    ValueError
        If a text is missing or no date or time, if both notations fit, or if only some times have an offset. The
        message begins with the row, counted from 1.
    """
    if texts.isna().any():
        raise ValueError(f"row {int(np.flatnonzero(texts.isna())[0]) + 1}: the time is missing")
    texts = texts.astype(str).str.strip()
    readings = list(_readings(texts))
    complete = [dates for dates in readings if not dates.isna().any()]
    if not complete:
        best = min(readings, key=lambda dates: np.count_nonzero(dates.isna()), default=None)
        row = 0 if best is None else int(np.flatnonzero(best.isna())[0])
        raise ValueError(f"row {row + 1}: time must be a number or a date, got '{texts.iloc[row]}'")
    increasing = [dates for dates in complete if dates.is_monotonic_increasing and dates.is_unique] or complete
    if any(not dates.equals(increasing[0]) for dates in increasing[1:]):
        raise ValueError(
            f"row 1: dates such as '{texts.iloc[0]}' can be day/month or month/day; write them in ISO 8601, 2020-12-31"
        )
    return _fractional(increasing[0])


def _readings(texts: pd.Series) -> Iterator[pd.DatetimeIndex]:
    """Yield the dates in each notation that fits the first of them, NaT where it does not fit."""
    offset = texts.str.contains(r"\d(?:Z|[+-]\d{2}:?\d{2})$", regex=True)
    if offset.any() and not offset.all():
        row = int(np.flatnonzero(offset != offset.iloc[0])[0])
        raise ValueError(
            f"row {row + 1}: all times must have an offset such as +01:00, or none, got '{texts.iloc[row]}'"
        )
    quarters = texts.str.fullmatch(_QUARTER)
    if quarters.iloc[0]:
        yield pd.DatetimeIndex([_quarter(text) for text in texts])
    for form in FORMATS:
        first = pd.to_datetime(texts.iloc[:1], format=form, errors="coerce", utc=True)
        if first.notna().all():
            yield pd.DatetimeIndex(pd.to_datetime(texts, format=form, errors="coerce", utc=True)).tz_localize(None)


def _quarter(text: str) -> Any:
    match = _QUARTER.fullmatch(text)
    year = match and (match["year"] or match["later"])
    return pd.Timestamp(int(year), 3 * int(match["quarter"]) - 2, 1) if match and year else pd.NaT


def _fractional(dates: pd.DatetimeIndex) -> np.ndarray:
    days = dates.day_of_year - 1 + (dates - dates.normalize()) / pd.Timedelta("1D")
    return (dates.year + days / np.where(dates.is_leap_year, 366, 365)).to_numpy(dtype=float)
