"""Weights of the members by lead as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from verification.pictures.language import legible, picture_language
from verification.pictures.style import COLOURS, GREY, Simulated, finish, legend_below, open_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REFERENCES = {"climatology": GREY, "persistence": "0.7"}
"""Members that are there to be beaten, in grey."""
HATCHES = ("", "//", "..", "\\\\", "xx", "--", "oo")
"""So that members differ in grey print, too."""
_WORDS = {
    "en": ("Weights of the members by lead", "lead (days)", "weight"),
    "zh": ("各成员权重随预报时效的变化", "预报时效（天）", "权重"),
}
MEMBERS_ZH = {
    "climatology": "气候态",
    "persistence": "持续性",
    "linear_mos": "线性MOS",
    "emos": "EMOS",
    "analog": "相似",
    "boosting": "提升树",
}
"""Chinese names of the members that are not models of a user's own."""


def draw_weights(
    weights: xr.DataArray,
    *,
    ax: Axes | None = None,
    lang: str = "en",
    title: str = "",
    simulated: Simulated = False,
) -> Axes:
    """Draw the weights as stacked bars, one bar a lead, the first member at the bottom.

    Parameters
    ----------
    weights : xarray.DataArray, (lead, member)
        Not negative, each lead's sum 1, as `Combination.weights` or ``member_weight`` of an issued
        forecast and one pollutant.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.
    lang : {"en", "zh"}
        See `verification.pictures.language.picture_language`.
    title : str
        Heading in place of the usual one.
    simulated : bool or "weather"
        Mark the title: data, or only weather, are simulated.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        The dimensions are others, a weight is negative or missing, or a lead's sum is not 1.
    ImportError
        matplotlib is not installed; the message names the command that installs it.

    Examples
    --------
    >>> coords = {"lead": [1, 2], "member": ["emos", "boosting"]}
    >>> weights = xr.DataArray([[0.25, 0.75], [0.5, 0.5]], coords, ("lead", "member"))
    >>> ax = draw_weights(weights)
    >>> [float(bar.get_height()) for bar in ax.containers[1]]
    [0.75, 0.5]
    """
    _check(weights)
    speech = picture_language(lang)
    heading, lead_label, weight_label = _WORDS[speech]
    table = weights.transpose("lead", "member")
    ax = open_axes(ax)
    leads, bottom = table["lead"].values, np.zeros(table.sizes["lead"])
    own = iter(zip(COLOURS * table.sizes["member"], HATCHES * table.sizes["member"], strict=False))
    members = [str(m) for m in table["member"].values]
    names = [MEMBERS_ZH.get(m, m) for m in members] if speech == "zh" else members
    for k, (member, label) in enumerate(zip(members, legible(names), strict=True)):
        reference = member in REFERENCES
        colour, hatch = (REFERENCES[member], "") if reference else next(own)
        values = table.values[:, k].astype(float)
        ax.bar(
            leads, values, 0.8, bottom, color=colour, hatch=hatch, ec="white", lw=0.4, label=label
        )
        bottom += values
    ax.set_xticks(leads)
    ax.set_ylim(0, 1)
    legend_below(ax, list(ax.containers))
    return finish(
        ax,
        speech,
        title or heading,
        "",
        xlabel=lead_label,
        ylabel=weight_label,
        simulated=simulated,
    )


def _check(weights: xr.DataArray) -> None:
    """Raise ValueError unless these are weights by lead."""
    if set(weights.dims) != {"lead", "member"}:
        raise ValueError(f"expected weights on (lead, member), found {weights.dims}")
    sums = weights.sum("member", skipna=False)
    wrong = ~np.isclose(sums, 1, atol=1e-3) | (weights < 0).any("member").values
    if wrong.any():
        lead = weights["lead"].values[np.flatnonzero(wrong)[0]]
        found = weights.sel(lead=lead).values.round(4).tolist()
        raise ValueError(
            f"expected weights of sum 1 and none negative, found {found} at lead {lead}"
        )
