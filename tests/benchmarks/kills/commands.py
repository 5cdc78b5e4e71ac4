"""A small simulated world, and the four commands on it with the workspace each begins from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from forecast.issued import latest_files, read_issued
from forecast.simulate import simulate

WORLD = {"seed": 3, "cities": 2, "stations_per_city": [1, 1], "days": 60, "members": 2, "leads": 2}
TRAINED, ISSUED = "2013-04-16", "2013-04-20"
PRODUCTS = "html,txt,json,csv,geojson,records,nc,zip,xlsx"
SETTINGS = {
    "name": "killed",
    "simulated": True,
    "data": "data",
    "workspace": "workspace",
    "leads": 2,
    "workers": 1,
    "stations": {"file": "observations/stations.csv"},
    "observations": [
        {"format": "prsa", "files": "observations/PRSA_*.csv", "hour_label": "beginning"}
    ],
    "weather": [
        {"product": "ensemble", "kind": "forecast", "files": "weather/forecasts.nc"},
        {"product": "analysis", "kind": "analysis", "files": "weather/analysis.nc"},
    ],
    "training": {
        "folds": 2,
        "min_days": 30,
        "boosting": {"trees": 10},
        "members": ["boosting"],
    },
}
Run = Callable[[list[str]], None]


@dataclass(frozen=True)
class Command:
    """A command, and the folder it begins from.

    Attributes
    ----------
    name : str
    arguments : tuple of str
        After ``wubu``; the configuration is ``world.yaml`` of the folder it runs in.
    start : Path
        World and workspace, copied for every trial.
    again_is_new : bool
        Whether doing it twice makes a further revision, as issuing does.
    """

    name: str
    arguments: tuple[str, ...]
    start: Path
    again_is_new: bool = False


def commands_in(folder: Path, run: Run) -> list[Command]:
    """Make the world and the folders the commands begin from; `run` runs one to its end.

    Ingest begins from sources that were read and then changed, train from an ensemble of the same
    day with other settings, issue from a day issued once, and import from that and adjustments.
    """
    first = folder / "ingest"
    simulate(**WORLD).write(first / "data")
    _configure(first)
    config = "world.yaml"

    def on(place: Path, *arguments: str) -> None:
        run([arguments[0], str(place / config), *arguments[1:]])

    on(first, "ingest")
    train = _copy(first, folder / "train")
    _change_sources(first)
    _configure(train, seed=2)
    on(train, "train", "--date", TRAINED)
    _configure(train)
    issue = _copy(train, folder / "issue")
    on(issue, "train", "--date", TRAINED)
    on(issue, "issue", "--date", ISSUED)
    revise = _copy(issue, folder / "import")
    (revise / "adjustments.json").write_text(json.dumps(_adjustments(revise)), encoding="utf-8")
    day = ("--date", ISSUED)
    return [
        Command("ingest", ("ingest", config), first),
        Command("train", ("train", config, "--date", TRAINED), train),
        Command("issue", ("issue", config, *day), issue, again_is_new=True),
        Command(
            "import",
            ("consult", config, *day, "--import", "adjustments.json", "--format", PRODUCTS),
            revise,
        ),
    ]


def _configure(folder: Path, **settings: object) -> None:
    text = yaml.safe_dump({**SETTINGS, **settings})
    (folder / "world.yaml").write_text(text, encoding="utf-8")


def _copy(start: Path, target: Path) -> Path:
    shutil.copytree(start, target)
    return target


def _change_sources(folder: Path) -> None:
    """Change every measured PM2.5, so that each month has an old and a new version."""
    for path in (folder / "data" / "observations").glob("PRSA_*.csv"):
        head, *rows = [row.split(",") for row in path.read_text(encoding="utf-8").splitlines()]
        for row in rows:
            row[5] = row[5] if row[5] == "NA" else str(int(row[5]) + 1)
        text = "\n".join(",".join(row) for row in (head, *rows)) + "\n"
        path.write_text(text, encoding="utf-8")
    weather = folder / "data" / "weather" / "forecasts.nc"
    weather.touch()  # read again though it says the same


def _adjustments(folder: Path) -> dict[str, object]:
    issued = read_issued(next(iter(latest_files(folder / "workspace" / "issued").values())))
    city = issued["place"].values[issued["kind"].values == "city"][0]
    change = {"city": str(city), "day": "2013-04-21", "low": 210, "high": 260, "level": 5}
    return {
        "issue": ISSUED,
        "revision": 1,
        "level": "nation",
        "area": "nation",
        "made": "2013-04-20T07:30Z",
        "adjustments": [{**change, "primary": "PM2.5", "reason": "雾", "author": "王"}],
    }
