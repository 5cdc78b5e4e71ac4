"""General forecasting libraries on the same table, origins and refits.

Each takes one global LightGBM for the twelve stations, PM2.5 lags of `LAGS` days with means over
`RUNS`, and every window column of the valid day as a known future covariate. Each is used as its
own documentation shows; holes, which not all of them take, are filled by what was known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from .table import filled, window_columns

LAGS = [1, 2, 3, 4, 5, 6, 7]
RUNS = (7, 30)
HISTORY = 40
"""Days before an origin that hold all lags and running means."""


class Peer:
    """Series and covariates of one table in the forms the libraries ask for.

    Parameters
    ----------
    table : xarray.Dataset
        From `read_table`.
    leads : int
        Days ahead.
    lightgbm : dict
        Parameters of ``LGBMRegressor``.
    """

    def __init__(self, table: xr.Dataset, leads: int, lightgbm: dict[str, Any]) -> None:
        self.leads, self.lightgbm = leads, lightgbm
        self.places = table["place"].values.astype(str)
        days = table["day"].to_index()
        self.days = pd.date_range(days[0], days[-1] + pd.Timedelta(days=leads), name="ds")
        self.series = filled(table).rename_axis(index="ds").asfreq("D")
        columns = window_columns(table)
        self.covariates = {
            p: columns.sel(place=p, drop=True).to_dataframe().reindex(self.days).ffill().bfill()
            for p in self.places
        }

    def model(self) -> Any:
        """Untrained LightGBM."""
        import lightgbm

        return lightgbm.LGBMRegressor(**self.lightgbm)

    def after(self, origin: pd.Timestamp) -> slice:
        """Days forecast from an origin."""
        one = pd.Timedelta(days=1)
        return slice(origin + one, origin + self.leads * one)

    def block(self, origins: pd.DatetimeIndex) -> np.ndarray:
        """Fit on what the first origin knows and forecast from each, (origin, lead, place)."""
        raise NotImplementedError


class MlForecast(Peer):
    """``mlforecast``, direct: one model a lead."""

    def block(self, origins: pd.DatetimeIndex) -> np.ndarray:
        from mlforecast import MLForecast
        from mlforecast.lag_transforms import RollingMean

        runs = [RollingMean(n, min_samples=n // 3) for n in RUNS]
        forecaster = MLForecast(
            {"lgb": self.model()}, freq="D", lags=LAGS, lag_transforms={1: runs}
        )
        known = self._long(slice(None, origins[0]))
        forecaster.fit(known, static_features=[], max_horizon=self.leads, dropna=False)
        out = []
        for k, origin in enumerate(origins):
            if k:
                forecaster.update(self._long(slice(origin, origin))[["unique_id", "ds", "y"]])
            ahead = self._long(self.after(origin)).drop(columns="y")
            found = forecaster.predict(self.leads, X_df=ahead)
            out.append(found.pivot_table("lgb", "ds", "unique_id")[self.places])
        return np.stack(out)

    def _long(self, days: slice) -> pd.DataFrame:
        parts = []
        for place in self.places:
            part = self.covariates[place].loc[days].reset_index()
            values = self.series[place].reindex(part["ds"]).to_numpy()
            parts.append(part.assign(unique_id=place, y=values))
        return pd.concat(parts, ignore_index=True)


class SkForecast(Peer):
    """``skforecast``, recursive and global: one model that reads its own forecasts."""

    def block(self, origins: pd.DatetimeIndex) -> np.ndarray:
        from skforecast.preprocessing import RollingFeatures
        from skforecast.recursive import ForecasterRecursiveMultiSeries

        runs = RollingFeatures(stats=["mean"] * len(RUNS), window_sizes=list(RUNS))
        forecaster = ForecasterRecursiveMultiSeries(
            self.model(), lags=LAGS, window_features=runs, encoding="ordinal"
        )
        until = {p: c.loc[: origins[0]] for p, c in self.covariates.items()}
        forecaster.fit(self.series.loc[: origins[0]], exog=until, suppress_warnings=True)
        out = []
        for origin in origins:
            ahead = {p: c.loc[self.after(origin)] for p, c in self.covariates.items()}
            found = forecaster.predict(
                self.leads,
                last_window=self.series.loc[:origin].iloc[-HISTORY:],
                exog=ahead,
                suppress_warnings=True,
            )
            out.append(found.pivot_table("pred", found.index, "level")[self.places])
        return np.stack(out)


class Darts(Peer):
    """``darts``, LightGBM, direct: one model a lead, each with the covariates of all leads."""

    def block(self, origins: pd.DatetimeIndex) -> np.ndarray:
        from darts import TimeSeries
        from darts.models import LightGBMModel

        def series(frame: pd.DataFrame | pd.Series) -> Any:
            return TimeSeries.from_times_and_values(
                frame.index, frame.to_numpy(np.float32), freq="D"
            )

        def means(values: pd.Series) -> pd.DataFrame:
            return pd.DataFrame({n: values.rolling(n, min_periods=n // 3).mean() for n in RUNS})

        known = {p: self.series[p].loc[: origins[-1]] for p in self.places}
        ahead = [series(self.covariates[p]) for p in self.places]
        past = [series(means(known[p]).bfill()) for p in self.places]
        target = [series(known[p]) for p in self.places]
        model = LightGBMModel(
            lags=[-k for k in LAGS],
            lags_past_covariates=[-1],
            lags_future_covariates=list(range(self.leads)),
            output_chunk_length=self.leads,
            **self.lightgbm,
        )
        after = origins[0] + pd.Timedelta(days=1)
        until = [s.split_before(after)[0] if s.end_time() >= after else s for s in target]
        model.fit(until, past_covariates=past, future_covariates=ahead)
        found = model.historical_forecasts(
            target,
            past_covariates=past,
            future_covariates=ahead,
            forecast_horizon=self.leads,
            start=after,
            retrain=False,
            overlap_end=True,
            last_points_only=False,
            show_warnings=False,
        )
        return np.stack([[f.values()[:, 0] for f in place] for place in found], axis=-1)


PEERS: dict[str, Callable[..., Peer]] = {
    "mlforecast": MlForecast,
    "skforecast": SkForecast,
    "darts": Darts,
}
"""Libraries by the name of their package."""


def rolling_peer(peer: Peer, origins: pd.DatetimeIndex, refit: int) -> xr.DataArray:
    """Forecasts of a library fitted anew every `refit` origins, (issue, lead, place)."""
    blocks = [peer.block(origins[k : k + refit]) for k in range(0, len(origins), refit)]
    coords = {"issue": origins, "lead": np.arange(1, peer.leads + 1), "place": peer.places}
    values = np.concatenate(blocks).astype(np.float32)
    return xr.DataArray(values, coords, ("issue", "lead", "place"))
