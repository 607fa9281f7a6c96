"""All about a run, as data and as a table: what it found, what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from gait.around import Around
from gait.durations import show_duration
from gait.errors import UsageError
from gait.events import read_measured
from gait.files import read_lines
from gait.run import Run
from gait.run_files import read_manifest, read_result
from gait.tally import split_bill
from gait.trial import Ending


def show(path: Path) -> dict[str, Any]:
    """What is known of the run in this directory, finished or not.

    Returns:
      status, task, optimizer, seed, budget [s], `charged` and `walked` [s], `seconds` by kind, trials, falls,
      endings, `start` and `recommended` as {mean, sd, n} (None before they were validated), parameters with
      their units. Where the task has them: `begin`, what was measured before the first trial; `truth`, the
      noise-free values of the recommendation; `reference`, `estimated_saving` and `true_saving`. Where actions
      were drawn: `stochastic`, the recommendation with its draws; `recommended` itself is deterministic.

    Raises:
      UsageError: it is no run, or broken.
    """
    manifest = read_manifest(path)
    finished = (path / "result.json").exists()
    data = read_result(path) if finished else _so_far(path, manifest)
    units = {p["name"]: p for p in manifest["space"]}
    found = data["recommended"].get("parameters") if data["recommended"] else None
    special: dict[str, Any] = {key: data[key] for key in ("begin", "estimated_saving", "true_saving") if key in data}
    special |= {key: manifest[key] for key in ("around", "fleet") if key in manifest}
    if "reference" in data:
        special["reference"] = {"name": data["reference"]["name"], **(_brief(data["reference"]) or {})}
    if "stochastic" in data:
        special["stochastic"] = _brief(data["stochastic"])
    if data["recommended"] and "truth" in data["recommended"]:
        special["truth"] = data["recommended"]["truth"]
    return {
        "status": "finished" if finished else "unfinished",
        **{k: manifest[k] for k in ("task", "fields", "optimizer", "settings", "seed", "budget", "versions")},
        "score": manifest.get("score", ""), "charged": data["seconds"]["charged"],
        "walked": data["seconds"]["walking"], "seconds": data["seconds"], "trials": data["trials"],
        "falls": data["endings"][str(Ending.FELL)], "endings": data["endings"],
        "start": _brief(data["start"]), "recommended": _brief(data["recommended"]),
        "parameters": {
            name: {"start": p["default"], "recommended": found[name] if found else None, "unit": p["unit"],
                   "low": p["low"], "high": p["high"]}
            for name, p in units.items()
        },
        "measures": data["recommended"].get("measures") if data["recommended"] else None,
        **special,
    }  # fmt: skip


def _brief(quality: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {k: quality[k] for k in ("mean", "sd", "n")} if quality else None


def _so_far(path: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The bill of an unfinished run, from the events of its whole batches alone."""
    seconds = {"walking": 0.0, "setup": 0.0, "falls": 0.0, "charged": 0.0}
    endings = {str(e): 0 for e in Ending}
    told: list[tuple[Ending, float, float]] = []
    begin: dict[str, Any] = {}
    for number, event in read_lines(path / "events.jsonl", torn=True):
        try:
            if event["event"] == "tell":
                told.append((Ending(event["ending"]), float(event["walked"]), float(event["charged"])))
            elif event["event"] == "begin":
                begin = {"begin": read_measured(event)}
                seconds |= {"familiarisation": walked} if (walked := float(event["walked"])) else {}
        except (KeyError, TypeError, ValueError):
            raise UsageError(f"{path / 'events.jsonl'} line {number} is no event of a run.") from None
        if event["event"] != "batch":
            continue
        for ending, walked, charged in told:
            endings[str(ending)] += 1
            setup, falls = split_bill(walked, charged, ending, float(manifest["setup_seconds"]))
            for kind, value in (("walking", walked), ("setup", setup), ("falls", falls), ("charged", charged)):
                seconds[kind] += value
        told.clear()
    trials = sum(endings.values())
    return {"seconds": seconds, "trials": trials, "endings": endings, "start": None, "recommended": None,
            **begin}  # fmt: skip


