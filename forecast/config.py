"""The configuration of a run: one YAML file, checked before anything is done.

Relative paths inside the file start at ``data``, and ``data`` itself at the folder of the file, so
a command works the same from any folder. Everything a run writes stays inside ``workspace``.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from forecast.consultation.settings import Consultation
from forecast.covariates.settings import Covariate
from forecast.ensemble_settings import Calibration, DecisionRule, Training
from forecast.errors import ConfigError, InputError
from forecast.evaluation.settings import Evaluation
from forecast.guidance.settings import Guidance
from forecast.observations.formats import AnySource
from forecast.observations.source import Source
from forecast.plain_yaml import plain_yaml
from forecast.quality.settings import QualitySettings
from forecast.station_settings import Stations
from forecast.weather.settings import Name, Weather


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Config(_Section):
    """Everything a run needs to know. Unknown keys are refused."""

    name: Name
    title_zh: str = ""
    title_en: str = ""
    simulated: bool | Literal["weather"] = Field(
        default=False, description="whether the data, or the weather alone, are no real ones"
    )
    data: Path = Path()
    workspace: Path
    utc_offset: float = Field(
        default=8, ge=-12, le=14, multiple_of=0.25, description="network clock minus UTC, h"
    )
    issue_hour: int = Field(default=24, ge=1, le=24, description="local hour known at issue")
    leads: int = Field(default=10, ge=1, le=15)
    scenarios: Literal[50] = 50
    dependence: Literal["schaake", "gaussian"] = Field(
        default="schaake", description="what orders scenarios: past trajectories, or their copula"
    )
    seed: int = 1
    workers: int = Field(default=2, ge=1, le=256)
    station_share: float = Field(
        default=0.75, gt=0, le=1, description="share of stations a city day needs"
    )
    names_zh: dict[str, str] = Field(
        default_factory=dict, description="Chinese names of cities and provinces, by their id"
    )
    holidays: str = Field(default="CN", pattern=r"^[A-Z]{2}$", description="country, ISO 3166")
    stations: Stations
    observations: list[AnySource] = Field(
        min_length=1, description="sources, the most trusted first"
    )
    quality: QualitySettings = QualitySettings()
    weather: list[Weather] = Field(min_length=1)
    guidance: list[Guidance] = Field(
        default_factory=list, description="forecasts of air-quality models, to be corrected"
    )
    covariates: list[Covariate] = Field(
        default_factory=list, description="numbers of the user's own that boosting learns from"
    )
    training: Training = Training()
    calibration: Calibration = Calibration()
    decision: DecisionRule = DecisionRule()
    evaluation: Evaluation = Evaluation()
    consultation: Consultation = Consultation()
    base: Path = Field(default=Path(), exclude=True, repr=False)

    @field_validator("weather")
    @classmethod
    def _products_differ(cls, products: list[Weather]) -> list[Weather]:
        names = [p.product for p in products]
        if len(set(names)) < len(names):
            raise ValueError(f"two products share a name: {', '.join(sorted(names))}")
        kinds = [p.kind for p in products]
        if "forecast" not in kinds:
            raise ValueError("a product of kind 'forecast' is needed, none given")
        if kinds.count("analysis") > 1:
            raise ValueError("at most one product of kind 'analysis' can be given")
        dressed = [p.product for p in products if p.dressing]
        if dressed and "analysis" not in kinds:
            raise ValueError(f"{dressed[0]}: dressing needs a product of kind 'analysis'")
        return products

    @field_validator("guidance")
    @classmethod
    def _guidance_differs(cls, guidance: list[Guidance]) -> list[Guidance]:
        names = [g.name for g in guidance]
        if len(set(names)) < len(names):
            raise ValueError(f"two kinds of guidance share a name: {', '.join(sorted(names))}")
        return guidance

    @field_validator("covariates")
    @classmethod
    def _covariates_differ(cls, covariates: list[Covariate]) -> list[Covariate]:
        predictors = [c.predictor(column) for c in covariates for column in c.columns]
        names = [c.name for c in covariates]
        if len(set(names)) < len(names) or len(set(predictors)) < len(predictors):
            raise ValueError(f"two covariates share a name: {', '.join(sorted(names))}")
        return covariates

    @field_validator("observations")
    @classmethod
    def _sources_differ(cls, sources: list[Source]) -> list[Source]:
        names = [s.store_name for s in sources]
        if len(set(names)) < len(names):
            raise ValueError(f"two sources share a name: {', '.join(names)}; give each a `name`")
        return sources

    @model_validator(mode="after")
    def _sample_suffices(self) -> Config:
        kept = ["analog"] if "analog" in self.training.members else []
        kept += [f"guidance {g.name}" for g in self.guidance]
        if self.training.sample_rows is not None and kept:
            raise ValueError(
                f"training.sample_rows cannot go with {', '.join(kept)}, which keeps the past of "
                "every station; leave out one of them"
            )
        return self

    @property
    def data_folder(self) -> Path:
        """Absolute folder that the paths of the sources start at."""
        return (self.base / self.data).resolve()

    @property
    def workspace_folder(self) -> Path:
        """Absolute folder that holds all a run writes."""
        return (self.base / self.workspace).resolve()

    @property
    def forecast_products(self) -> list[Weather]:
        """Weather products that give forecasts; the first is one no issue can do without."""
        return [p for p in self.weather if p.kind == "forecast"]

    @property
    def analysis_product(self) -> Weather | None:
        """The weather product that gives analyses, if any."""
        return next((p for p in self.weather if p.kind == "analysis"), None)

    def source_files(self, pattern: str) -> list[Path]:
        """Files matching `pattern` below the data folder, sorted; an error where there is none."""
        if Path(pattern).is_absolute():
            root, rest = (
                Path(Path(pattern).anchor),
                str(Path(pattern).relative_to(Path(pattern).anchor)),
            )
        else:
            root, rest = self.data_folder, pattern
        try:
            files = sorted(p for p in root.glob(rest) if p.is_file())
        except (ValueError, IndexError) as error:
            raise ConfigError(f"{pattern!r} is not a pattern of files: {error}") from None
        if not files:
            raise InputError(f"no file matches {root / rest}")
        return files

    def check_folders(self) -> None:
        """Refuse a workspace whose files would lie among the sources.

        Raises
        ------
        ConfigError
            The station table or a source lies in a folder the workspace writes.
        """
        table = (self.data_folder / self.stations.file).resolve()
        if table == self.workspace_folder / "stations.csv":
            raise ConfigError(
                f"workspace {self.workspace_folder} is the folder of the station table, which it "
                "would replace; give it a folder of its own"
            )

    @property
    def digest(self) -> str:
        """First 16 hex digits of the SHA-256 of what decides the forecast (not of the paths)."""
        content = self.model_dump(
            mode="json", exclude={"data", "workspace", "workers", "consultation"}
        )
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def load_config(
    path: str | Path, *, data: str | Path | None = None, workspace: str | Path | None = None
) -> Config:
    """Read and check a configuration file.

    Parameters
    ----------
    path : str or Path
        YAML file.
    data, workspace : str or Path, optional
        Replace the file's `data` and `workspace`; relative to the current folder.

    Returns
    -------
    Config
        Frozen and complete, defaults filled in.

    Raises
    ------
    ConfigError
        The file is missing, is not YAML, holds an unknown key or a value out of range. The
        message names the file and the key.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text: {error}") from None
    try:
        content = plain_yaml(text)
    except ValueError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected keys and values, found {type(content).__name__}")
    for key, value in (("data", data), ("workspace", workspace)):
        if value is not None:
            content[key] = str(Path(value).absolute())
    if "base" in content:
        raise ConfigError(f"{path}: unknown key 'base'")
    try:
        config = Config(**content, base=path.absolute().parent)
        config.check_folders()
        return config
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first_problem(error, content)}") from None
    except TypeError as error:
        raise ConfigError(f"{path}: keys must be text: {error}") from None
    except (ValueError, RuntimeError, OSError) as error:  # a folder no system can have
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"{path}: data or workspace is not a usable folder: {error}") from None


def parse_date(text: str, what: str) -> date:
    """Return the date of ``YYYY-MM-DD`` text, or raise ConfigError naming the argument `what`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text or not 1900 <= day.year <= 2199:
        raise ConfigError(f"{what}: {text!r} is not a date of the form YYYY-MM-DD (1900 … 2199)")
    return day


def _first_problem(error: ValidationError, content: dict[str, Any]) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "configuration"
    if first["type"] == "extra_forbidden":
        return f"unknown key '{where}'"
    if first["type"] == "missing":
        return f"key '{where}' is missing"
    message = first["msg"].removeprefix("Value error, ")
    found = first.get("input")
    shown = "" if isinstance(found, dict | list) or found is content else f", found {found!r}"
    return f"'{where}': {message}{shown}"
