"""Weights as a picture: every bar at its place, every bad table refused."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import xarray as xr

from forecast import draw_weights

COORDS = {"lead": [1, 2, 5], "member": ["climatology", "emos", "boosting"]}


@pytest.fixture
def weights():
    table = [[0.0, 0.25, 0.75], [0.1, 0.4, 0.5], [0.5, 0.3, 0.2]]
    return xr.DataArray(table, COORDS, ("lead", "member"))


def test_bars_stand_on_each_other_and_fill_each_lead(weights):
    ax = draw_weights(weights.T, simulated=True)  # in either order of dimensions
    assert [c.get_label() for c in ax.containers] == COORDS["member"]
    last = ax.containers[2]
    assert [bar.get_x() + bar.get_width() / 2 for bar in last] == pytest.approx([1, 2, 5])
    assert [bar.get_height() for bar in last] == pytest.approx([0.75, 0.5, 0.2])
    assert [bar.get_y() for bar in last] == pytest.approx([0.25, 0.5, 0.8])
    assert ax.get_ylim() == (0, 1)
    assert "SIMULATED" in ax.get_title(loc="left")
    assert ax.get_xlabel() == "lead (days)" and ax.get_ylabel() == "weight"
    faces = [c[0].get_facecolor() for c in ax.containers]
    assert len(set(faces)) == 3
    assert len(set(faces[0][:3])) == 1  # the reference is grey


def test_axes_and_title_of_ones_own(weights):
    from matplotlib.figure import Figure

    own = Figure().add_subplot()
    assert draw_weights(weights, ax=own, title="PM2.5") is own
    assert own.get_title(loc="left").startswith("PM2.5")


def test_what_are_no_weights_by_lead_is_refused(weights):
    with pytest.raises(ValueError, match=r"on \(lead, member\), found \('member',\)"):
        draw_weights(weights.isel(lead=0))
    with pytest.raises(ValueError, match=r"\[0\.1, 0\.4, 0\.7\] at lead 2"):
        draw_weights(
            weights
            + xr.DataArray([0, 0.2, 0], {"lead": [1, 2, 5]}, "lead")
            * (weights["member"] == "boosting")
        )
    with pytest.raises(ValueError, match=r"found .*-0\.5.* at lead 5"):
        draw_weights(weights.copy(data=[[0, 0, 1], [0, 0, 1], [1, 0.5, -0.5]]))
    with pytest.raises(ValueError, match="nan"):
        draw_weights(weights.where(weights["lead"] < 5, np.nan))


def test_without_matplotlib_the_error_is_one_line_and_names_the_extra(weights, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"wubu\[report\]") as caught:
        draw_weights(weights)
    assert "\n" not in str(caught.value)
