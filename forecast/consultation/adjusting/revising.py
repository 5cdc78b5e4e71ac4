"""A new revision of an issued forecast from files of adjustments, once and not again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd
import xarray as xr

from forecast.consultation.adjusting.adjustments import Overruled, adjusted, merge_adjustments
from forecast.consultation.adjusting.files import read_adjustments
from forecast.consultation.areas import areas_of
from forecast.consultation.consulted import read_consulted
from forecast.consultation.settings import AreaSetting
from forecast.errors import InputError
from forecast.issued import revisions


def revised(
    issued: xr.Dataset, source: Path, adjust: Sequence[Path], own: Sequence[AreaSetting] = ()
) -> tuple[xr.Dataset, list[Overruled], int | None]:
    """The revision that files of adjustments make of the newest issued forecast.

    Where the newest is already what they make of the one before it, a run was broken off between
    issuing and its products; that forecast is returned as it is.

    Parameters
    ----------
    issued : xarray.Dataset
        Newest revision, from `read_consulted`.
    source : Path
        Its file.
    adjust : sequence of Path
        Files of adjustments, see `read_adjustments`.
    own : sequence of AreaSetting
        Areas the configuration declares.

    Returns
    -------
    forecast : xarray.Dataset
    overruled : list of Overruled
        Adjustments another level had the last word on.
    base : int or None
        Revision it was made of; None where it is issued already.

    Raises
    ------
    InputError
        A file cannot be used, or none of them adjusts anything.
    """
    try:
        made, overruled = _made_of(issued, adjust, own)
    except InputError:
        for path in _before(issued, source):
            with suppress(InputError):
                made, overruled = _made_of(read_consulted(path), adjust, own)
                if _same(made, issued):
                    return issued, overruled, None
        raise
    return made, overruled, int(issued.attrs["revision"])


def _made_of(
    issued: xr.Dataset, adjust: Sequence[Path], own: Sequence[AreaSetting]
) -> tuple[xr.Dataset, list[Overruled]]:
    areas = areas_of(issued, own)
    changes, overruled = merge_adjustments(
        [read_adjustments(path, issued, areas) for path in adjust]
    )
    if not changes:
        names = ", ".join(map(str, adjust))
        raise InputError(f"{names}: no row of the sheet of adjustments is filled in")
    revision = int(issued.attrs["revision"]) + 1
    return adjusted(issued, changes).assign_attrs(revision=revision), overruled


def _before(issued: xr.Dataset, source: Path) -> list[Path]:
    """The file of the revision before, if there is one: a list of one or none."""
    earlier = revisions(source.parent, f"{pd.Timestamp(issued['issue'].values):%Y-%m-%d}")
    at = earlier.index(source) if source in earlier else 0
    return earlier[at - 1 : at] if at else []


def _same(made: xr.Dataset, issued: xr.Dataset) -> bool:
    told = ("revision", "adjustments")
    return made.equals(issued) and all(
        str(made.attrs.get(k)) == str(issued.attrs.get(k)) for k in told
    )
