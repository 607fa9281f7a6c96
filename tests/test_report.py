"""Reports: what they say is so, what is in files stays data, and what isn't finished is told."""

from __future__ import annotations

import csv
import json
import re
import shlex
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from toy import Toy

from gait.cli import _parse
from gait.compare.study import Study
from gait.errors import UsageError
from gait.optimizers import OPTIMIZERS
from gait.report import commands, runs, words
from gait.report.numbers import Numbers, across_tasks, paired_across_tasks
from gait.report.write import write_report
from gait.run import optimize
from gait.run_files import read_manifest
from gait.tasks import TASKS, make_task
from gait.words import pairs

BUDGET = 3600.0


@pytest.fixture(autouse=True)
def _toy_on_the_shelf(monkeypatch):
    monkeypatch.setitem(TASKS, "toy", Toy)


@pytest.fixture(scope="module")
def walked(tmp_path_factory) -> Path:
    """An experiment of toys: two optimizers, five seeds."""
    out = tmp_path_factory.mktemp("walked") / "study"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TASKS, "toy", Toy)
        for name in ("random-search", "cma-es"):
            for seed in range(5):
                optimize("toy", name, budget=600, seed=seed, out=out / name / f"seed-{seed}", progress=False)
    return out


@pytest.fixture
def study(walked, tmp_path) -> Path:
    import shutil

    return shutil.copytree(walked, tmp_path / "study")


