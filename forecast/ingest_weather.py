"""Ingest of weather: the files of each product into its archive."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.config import Config
from forecast.errors import ConfigError, InputError
from forecast.weather.archive.analyses import read_analyses
from forecast.weather.archive.intake import Intake, take_in_cycles
from forecast.weather.archive.intake_analyses import take_in_analyses
from forecast.weather.archive.intake_dressed import drop_dressed, take_in_dressed
from forecast.weather.archive.places import Places
from forecast.weather.fields import FIELDS
from forecast.weather.opening import open_weather
from forecast.weather.products import product_named
from forecast.weather.settings import Dressing, Weather
from forecast.workspace import Workspace

Progress = Callable[[str, int, int], None]


def ingest_weather(
    product: Weather,
    config: Config,
    workspace: Workspace,
    stations: pd.DataFrame,
    progress: Progress,
) -> Intake:
    """Bring the files of a product to the stations and store what is new.

    Parameters
    ----------
    product : Weather
        One of the configuration's.
    config, workspace
        Network, and where to.
    stations : pandas.DataFrame
        Station table.
    progress : callable
        Told about each step.

    Returns
    -------
    Intake
        Cycles or days stored; files that could not be used.

    Raises
    ------
    InputError
        No file of the product can be used.
    ConfigError
        Cycles of UTC times without a word on when they are at hand.
    """
    archive = workspace.weather(config, product.product)
    cache = workspace.folder / "weather" / "weights"
    places = Places.of(stations, cache, product.sampling, product.outside)
    report = Intake()

    def told(done: int, total: int) -> None:
        progress(f"weather {product.product}", done, total)

    if product.files:
        paths = config.source_files(product.files)
        settings = _digest(product, config)
        if product.kind == "analysis":
            return take_in_analyses(
                archive.folder,
                paths,
                lambda path: open_source(product, path),
                places,
                utc_offset=config.utc_offset,
                settings=settings,
                told=told,
            )
        report = take_in_cycles(
            archive,
            paths,
            lambda path: _at_hand(product, open_source(product, path)),
            places,
            leads=config.leads,
            settings=settings,
            told=told,
        )
    if product.dressing:
        dressed = _dress(product.dressing, product, config, workspace, told)
        report.stored += dressed.stored
    else:
        drop_dressed(archive, pd.DatetimeIndex([]))
    return report


def open_source(product: Weather, path: Path) -> xr.Dataset:
    """Open one file of a product as the configuration says."""
    data = open_weather(
        path, product.format, rename=product.rename, units=product.units, point=product.point
    )
    if not product.fields:
        return data
    kept = [name for name in product.fields if name in data]
    if not kept:
        raise InputError(
            f"{path}: none of the fields {', '.join(product.fields)}; found "
            f"{', '.join(map(str, data.data_vars))}"
        )
    return data[kept]


def _at_hand(product: Weather, data: xr.Dataset) -> xr.Dataset:
    """Refuse cycles of UTC times of which nobody said when they are at hand."""
    if data.attrs["cell"] == "local day" or product.delay_hours is not None:
        return data
    if product.format and product_named(product.format).delay_hours is not None:
        return data
    usual = product_named(data.attrs["product"]).delay_hours is not None
    raise ConfigError(
        f"weather {product.product}: {data.attrs['source']} holds cycles by UTC time; give "
        "`delay_hours`, the hours until a cycle is at hand, so that none is used before"
        + (f", or `format: {data.attrs['product']}`" if usual else "")
    )


def _dress(
    dressing: Dressing,
    product: Weather,
    config: Config,
    workspace: Workspace,
    told: Callable[[int, int], None],
) -> Intake:
    analysis = config.analysis_product
    if analysis is None:  # the configuration refuses this
        raise ConfigError(f"weather {product.product}: dressing needs analyses")
    archive = workspace.weather(config, product.product)
    names = workspace.stations().index.to_numpy().astype(str)
    analyses = read_analyses(workspace.weather(config, analysis.product).folder, names)
    correlation: dict[str, np.ndarray] | None = None
    members = dressing.members
    if dressing.perfect_prognosis:
        fields = [str(n) for n in analyses if n in FIELDS]
        correlation, members = {n: np.ones(config.leads) for n in fields}, 1
    elif isinstance(dressing.correlation, dict):
        correlation = {n: np.array(v) for n, v in dressing.correlation.items()}
        for name, values in correlation.items():
            if len(values) < config.leads:
                raise ConfigError(
                    f"weather {product.product}: the correlation of {name} has {len(values)} "
                    f"leads, {config.leads} are issued"
                )
    return take_in_dressed(
        archive,
        analyses,
        leads=config.leads,
        members=members,
        correlation=correlation,
        library_days=dressing.library_days,
        seed=config.seed,
        told=told,
    )


def _digest(product: Weather, config: Config) -> str:
    """Digest of what decides how a product is stored."""
    content = product.model_dump_json(exclude={"files", "dressing"})
    content += f"{config.leads} {config.utc_offset} {config.issue_hour}"
    return hashlib.sha256(content.encode()).hexdigest()[:16]
