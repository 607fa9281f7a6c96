"""The two pages: one run, and a comparison of many. Puts words, tables, pictures and the video in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gait.compare.study import SIGNIFICANT, spell
from gait.durations import show_duration
from gait.report import markup as html
from gait.report import tables, words
from gait.report.commands import group_commands, run_command
from gait.report.numbers import Numbers, across_tasks, paired_across_tasks, spent_of
from gait.report.pictures import (
    Picture,
    comparison_pictures,
    curves_picture,
    inline,
    learning_curve_picture,
    spent_picture,
)
from gait.report.runs import FoundRun, Group
from gait.report.video import video_of

HOW = (
    "Scores are those of the recommendation on held-out trials that are the same for all and not charged: "
    "interquartile means with 95 % bootstrap intervals over runs. Time is simulated and charged: walking, set-up, "
    "falls. Time to a target: all seconds spent / runs that got there. "
    "P: that a run of one ends above {}; better or worse where a {} gives "
    f"p < {SIGNIFICANT}, Holm-corrected over all pairs."
)


@dataclass
class Page:
    """A page in the making: its pictures, numbered so that their ids differ, and the folder of what lies beside it."""

    beside: Path
    pictures: list[Picture] = field(default_factory=list)

    def picture(self, picture: Picture, folder: str = "", caption: str = "") -> str:
        """A picture's markup; its data is written beside the page."""
        self.pictures.append(picture)
        place = self.beside / folder
        place.mkdir(parents=True, exist_ok=True)
        picture.write(place)
        return html.figure(inline(picture, f"f{len(self.pictures)}"), picture.title, caption)

    def video(self, run: FoundRun, name: str) -> str:
        """The video of a run's recommendation beside its start."""
        return video_of(
            run.path, self.beside / f"{name}.mp4", f"{run.optimizer}, seed {run.seed}: start and recommendation"
        )


def run_page(group: Group, page: Page) -> Iterator[str]:
    """The report of one run."""
    run = group.every[0]
    yield html.paragraph(
        f"{group.question} · {run.optimizer} · seed {run.seed} · budget {spell(group.budget)}", "question"
    )
    spent = {run.optimizer: run.spent}
    if run.result is None:
        yield html.heading(f"Unfinished: {spell(run.spent.charged)} of {spell(group.budget)} simulated time spent.", 1)
        yield html.paragraph("Its recommendation is validated when the budget is spent. Go on with:", "note")
        yield html.commands([f"gait resume {run.path}"])
    else:
        yield html.heading(words.run_headline(run.result), 1)
        yield page.picture(learning_curve_picture(run.result))
        yield from _best(run, page, "walk")
    yield html.heading("Where the simulated time went")
    yield tables.spending(spent)
    yield html.details("As a picture", [page.picture(spent_picture(spent))])
    if told := tables.measures(run):
        yield html.details("Measures", [told])
    yield from _again([run_command(run.manifest, "runs/again")], [run])


def comparison_page(groups: Sequence[Group], page: Page) -> Iterator[str]:
    """The report of many runs, question by question."""
    several = len(groups) > 1
    numbers = {g.question + f" · {spell(g.budget)}": Numbers(g.study) for g in groups if g.finished}
    if several:
        yield from _overview(numbers)
    for k, group in enumerate(groups):
        yield from _comparison(group, page, f"task-{k + 1}" if several else "", 2 if several else 1)


def _overview(numbers: Mapping[str, Numbers]) -> Iterator[str]:
    yield html.heading(f"{len(numbers)} tasks or budgets", 1)
    if found := across_tasks(dict(numbers)):
        yield html.paragraph(
            "Over all tasks: fractions of the way from the start to the best known, stratified bootstrap."
        )
        yield tables.across(found, paired_across_tasks(dict(numbers)))


def _comparison(group: Group, page: Page, folder: str, level: int) -> Iterator[str]:
    counted = f"{len(group.finished)} of {group.asked} runs finished · budget {spell(group.budget)} each"
    yield html.paragraph(f"{group.question} · {counted}", "question")
    best = group.best
    if best is None:
        yield html.heading("No run is finished yet.", level)
        yield tables.progress(group)
        yield from _again(group_commands(group), group.every)
        return
    numbers = Numbers(group.study)
    yield from opening(numbers, page, folder, level)
    if len(group.finished) < group.asked:
        yield html.details("How far it is", [tables.progress(group)])
    yield from on_demand(numbers, page, folder)
    spent = spent_of(group)
    yield html.details(
        "Where the simulated time went", [page.picture(spent_picture(spent), folder), tables.spending(spent)]
    )
    yield html.heading(f"The best run: {best.optimizer}, seed {best.seed}")
    yield html.paragraph(words.run_headline(best.result or {}))
    yield from _best(best, page, "-".join(part for part in (folder, "best") if part))
    yield from _again(group_commands(group), group.every)


def opening(numbers: Numbers, page: Page, folder: str = "", level: int = 1) -> Iterator[str]:
    """What a comparison says first: a sentence, who stands where, the curves, the table."""
    study = numbers.study
    yield html.heading(words.headline(numbers), level)
    yield html.paragraph(words.standing(numbers))
    for caution in words.cautions(numbers):
        yield html.paragraph(caution, "caution")
    yield page.picture(curves_picture(numbers, _quantity(numbers)), folder)
    yield tables.standings(numbers)
    how = HOW.format("its pair of the other" if study.paired else "a run of the other", study.test)
    target = "was asked for" if study.target is not None else f"is {study.goal[1]}"
    yield html.paragraph(f"The target {target}. {how}", "note")


def on_demand(numbers: Numbers, page: Page, folder: str = "") -> Iterator[str]:
    """The comparison's other pictures, and the areas over its curves."""
    for picture in comparison_pictures(numbers, _quantity(numbers)):
        yield html.details(picture.title, [page.picture(picture, folder)])
    if numbers.improved:
        ends = f"start {numbers.study.start:.4g} (0) to best known {numbers.best:.4g} {_unit(numbers)} (1)"
        note = html.paragraph(
            f"Mean height of the curves, from {ends}; log time begins at {spell(numbers.log_clock[0])}."
        )
        yield html.details("Area over the convergence curve", [tables.areas(numbers), note])


def _quantity(numbers: Numbers) -> str:
    return f"{numbers.study.every[0]['score_name']} [{_unit(numbers)}]"


def _unit(numbers: Numbers) -> str:
    return str(numbers.study.every[0]["score_unit"])


def _best(run: FoundRun, page: Page, name: str) -> Iterator[str]:
    """What a run saves, its video, and its parameters beside the start's."""
    for told in (words.saving(run.result or {}), words.acting(run.result or {})):
        if told:
            yield html.paragraph(told)
    if run.overspent > 0.01 * float(run.manifest["budget"]):
        spent = f"Its last batch went {show_duration(run.overspent)} beyond the budget"
        yield html.paragraph(
            f"{spent}; what is recommended then is shown here, but counts in no comparison.", "caution"
        )
    yield page.video(run, name)
    told = tables.parameters(run)
    if told:
        yield html.heading("Parameters", 3)
        yield told
    else:
        yield html.paragraph(
            "Its recommendation is a feedback policy, not a set of parameters: its weights are in policy.npz.", "note"
        )


def _again(commands: Sequence[str], runs: Sequence[FoundRun]) -> Iterator[str]:
    yield html.details("Make it again", [html.commands(commands), tables.version_table(list(runs))])
