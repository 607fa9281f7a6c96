"""Commands that look at what was recorded; none of them walks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from gait.commands.flags import (
    File,
    Folder,
    Folders,
    Maybe,
    Name,
    Number,
    Whole,
    print_json,
    word,
)
from gait.errors import UsageError


@dataclass
class Render:
    """Video of a run, the start and the recommendation side by side; of several runs, a race."""

    dir: Positional[Folder]
    """Run directory; or a policy's weights (policy.npz), which then walks a held-out trial."""
    others: Positional[Annotated[tuple[Folder, ...], arg(metavar="[DIR …]")]] = ()
    """More run directories, up to 8: the recommended gaits race in one scene."""
    out: File = Path("walk.mp4")
    """Film to write: .mp4, or .webp or .gif for a small loop."""
    style: Annotated[str, word("NAME[,NAME…]")] = ""
    """Of a legged robot's run: strip, forces, trails, slow."""

    def run(self) -> int:
        """Draw the recorded trials."""
        from gait.view.render import render_race_of, render_run

        if self.others and self.style:
            raise UsageError(f"--style {self.style} goes with one run; a race has one style.")
        if self.others:
            print(render_race_of([self.dir, *self.others], self.out))
        elif self.dir.suffix == ".npz":
            print(self._played())
        else:
            print(render_run(self.dir, self.out, self.style))
        return 0

    def _played(self) -> Path:
        from gait.play import play
        from gait.view.formats import check_target
        from gait.view.render import render_played

        check_target(self.out)  # before anything is walked
        task, before, after = play(self.dir)
        return render_played(task, before, after, self.out, (task.title, self.dir.name, "a trained policy"), self.style)


@dataclass
class View:
    """Look at the recorded gait of a run from all sides, in a browser."""

    dir: Positional[Folder]
    """Run directory."""
    which: Name = "recommended"
    """What is shown: recommended, start or reference."""
    port: Whole = 8080
    """Port of the viewer on this machine, or the next one that is free."""
    window: bool = False
    """Use MuJoCo's own window instead, where there is a display."""
    html: Annotated[Path | None, word("FILE", Path)] = None
    """Write a page that shows it offline instead."""

    def run(self) -> int:
        """Show it until interrupted, or write the page."""
        from gait.view.watch import export_run, view_run

        if self.html is not None:
            print(export_run(self.dir, self.html, self.which))
        else:
            view_run(self.dir, self.which, port=self.port, window=self.window, say=print)
        return 0


@dataclass
class Analyze:
    """Measure the gait of a quadruped's run: footfalls, speed, cost of transport, stability; with a figure."""

    dir: Positional[Folder]
    """Run directory."""
    which: Name = "recommended"
    """Recorded trial: recommended or start."""
    out: Annotated[Path | None, word("FILE", Path)] = None
    """Figure to write; if none is named, DIR/gait.png."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        """Measure the recorded trial, draw and print it."""
        from gait.analysis.run import analyze_run
        from gait.analysis.table import print_analysis

        data = analyze_run(self.dir, self.which, self.out)
        if self.json:
            print_json(data)
        else:
            print_analysis(data)
        return 0


@dataclass
class Pareto:
    """Weigh two measures of all trials that runs recorded: those that no other beats in both. Nothing is walked."""

    dirs: Positional[Folders]
    """Run directories of one task."""
    x: Name = "speed"
    """Measure."""
    y: Name = "cost_of_transport_positive"
    """Another one."""
    objective: Maybe = None
    """Print the best trials by this objective too: a name, or MEASURE=WEIGHT,…"""
    command_speed: Number = None
    """Speed that the objective wants walked at [m/s]."""
    out: File = Path("pareto.png")
    """Figure to write; a CSV lies beside it."""

    def run(self) -> int:
        """Print the front, draw it."""
        from gait.compare.pareto import pareto

        for line in pareto(self.dirs, (self.x, self.y), self.out, self.objective, self.command_speed):
            print(line)
        return 0


@dataclass
class Report:
    """Write a page to read about a run, or about many: what was found, in one HTML file. Nothing is walked."""

    dirs: Positional[Folders]
    """Run directories, or directories with runs below, such as a comparison's."""
    out: Annotated[Path | None, word("FILE", Path)] = None
    """File to write; if none is named, report.html in DIR. The plots' data as CSV goes into a folder beside it."""
    target: Number = None
    """Score for the time to a target; if none is named, twice the start."""

    def run(self) -> int:
        """Write it and say where."""
        from gait.report.write import write_report

        print(write_report(self.dirs, self.out, target=self.target))
        return 0
