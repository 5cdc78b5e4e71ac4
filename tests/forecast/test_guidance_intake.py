"""Guidance into the workspace: places, merging, whole files, and what is refused."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from forecast.check import check_sources
from forecast.cli.show_ingest import show_ingest
from forecast.config import load_config
from forecast.errors import InputError
from forecast.guidance.intake import take_in_guidance
from forecast.guidance.settings import Guidance
from forecast.guidance.store import GuidanceStore
from forecast.ingest import ingest
from forecast.workspace import Workspace

STATIONS = pd.DataFrame(
    {"lat": [40.0, 40.1, 30.0], "lon": [116.0, 116.1, 120.0], "city": ["P", "P", "H"]},
    index=pd.Index(["a", "b", "c"], name="station"),
)


@pytest.fixture
def store(tmp_path):
    return GuidanceStore(tmp_path / "guidance" / "ctm.nc")


def take_in(tmp_path, store, *texts, **options):
    paths = []
    for i, text in enumerate(texts):
        paths.append(tmp_path / f"{i}.csv")
        paths[-1].write_text(text, encoding="utf-8")
    section = {"name": "ctm", "files": "*.csv", "columns": {"pm25": "pm"}, **options}
    return take_in_guidance(Guidance(**section), paths, store, STATIONS)


def stored(store) -> xr.Dataset:
    with xr.open_dataset(store.path) as file:
        return file.load()


def test_one_point_serves_all_stations(tmp_path, store):
    report = take_in(tmp_path, store, "date,pm\n2015-01-01,5\n2015-01-02,7\n", utc_offset=0)
    data = stored(store)
    assert data["pm25"].dims == ("day", "place")
    assert data["pm25"].dtype == np.float32
    assert data["pm25"].values.tolist() == [[5, 5, 5], [7, 7, 7]]
    assert data["pm25"].attrs["units"] == "ug m-3"
    assert data.attrs["utc_offset"] == 0
    assert (report.first, report.last) == (pd.Timestamp("2015-01-01"), pd.Timestamp("2015-01-02"))
    assert report.written.values_added == 6


def test_a_point_does_not_serve_far_stations(tmp_path, store):
    take_in(tmp_path, store, "date,pm\n2015-01-01,5\n", point=(39.5, 116.0))
    assert stored(store)["place"].values.tolist() == ["a", "b"]
    with pytest.raises(InputError, match="no station within 200 km of its point 0, 0"):
        take_in(tmp_path, store, "date,pm\n2015-01-01,5\n", point=(0, 0))


def test_a_station_takes_its_own_value_before_its_citys(tmp_path, store):
    text = "date,place,pm\n2015-01-01,P,1\n2015-01-01,b,2\n2015-01-01,x,3\n"
    report = take_in(tmp_path, store, text)
    data = stored(store)
    assert dict(zip(data["place"].values, data["pm25"].values[0], strict=True)) == {"a": 1, "b": 2}
    assert report.rejected == {"place not in the station table": 1}
    with pytest.raises(InputError, match="column place holds x; expected stations or cities"):
        take_in(tmp_path, store, "date,place,pm\n2015-01-01,x,3\n")


def test_the_same_again_changes_nothing_and_new_values_win(tmp_path, store):
    take_in(tmp_path, store, "date,pm\n2015-01-01,5\n2015-01-02,7\n")
    before = store.path.read_bytes()
    again = take_in(tmp_path, store, "date,pm\n2015-01-01,5\n2015-01-02,7\n")
    assert store.path.read_bytes() == before
    assert (again.written.values_added, again.written.values_changed) == (0, 0)
    later = take_in(tmp_path, store, "date,pm\n2015-01-02,8\n2015-01-03,9\n2015-01-01,\n")
    assert (later.written.values_added, later.written.values_changed) == (3, 3)
    assert stored(store)["pm25"].sel(place="a").values.tolist() == [5, 8, 9]
    assert stored(store).attrs["revision"] == 2


def test_several_files_and_a_value_that_stands_in_two(tmp_path, store):
    report = take_in(tmp_path, store, "date,pm\n2015-01-01,5\n", "date,pm\n2015-01-02,6\n")
    assert report.files == 2
    assert stored(store)["pm25"].sel(place="c").values.tolist() == [5, 6]
    with pytest.raises(InputError, match=r"1.csv: pm25 of 2015-01-01 stands in an earlier file"):
        take_in(tmp_path, store, "date,pm\n2015-01-01,5\n", "date,pm\n2015-01-01,6\n")
    with pytest.raises(InputError, match=r"1.csv: guidance by issue, lead; 0.csv is by day"):
        take_in(tmp_path, store, "date,pm\n2015-01-01,5\n", "issue,lead,pm\n2015-01-01,1,6\n")


def test_a_bad_file_stores_nothing(tmp_path, store):
    with pytest.raises(InputError, match="stands twice"):
        take_in(tmp_path, store, "date,pm\n2015-01-01,5\n", "date,pm\n2015-02-01,5\n2015-02-01,5\n")
    assert not store.path.parent.exists()


def test_days_and_cycles_do_not_mix(tmp_path, store):
    take_in(tmp_path, store, "issue,lead,pm\n2015-01-01,1,6\n2015-01-02,3,7\n")
    data = stored(store)
    assert data["pm25"].dims == ("issue", "lead", "place")
    np.testing.assert_array_equal(data["pm25"].sel(place="a"), [[6, np.nan], [np.nan, 7]])
    with pytest.raises(InputError, match="holds guidance by issue, the files are by day"):
        take_in(tmp_path, store, "date,pm\n2015-01-01,5\n")


def test_a_foreign_file_is_refused(store):
    assert store.read() is None
    store.path.parent.mkdir()
    store.path.write_text("no NetCDF")
    with pytest.raises(InputError, match="not a readable file of guidance"):
        store.read()
    xr.Dataset({"pm25": ("x", [1.0])}).to_netcdf(store.path)
    with pytest.raises(InputError, match="not a file of guidance of this store"):
        store.read()


def test_ingest_and_check_of_a_configuration(small_world, small_workspace, tmp_path, capsys):
    shutil.copytree(small_workspace.workspace.folder, tmp_path / "workspace")
    model = tmp_path / "model.csv"
    model.write_text("date,pm\n2013-03-01,5\n2013-03-02,7\n2013-03-05,-9\n")
    section = {"name": "ctm", "files": str(model), "columns": {"pm25": "pm"}, "utc_offset": 0}
    settings = {**small_world.settings, "data": str(small_world.folder / "data")}
    file = tmp_path / "c.yaml"
    file.write_text(yaml.safe_dump({**settings, "guidance": [section]}, allow_unicode=True))
    config = load_config(file)
    workspace, told = Workspace(config.workspace_folder), []
    report = ingest(config, workspace, lambda what, done, total: told.append((what, done, total)))
    assert told[-1] == ("guidance ctm", 1, 1)
    assert report.guidance["ctm"].written.values_added == 2 * 3  # stations
    assert report.guidance["ctm"].rejected == {"pm25 negative": 1}
    assert stored(workspace.guidance("ctm"))["pm25"].values[:2].tolist() == [[5] * 3, [7] * 3]
    show_ingest(report, config, "en")
    shown = capsys.readouterr().out
    assert "Guidance ctm: 1 files, 2013-03-01 to 2013-03-05\n  6 values added, 0 changed" in shown
    assert "its days are of UTC+0, taken for those of UTC+8 of the same date" in shown
    assert "guidance ctm: 2 days missing, first 2013-03-03" in check_sources(config).problems
    model.write_text("date,pm\n2013-03-01,x\n")
    assert f"{model}, line 2: pm is 'x'; expected a number" in " ".join(
        check_sources(config).problems
    )
    model.unlink()
    with pytest.raises(InputError, match=r"no file matches .*model.csv"):
        ingest(config, workspace)