def show_table(data: Mapping[str, Any]) -> None:
    """Print what `show` found."""
    fields = " · ".join(str(v) for v in data["fields"].values())
    around = Around.read(data.get("around", {})).words()
    with_it = f" with {around}" if around else ""
    print(f"{data['task']} · {fields} · {data['optimizer']}{with_it} · seed {data['seed']} · {data['status']}")
    table = Table(box=None, pad_edge=False)
    for column in ("parameter", "start", "recommended", "unit", "range"):
        table.add_column(column, justify="right" if column in ("start", "recommended") else "left")
    for name, p in data["parameters"].items():
        best = "–" if p["recommended"] is None else f"{p['recommended']:.3f}"
        table.add_row(name, f"{p['start']:.3f}", best, p["unit"], f"{p['low']:g} … {p['high']:g}")
    Console(highlight=False).print(table)
    if data["recommended"] and all(p["recommended"] is None for p in data["parameters"].values()):
        print("recommended is a feedback policy: its parameters change from decision to decision (policy.npz)")
    spent = {kind: show_duration(s) for kind, s in data["seconds"].items()}
    names = {"familiarisation": "familiarisation", "validation": "held-out validation"}
    free = " and ".join(f"{name} {spent[kind]}" for kind, name in names.items() if kind in spent)
    apart = f"   ({free}, not charged)" if free else ""
    print(
        f"simulated time   walking {spent['walking']} · set-up {spent['setup']} · falls {spent['falls']} · "
        f"total {spent['charged']} of {show_duration(data['budget'])}{apart}"
    )
    if "elapsed" in spent:
        print(f"time gone by     {spent['elapsed']}, {data['fleet']} robots at the same time")
    if data.get("begin"):
        print("at the start     " + _values(data["begin"]))
    endings = " · ".join(f"{name} {n}" for name, n in data["endings"].items() if n)
    print(f"endings          {endings or 'no trial yet'}")
    if data["recommended"]:
        start, best = data["start"], data["recommended"]
        print(
            f"score            start {start['mean']:.3f} ± {start['sd']:.3f} · recommended "
            f"{best['mean']:.3f} ± {best['sd']:.3f} {data['score']}, {best['n']} held-out trials"
        )
        if data.get("stochastic"):
            print(f"acting           {_acting(data['stochastic'], data['score'])}")
        print("measures         " + _values(data["measures"]))
        if data.get("truth"):
            print("truly            " + _values(data["truth"]))
        if "estimated_saving" in data:
            print(f"saving           {_saving(data)}")


def _values(values: Mapping[str, float | None]) -> str:
    return " · ".join(f"{name} {'–' if v is None else format(v, '.3g')}" for name, v in values.items())


def _acting(drawn: Mapping[str, Any], unit: str) -> str:
    """Which of the two ways to act is which."""
    return f"recommended is deterministic; stochastic, with its draws: {drawn['mean']:.3f} ± {drawn['sd']:.3f} {unit}"


def _saving(data: Mapping[str, Any]) -> str:
    """What the recommendation saves over the reference, in words."""
    true, estimated = data.get("true_saving"), data["estimated_saving"]
    told = f"{_percent(true)} truly · {_percent(estimated)} as estimated" if true else _percent(estimated)
    return (
        f"{told}, against {data['reference']['name'] or 'the reference'} ({(true or estimated)['n']} held-out trials)"
    )


def _percent(saving: Mapping[str, Any]) -> str:
    mean, sd = ("–" if saving[k] is None else f"{100 * saving[k]:.1f}" for k in ("mean", "sd"))
    return f"{mean} % ± {sd}"


def _begun(r: Mapping[str, Any]) -> str:
    walked = show_duration(r["seconds"]["familiarisation"])
    return f"{_values(r['begin'])}  ({walked} of familiarisation, not charged)"


def outcome(run: Run, *, start: bool = True) -> str:
    """What a run came to, in a few lines; without the line on its `start` if that was told before."""
    if not run.result:
        spent = show_duration(run.tally.clock) if run.tally else "once"
        return f"stopped at {spent}; continue with: gait resume {run.path}"
    r = run.result
    first, best, unit, falls = r["start"], r["recommended"], r["score_unit"], r["endings"]["fell"]
    times = f"  ({best['mean'] / first['mean']:.1f} × the start)" if first["mean"] > 0 else ""
    told = f"{first['mean']:.3f} {unit} ± {first['sd']:.3f}  (s.d. of one of {first['n']} held-out trials)"
    return (
        (f"before       {_begun(r)}\n" if "begin" in r else "")
        + (f"start        {told}\n" if start else "")
        + f"recommended  {best['mean']:.3f} {unit} ± {best['sd']:.3f}{times}, {r['trials']} trials, "
        f"{falls} fall{'s' * (falls != 1)}, {show_duration(r['seconds']['charged'])} charged\n"
        + (f"acting       {_acting(r['stochastic'], unit)}\n" if "stochastic" in r else "")
        + (f"saving       {_saving(r)}\n" if "estimated_saving" in r else "")
        + f"{run.path} · see it: gait render {run.path} --out walk.mp4 · all of it: gait show {run.path}"
    )