class Page(HTMLParser):
    """Text, tags and attributes of a page; complains of tags that aren't closed."""

    VOID = ("meta", "link")

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(file.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def made(tops: dict[str, list[float]], start: float = 0.15, soon: dict[str, float] | None = None) -> Numbers:
    """Numbers of crafted curves: one step to the top, at a share of the budget, a little later for each run."""
    soon = soon or {}
    results = {}
    for name, scores in tops.items():
        clocks = [soon.get(name, 0.2) * BUDGET * (1 + k / 100) for k in range(len(scores))]
        results[name] = [
            {"optimizer": name, "seed": k, "score_unit": "m/s", "score_name": "speed", "task": "quadruped",
             "start": {"mean": start, "sd": 0.01, "n": 16}, "recommended": {"mean": top, "sd": 0.01, "n": 16},
             "curve": [{"clock": t, "mean": m, "sd": 0.01, "n": 16} for t, m in ((0.0, start), (c, top))]}
            for k, (c, top) in enumerate(zip(clocks, scores, strict=True))
        ]  # fmt: skip
    return Numbers(Study(results, BUDGET))


def spread(top: float, n: int = 12) -> list[float]:
    return [top + 0.001 * k for k in range(n)]


# the headline says what is so


def test_a_clear_winner_is_named_with_how_much_sooner_it_was():
    said = words.headline(made({"fd": spread(0.4), "es": spread(0.5)}, soon={"fd": 0.6, "es": 0.2}))
    assert re.match(r"es reached 0\.300 m/s in 13 simulated minutes, 3\.0 \[2\.9, 3\.1\] times sooner than fd ", said)
    assert said.endswith("(12 of 12 runs).")


def test_a_reference_that_is_best_is_compared_with_the_next():
    said = words.headline(made({"fd": spread(0.5), "es": spread(0.4)}, soon={"fd": 0.2, "es": 0.6}))
    assert said.startswith("fd reached 0.300 m/s in 13 simulated minutes, 3.0 [")
    assert "sooner than es (12 of 12 runs)" in said


def test_a_difference_that_is_not_clear_is_called_so():
    said = words.headline(made({"fd": spread(0.5, 3), "es": spread(0.5, 3)}, soon={"fd": 0.6, "es": 0.2}))
    assert "no clear difference" in said  # three runs that beat three others give p = 0.1
    assert "times sooner" not in said
    assert "(3 of 3 runs)" in said
    same = words.headline(made({"fd": spread(0.5), "es": spread(0.5)}))
    assert "no clear difference" in same


def test_who_never_got_there_is_told_and_whether_that_means_something():
    many = words.headline(made({"fd": spread(0.2), "es": spread(0.5)}))
    assert "(12 of 12 runs), which fd never did (0 of 12 runs)" in many
    few = words.headline(made({"fd": spread(0.2, 3), "es": spread(0.5, 3)}))
    assert "fd never did (0 of 3 runs), which is no clear difference" in few


def test_when_nobody_got_there_the_best_end_is_told():
    said = words.headline(made({"fd": spread(0.2), "es": spread(0.25)}))
    assert said.startswith("No optimizer reached 0.300 m/s within 1 h of simulated time; es ended highest, at 0.25")
    assert said.endswith("(the start had 0.150).")
    alone = words.headline(made({"es": spread(0.1)}))
    assert alone.startswith("es did not reach 0.300 m/s within 1 h")


def test_others_that_may_be_as_quick_are_named():
    soon = {"fd": 0.6, "es": 0.2, "twin": 0.2}
    said = words.headline(made({"fd": spread(0.5), "es": spread(0.5), "twin": spread(0.5)}, soon=soon))
    assert "times sooner than fd" in said
    assert said.endswith("Not clearly sooner than twin.")


def test_the_end_is_told_with_who_is_clearly_beaten_and_who_is_not():
    said = words.standing(made({"a": spread(0.3), "b": spread(0.5), "c": spread(0.5)}))
    assert "clearly above a; not clearly different from " in said
    few = words.standing(made({"a": spread(0.3, 3), "b": spread(0.5, 3)}))
    assert "not clearly different from a." in few


@pytest.mark.parametrize(
    ("mean", "word"), [(0.3, "2.0 times the start"), (0.151, "not clearly different"), (0.1, "worse than the start")]
)
def test_a_run_is_better_worse_or_unclear(mean, word):
    quality = {"mean": mean, "sd": 0.01, "n": 16}
    start = {"mean": 0.15, "sd": 0.01, "n": 16}
    result = {
        "optimizer": "es",
        "score_unit": "m/s",
        "seconds": {"charged": 60},
        "start": start,
        "recommended": quality,
    }
    assert word in words.run_headline(result)
    assert ("times the start" in words.run_headline(result)) == (mean == 0.3)


def test_a_saving_is_told_where_the_task_has_a_reference():
    half = {"mean": 0.119, "sd": 0.01, "n": 16}
    both = {"true_saving": half, "estimated_saving": half | {"mean": -0.126}, "reference": {"name": "zero torque"}}
    said = "Against zero torque it saves 11.9 % truly and -12.6 % as estimated, on held-out trials."
    assert words.saving(both) == said
    assert words.saving({"estimated_saving": half | {"mean": None}}) == words.saving({}) == ""


def test_few_seeds_and_unequal_ones_are_warned_of():
    few = words.cautions(made({"a": spread(0.3, 4), "b": spread(0.5, 3)}))
    assert "fewer than 10 seeds" in few[0]
    assert "3 to 4 finished runs" in few[1]
    assert words.cautions(made({"a": spread(0.3), "b": spread(0.5)})) == []


# the page


def test_an_experiment_is_one_file_with_everything_in_it(study):
    file = write_report([study])
    assert file == study / "report.html"
    page = Page(file)
    assert page.tags.count("svg") == 6
    assert "script" not in page.tags
    loads = {(tag, name) for tag, name, value in page.attributes if name in ("src", "href", "srcset", "data")
             and not value.startswith(("data:", "#"))}  # fmt: skip
    assert loads == set()
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    for _, name, value in page.attributes:
        for target in re.findall(r"url\(#([^)]+)\)", value) + (
            [value[1:]] if "href" in name and value[:1] == "#" else []
        ):
            assert target in ids
    assert "10 of 10 runs finished" in page.text
    assert "No video: task 'toy' has no model to draw" in page.text
    assert "fewer than 10 seeds" in page.text


def test_each_plot_has_its_data_beside_it(study):
    write_report([study])
    beside = {p.name for p in (study / "report").iterdir()}
    names = {p.removesuffix(".svg") for p in beside if p.endswith(".svg")}
    assert names == {
        "score-time", "runtime-distribution", "expected-time", "run-scores", "who-beats-whom", "where-time-went"
    }  # fmt: skip
    assert beside >= {f"{name}.csv" for name in names}
    with (study / "report" / "where-time-went.csv").open() as file:
        rows = {row["optimizer"]: row for row in csv.DictReader(file)}
    charged = np.mean([json.loads(p.read_text())["seconds"]["charged"] for p in study.glob("cma-es/*/result.json")])
    total = sum(float(v) for k, v in rows["cma-es"].items() if k.endswith("_s") and k != "left_s")
    assert total == pytest.approx(charged)


def test_the_same_runs_give_the_same_file(study):
    first = write_report([study]).read_bytes()
    assert write_report([study]).read_bytes() == first


def test_a_run_has_a_page_with_its_parameters_beside_the_starts(study):
    place = study / "cma-es" / "seed-0"
    before = {p: p.read_bytes() for p in place.rglob("*") if p.is_file()}
    page = Page(write_report([place]))
    assert {p: p.read_bytes() for p in before} == before
    found = json.loads((place / "result.json").read_text())["recommended"]["parameters"]
    for value in found.values():
        assert f"-0.400 {value:.3f} m -1 … 2".replace(" ", "") in page.text.replace(" ", "")
    assert page.tags.count("svg") == 2


def test_an_unfinished_experiment_reports_what_is_there(study):
    (study / "cma-es" / "seed-4" / "result.json").unlink()
    asked = read_manifest(study / "cma-es" / "seed-0")
    settings = {"random-search": {}, "cma-es": {}, "genetic": {}}
    wanted = {"task": "toy", "fields": asked["fields"], "budget": 600, "settings": settings, "seeds": 7}
    (study / "experiment.json").write_text(json.dumps(wanted))
    text = Page(write_report([study])).text
    assert "9 of 21 runs finished" in text
    assert "The optimizers have 4 to 5 finished runs" in text
    assert "4 of 7" in text
    assert "0 of 7" in text
    assert "seed 4: 10 min of 10 min" in text
    for result in study.glob("*/*/result.json"):
        result.unlink()
    assert "No run is finished yet." in Page(write_report([study])).text
    lines = (study / "cma-es" / "seed-0" / "events.jsonl").read_text()
    (study / "cma-es" / "seed-0" / "events.jsonl").write_text(lines[: len(lines) * 2 // 3])  # torn in the middle
    text = Page(write_report([study / "cma-es" / "seed-0"])).text
    assert re.search(r"Unfinished: .+ of 10 min simulated time spent", text)


HOSTILE = '<script>alert(1)</script>" onload=x $x_1$ &amp; \u202e'


def test_what_comes_from_files_stays_text(study, tmp_path):
    for file in study.glob("*/*/*.json"):
        data = json.loads(file.read_text())
        if "optimizer" in data:
            data |= {"optimizer": HOSTILE + data["optimizer"]}
            data["fields"] = {"noise": HOSTILE}
            data |= {"score_name": HOSTILE, "score_unit": HOSTILE} if "score_unit" in data else {}
            data |= {"task": HOSTILE} if file.name == "run.json" else {}
            data["settings"] = {HOSTILE: HOSTILE}
            if "versions" in data:
                data["versions"][HOSTILE] = HOSTILE
            if "space" in data:
                data["space"][0] |= {"about": HOSTILE, "unit": HOSTILE}
        file.write_text(json.dumps(data))
    for place in (study, study / "cma-es" / "seed-0"):
        file = write_report([place])
        page = Page(file)
        assert not {"script", "img", "iframe", "object"} & set(page.tags)
        assert not [name for _, name, _ in page.attributes if name.startswith("on")]
        assert "<script>alert(1)</script>" in page.text
        assert "<script" not in file.read_text()
        # not even where a shell reads it
        assert "gait optimize '<script>" in page.text.split("Make it again")[1]


def test_the_best_run_is_the_best_within_its_budget(study):
    file = study / "random-search" / "seed-1" / "result.json"
    result = json.loads(file.read_text())
    late = {"clock": 650.0, "mean": 99.0, "sd": 0.1, "n": 16}
    result |= {"curve": [*result["curve"], late], "recommended": result["recommended"] | {"mean": 99.0}}
    result["seconds"]["charged"] = 650.0
    file.write_text(json.dumps(result))
    (group,) = runs.find_groups([study])
    assert group.best is not None
    assert group.best.path != file.parent
    assert Numbers(group.study).best < 99
    (late_run,) = runs.find_groups([file.parent])
    assert late_run.every[0].overspent == 50
    assert "went 50 s beyond the budget" in Page(write_report([file.parent])).text


def test_runs_of_another_question_are_kept_apart(study, tmp_path):
    optimize("toy", "cma-es", budget=900, out=tmp_path / "longer", progress=False)
    groups = runs.find_groups([study, tmp_path / "longer"])
    assert sorted((g.budget, len(g.every)) for g in groups) == [(600, 10), (900, 1)]
    assert len(runs.find_groups([study, study / "cma-es" / ".." / "cma-es"])[0].every) == 10  # none twice
    page = Page(write_report([study, tmp_path / "longer"], tmp_path / "both.html"))
    assert "2 tasks or budgets" in page.text
    assert {p.name for p in (tmp_path / "both").iterdir() if p.is_dir()} == {"task-1", "task-2"}


def test_one_optimizer_with_two_settings_is_two(study):
    optimize("toy", "cma-es", budget=600, out=study / "big" / "seed-0", settings={"population": 12}, progress=False)
    (group,) = runs.find_groups([study])
    assert set(group.runs) == {"cma-es (big)", "cma-es (cma-es)", "random-search"}


def test_what_is_around_all_is_part_of_the_question_else_of_the_name(study, tmp_path):
    from gait.around import Around

    place = tmp_path / "stopped"
    for seed in (0, 1):
        optimize("toy", "cma-es", budget=600, seed=seed, out=place / "cma-es" / f"seed-{seed}",
                 around=Around(early_stop=True), progress=False)  # fmt: skip
    asked = {"task": "toy", "settings": {"cma-es": {}}, "seeds": 3, "budget": 600}
    (place / "experiment.json").write_text(json.dumps(asked))
    (alone,) = runs.find_groups([place])
    assert list(alone.runs) == ["cma-es"]
    assert alone.question.endswith("early stop")
    assert alone.asked == 3
    (both,) = runs.find_groups([study, place])
    assert set(both.runs) == {"cma-es", "cma-es, early stop", "random-search"}
    assert both.question.endswith("default")


def test_a_variant_has_the_label_that_its_experiment_gave_it(study):
    optimize("toy", "cma-es", budget=600, out=study / "small" / "seed-0", settings={"population": 12}, progress=False)
    asked = {"task": "toy", "seeds": 5, "settings": {"small": {}, "random-search": {}, "cma-es": {}}}
    (study / "experiment.json").write_text(json.dumps(asked))
    (group,) = runs.find_groups([study])
    assert list(group.runs) == ["small", "random-search", "cma-es"]  # in its order, the reference first
    assert (len(group.finished), group.asked) == (11, 15)
    page = Page(write_report([study / "small" / "seed-0"]))
    assert page.tags.count("svg") == 2  # a run that is named is a run, not an experiment


def test_several_tasks_are_summed_up_by_strata_and_pairs():
    easy = made({"a": spread(0.4), "b": spread(0.5)})
    hard = made({"a": spread(0.2), "b": spread(0.3)})
    both = {"easy": easy, "hard": hard, "hopeless": made({"a": spread(0.1), "b": spread(0.1)})}
    found = across_tasks(both)
    assert float(found["b"].iqm) > float(found["a"].iqm)
    assert 0.9 < float(found["b"].high) <= 1.0
    assert paired_across_tasks(both)["b", "a"][0] == 1.0
    assert paired_across_tasks(both)["b", "a"].p_value == 0.5  # two pairs can't say more
    assert across_tasks({"easy": easy}) == {}


def test_what_is_no_result_is_refused_in_a_sentence(study):
    file = study / "cma-es" / "seed-0" / "result.json"
    whole = json.loads(file.read_text())
    for key, value in (("curve", []), ("curve", [{"clock": 0}]), ("start", 3), ("seconds", {}), ("score_unit", None)):
        file.write_text(json.dumps({k: v for k, v in (whole | {key: value}).items() if v is not None}))
        with pytest.raises(UsageError, match="no result of a run"):
            write_report([study])


FIELDS = [
    ("quadruped", {}),
    ("quadruped", {"objective": "speed=1,foot_slip=-0.5", "turn": 0.25, "heading_hold": 0.5}),
    ("quadruped", {"condition": "slope=5deg,payload=0..0.3kg", "tune_phases": True, "noise": "off"}),
    ("exoskeleton", {"participant": "3", "ankles": "left", "adaptation": "slow"}),
]


@pytest.mark.parametrize(("task", "fields"), FIELDS)
def test_the_command_makes_the_same_run(task, fields):
    from gait.manifest import manifest_of
    from gait.optimizers import find_optimizer

    settings = find_optimizer("as-cma").Settings.parse({})
    asked = manifest_of(make_task(task, fields), "as-cma", settings, 3, 5400.5, None)
    asked |= {"around": {"early_stop": True, "racing": 3}, "fleet": 2}
    form = _parse(shlex.split(commands.run_command(asked, "runs/a b"))[1:])
    assert make_task(form.task, form.flags.fields()).fields() == asked["fields"]
    assert (form.optimizer, form.budget, form.seed, form.fleet) == ("as-cma", "5400.5s", 3, 2)
    assert form.wrap.around().describe() == asked["around"]
    pairs = dict(word.split("=") for word in form.set)
    assert find_optimizer("as-cma").Settings.parse(pairs) == settings
    assert form.out == Path("runs/a b")


def test_the_commands_of_an_experiment_name_every_seed(study):
    (group,) = runs.find_groups([study])
    lines = commands.group_commands(group)
    assert len(lines) == 2
    assert all(line.startswith("for seed in 0 1 2 3 4; do gait optimize toy") for line in lines)
    assert all('--seed "$seed"' in line for line in lines)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_the_command_of_any_optimizer_sets_what_it_had(name):
    settings = OPTIMIZERS[name].Settings()
    asked = {"task": "toy", "optimizer": name, "settings": asdict(settings), "seed": 3, "budget": 60.0, "fields": {}}
    form = _parse(shlex.split(commands.run_command(asked, "runs/again"))[1:])
    assert type(settings).parse(pairs("--set", form.set)) == settings
