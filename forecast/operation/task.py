"""The task of a day: what is to be run, and fingerprints of what it is made from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import xarray as xr

from forecast.chain import known_cases
from forecast.clock import utc_now
from forecast.config import Config
from forecast.errors import InputError
from forecast.fingerprint import DIGITS, code_digest, fingerprint
from forecast.issued import latest_files
from forecast.known import Known
from forecast.modelstore import newest_ensemble
from forecast.observations.sql import Sql
from forecast.operation.log import Event, Log, no_log
from forecast.workspace import Workspace


@dataclass
class Task:
    """The run of one day.

    Attributes
    ----------
    config : Config
    workspace : Workspace
    day : pandas.Timestamp
        Local issue date.
    train : bool
        Train where no ensemble serves, or where it is older than ``training.refit_days``.
    level : str
        Level of the areas of the consultation.
    lang : str
        ``zh`` or ``en``: of what is written in one language.
    log : callable
        Takes the events.
    """

    config: Config
    workspace: Workspace
    day: pd.Timestamp
    train: bool = False
    level: str = "nation"
    lang: str = "en"
    log: Log = no_log
    _known: tuple[Known, xr.Dataset] | None = field(default=None, repr=False)
    _known_digest: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        # one unit of time whoever asks, as it enters the fingerprints
        self.day = pd.Timestamp(self.day).normalize().as_unit("ns")

    def remark(self, step: str, zh: str, en: str) -> None:
        """Tell what a forecaster should know though the work goes on."""
        self.log(Event("remark", "warning", step, fields={"zh": zh, "en": en}))

    def sources(self) -> str:
        """Fingerprint of the files of all sources: names, sizes and times of change.

        Empty where a source is a database, whose rows may change without a trace.
        """
        config = self.config
        if any(isinstance(source, Sql) for source in config.observations):
            return ""
        patterns = [
            *(source.files for source in config.observations),
            *(product.files for product in config.weather if product.files),
            *(guidance.files for guidance in config.guidance),
            *(covariate.files for covariate in config.covariates),
        ]
        files = [config.data_folder / config.stations.file]
        for pattern in patterns:
            files += config.source_files(pattern)
        return _digest(config.digest, code_digest(), *map(_stamp, files))

    def known(self) -> tuple[Known, xr.Dataset]:
        """What is known at the issue of the day, and its cases; read once."""
        if self._known is None:
            self._known = known_cases(self.config, self.workspace, self.day)
        return self._known

    def known_digest(self) -> str:
        """Fingerprint of the values known at the issue; what came later does not count."""
        if not self._known_digest:
            known, cases = self.known()
            stations = xr.Dataset.from_dataframe(known.stations)
            analysis = known.analysis()
            more = list(known.guidance().values())
            more += [] if analysis is None else [analysis]
            data = (cases, known.daily, known.hourly, stations, *more)
            self._known_digest = fingerprint(self.config, *data)
        return self._known_digest

    def forecast_inputs(self) -> str:
        """Fingerprint of what the forecast of the day is made from."""
        manifest = newest_ensemble(self.workspace.models, self.day) / "manifest.json"
        earlier = (p.name for d, p in latest_files(self.workspace.issued).items() if d < self.day)
        return _digest(self.known_digest(), _content(manifest), *earlier)

    def score_inputs(self) -> str:
        """Fingerprint of all issued forecasts and of what was observed."""
        files = latest_files(self.workspace.issued)  # never changed, so their names tell
        observed = fingerprint(self.config, self.workspace.observed_daily())
        return _digest(observed, *(path.name for path in files.values()))

    def briefing_inputs(self) -> str:
        """Fingerprint of what the briefings of the day are made from."""
        settings = self.config.consultation
        outlines = settings.outlines
        lines = "" if outlines is None else _stamp(self.config.data_folder / outlines)
        up_to = (p.name for d, p in latest_files(self.workspace.issued).items() if d <= self.day)
        told = (settings.model_dump_json(), lines, self.level, self.lang)
        return _digest(self.known_digest(), *told, *up_to)


def due_day(config: Config) -> pd.Timestamp:
    """Newest local issue date whose data are complete: its issue hour has passed by now."""
    local = utc_now() + pd.Timedelta(hours=config.utc_offset - config.issue_hour)
    return local.normalize()


def _stamp(path: Path) -> str:
    try:
        found = path.stat()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    return f"{path} {found.st_size} {found.st_mtime_ns}"


def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:DIGITS]
