"""Progress: a bar on a terminal that tells the bill as it is, and silence elsewhere."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import TextColumn
from toy import Toy

from gait.policy import Constant
from gait.progress import Progress, TerminalProgress, show_progress
from gait.tally import Tally
from gait.trial import Ending, Query
from gait.validate import Validator


@pytest.fixture
def told():
    """A bar for a budget of 1000 s, and what it prints."""
    screen = io.StringIO()
    bar = Bar(TextColumn("{task.description}"), console=Console(file=screen, width=200), auto_refresh=False)
    return TerminalProgress(bar, 1000.0, Toy()), bar, screen


def walk(n, first=0):
    queries = [Query(first + k, Constant(np.full(3, 0.5))) for k in range(n)]
    return Toy().run(queries, [np.random.SeedSequence([9, first + k]) for k in range(n)])[0]


def test_the_bar_says_what_the_tally_says(told):
    progress, bar, _ = told
    tally = Tally()
    progress.replayed(tally)
    for k in range(6):
        tally.add(Toy(), walk(4, 4 * k))
        progress.walked(tally)
        words = bar.tasks[0].description
        falls = tally.endings["fell"]
        assert f"best trial {tally.best:.3f} m/s · {falls} fall{'' if falls == 1 else 's'} · " in words
        assert words.endswith(" left")
        assert "× real time" in words
        assert bar.tasks[0].completed == min(tally.clock, 1000.0)
        assert bar.tasks[0].total == 1000.0


def test_before_anything_is_walked_here_no_speed_is_claimed(told):
    progress, bar, _ = told
    tally = Tally()
    tally.add(Toy(), walk(4))
    progress.replayed(tally)
    assert "left" not in bar.tasks[0].description
    assert "spent · best trial" in bar.tasks[0].description


def test_the_start_is_told_when_it_is_known(told, tmp_path):
    progress, _, screen = told
    (start,) = Validator(Toy(), tmp_path / "cache")([Constant(np.zeros(3))])
    progress.started(start)
    assert screen.getvalue() == f"start   {start.mean:.3f} m/s ± {start.sd:.3f} (16 held-out trials)\n"


def test_a_tally_counts_a_blow_up_as_a_fall_on_the_bill_but_not_by_name():
    (trial,) = walk(1)
    lost = dataclasses.replace(trial, score=None, ending=Ending.DIVERGED, charged=trial.walked + 2.0 + 8.0)
    tally = Tally()
    tally.add(Toy(), [lost])
    assert (tally.falls, tally.endings["fell"], tally.endings["diverged"]) == (8.0, 0, 1)
    assert tally.best == float("-inf")


@pytest.mark.parametrize("wanted", [True, False])
def test_where_there_is_no_terminal_nothing_is_said(wanted, capfd):
    with show_progress(wanted, 100.0, Toy()) as progress:
        assert type(progress) is Progress
        progress.replayed(Tally())
        progress.validating()
    assert capfd.readouterr() == ("", "")
