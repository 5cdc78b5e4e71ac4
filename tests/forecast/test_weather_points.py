"""CSV tables of model output at points."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from forecast.errors import InputError
from forecast.weather import open_weather

FORECAST = """issue,lead,member,lat,lon,t2m [degC],pm25,note
2024-01-01T00:00Z,6,0,40.0,116.0,1.0,10,a
2024-01-01T00:00Z,12,0,40.0,116.0,2.0,20,b
2024-01-01T00:00Z,6,1,40.0,116.0,3.0,,c
2024-01-01T00:00Z,6,0,39.0,117.0,4.0,40,d
2024-01-01T20:00+08:00,6,0,40.0,116.0,5.0,50,e
"""


def opened(folder, text: str, name="points.csv", product="points", **options):
    path = folder / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return open_weather(path, product, **options)


def hours(index) -> list[float]:
    return (np.asarray(index.values) / np.timedelta64(1, "h")).tolist()


@pytest.mark.parametrize("name", ["points.csv", "points.csv.gz"])
def test_a_forecast_in_long_form(tmp_path, name):
    file = opened(tmp_path, FORECAST, name)
    assert file["t2m"].dims == ("issue", "lead", "member", "point")
    assert file.attrs["cell"] == "instant" and file.attrs["ignored"] == "note"
    issues = np.array(["2024-01-01T00", "2024-01-01T12"], "M8[ns]")
    assert (file["issue"].values == issues).all() and hours(file["lead"]) == [6, 12]
    assert file["latitude"].values.tolist() == [40, 39]
    assert file["longitude"].values.tolist() == [116, 117]
    expected = np.full((2, 2, 2, 2), np.nan)
    expected[0, 0, 0, 0], expected[0, 1, 0, 0] = 274.15, 275.15
    expected[0, 0, 1, 0], expected[0, 0, 0, 1] = 276.15, 277.15
    expected[1, 0, 0, 0] = 278.15
    np.testing.assert_allclose(file["t2m"].values, expected, rtol=1e-6)
    assert file["t2m"].dtype == np.float32
    pm25 = file["pm25"].isel(issue=0, lead=[1, 0], member=0).values
    np.testing.assert_array_equal(pm25, [[20, np.nan], [10, 40]])
    assert np.isnan(file["pm25"].values[0, 0, 1, 0])


def test_the_product_is_recognised(tmp_path):
    assert opened(tmp_path, FORECAST, product=None).attrs["product"] == "points"
    with pytest.raises(InputError, match="of no known weather product"):
        opened(tmp_path, "name,value\na,1\n", product=None)


@pytest.mark.parametrize(
    ("header", "rows", "issues", "leads", "cell"),
    [
        ("time", ["2024-01-01T00", "2024-01-01T03"], ["2024-01-01T00", "2024-01-01T03"], [0], "i"),
        ("date", ["2024-01-01", "2024-01-02"], ["2024-01-01", "2024-01-02"], [0], "l"),
        ("issue,valid", ["2024-01-01,2024-01-01T06", "2024-01-01,2024-01-02"], 1, [6, 24], "i"),
        ("issue,date", ["2024-01-01,2024-01-02", "2024-01-01,2024-01-03"], 1, [24, 48], "l"),
        ("issue,lead [days]", ["2024-01-01,1", "2024-01-01,2"], 1, [24, 48], "l"),
        ("issue,lead_days", ["2024-01-01,1", "2024-01-01,2"], 1, [24, 48], "l"),
        ("issue,lead", ["2024-01-01,1", "2024-01-01,2"], 1, [1, 2], "i"),
        ("issue,lead [min]", ["2024-01-01,60", "2024-01-01,120"], 1, [1, 2], "i"),
        ("date,lead", ["2024-01-02,1", "2024-01-03,2"], 1, [24, 48], "l"),
        ("valid,lead", ["2024-01-01T06,6", "2024-01-01T12,12"], 1, [6, 12], "i"),
        ("issue,lead,valid", ["2024-01-01,6,2024-01-01T06", "2024-01-01,7,2024-01-01T07"], 1,
         [6, 7], "i"),
    ],
)  # fmt: skip
def test_columns_of_time(tmp_path, header, rows, issues, leads, cell):
    issues = ["2024-01-01"] if issues == 1 else issues
    text = "\n".join([f"{header},u10,lat,lon", *(f"{r},{i},40,116" for i, r in enumerate(rows))])
    file = opened(tmp_path, text)
    assert (file["issue"].values == np.array(issues, "M8[ns]")).all()
    assert hours(file["lead"]) == leads
    assert file.attrs["cell"] == {"i": "instant", "l": "local day"}[cell]
    assert file["u10"].values.ravel().tolist() == [0, 1]


def test_names_of_points_and_of_columns(tmp_path):
    text = "when,station,y,x,temp\n2024-01-01,s2,40,116,1\n2024-01-01,s1,39,117,2\n"
    names = {"when": "valid", "y": "latitude", "x": "longitude", "temp": "t2m"}
    file = opened(tmp_path, text, rename=names, units={"t2m": "degC"})
    assert file["point"].values.tolist() == ["s2", "s1"]
    assert file["latitude"].values.tolist() == [40, 39]
    np.testing.assert_allclose(file["t2m"].values.ravel(), [274.15, 275.15], rtol=1e-6)


def test_one_point_whose_place_is_stated(tmp_path):
    text = "date,u10\n2024-01-01,1\n2024-01-02,2\n"
    file = opened(tmp_path, text, point=(39.9, 116.4))
    assert file["latitude"].values.tolist() == [39.9]
    assert file["longitude"].values.tolist() == [116.4]
    with pytest.raises(InputError, match="line 1: no columns lat and lon; expected them, or the"):
        opened(tmp_path, text)


def test_amounts_rates_and_mixing_ratios(tmp_path):
    text = (
        "issue,lead,lat,lon,tp,ssrd [W m-2],o3 [ug/kg],sp [hPa],t2m [degC]\n"
        "2024-01-01,6,40,116,1,100,50,1000,7\n2024-01-01,9,40,116,3,200,50,1000,7\n"
    )
    file = opened(tmp_path, text)
    assert hours(file["tp_start"]) == [0, 0] and hours(file["ssrd_start"]) == [0, 6]
    assert file["ssrd"].values.ravel().tolist() == [100 * 6 * 3600, 200 * 3 * 3600]
    density = 100_000 / (287.05 * 280.15)
    np.testing.assert_allclose(file["o3"].values.ravel(), 50 * density, rtol=1e-6)
    dry = opened(tmp_path, "time,lat,lon,tp,u10,o3 [ug/kg]\n2024-01-01,40,116,1,2,3\n")
    assert list(dry.data_vars) == ["u10"]
    unknown = "tp (its interval is not known), o3 (a mixing ratio without sp and t2m)"
    assert dry.attrs["ignored"] == unknown
    days = opened(tmp_path, "date,lat,lon,tp,ssrd [W m-2]\n2024-01-01,40,116,1,100\n")
    assert days["tp"].values.item() == 1 and days["ssrd"].values.item() == 100 * 86400


HEAD = "issue,lead,lat,lon,t2m\n"
ROW = "2024-01-01,6,40,116,280\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        (HEAD, "no row below the header"),
        (HEAD + ROW + "2024-01-01,9,40,1", "line 3: 4 fields; expected 5"),
        (HEAD + ROW + ROW, "line 3: the same time, member and point as a row before"),
        (HEAD + ROW.replace("280", "warm"), "line 2: t2m is 'warm'; expected a number"),
        (HEAD + ROW.replace("280", "inf"), "line 2: t2m is 'inf'; expected a number"),
        (
            HEAD + ROW.replace("280", "7"),
            r"line 2: field t2m without units holds 7, .* t2m \[units",
        ),
        (HEAD + ROW.replace(",6,", ",,"), "line 2: column lead is empty"),
        (HEAD + ROW.replace(",6,", ",-6,"), "line 2: the lead is negative"),
        (HEAD + ROW.replace("2024-01-01", "2024-13-01"), "line 2: column issue holds '2024-13-01'"),
        (HEAD + ROW.replace("2024-01-01", "then"), "column issue holds 'then'; expected a time"),
        (HEAD + ROW.replace("40", "95"), "latitude holds a value that is not within ±90"),
        (HEAD + ROW.replace("40", ""), "line 2: column lat is empty"),
        ("when,lat,lon,t2m\n1,40,116,280\n", "line 1: no time; expected columns issue and lead"),
        ("time,lead,lat,lon,t2m\n" + ROW, "line 1: columns time and lead leave open whether"),
        ("date,lat,lon,u10\n2024-01-01T06,40,116,1\n", "'2024-01-01T06'; expected a date"),
        (
            "issue,date,lead,lat,lon,u10\n2024-01-01,2024-01-02,2,40,116,1\n",
            "line 2: the valid tim",
        ),
        ("issue,lead [fortnights],lat,lon,t2m\n" + ROW, "column lead is in 'fortnights'"),
        ("issue,lead,lat,lon,t2m [Pa]\n" + ROW, "field t2m is in 'Pa'; expected K"),
        ("issue,lead,lat,lon,heat\n" + ROW, "no known weather field as points; found heat"),
        ("issue,lead,lat,lon,t2m,t2m [K]\n" + ROW.strip() + ",1\n", "column t2m stands twice"),
        (
            "time,point,lat,lon,u10\n2024-01-01,a,1,2,3\n2024-01-02,a,1,3,3\n",
            "point a is elsewhere",
        ),
        (
            "time,member,lat,lon,u10\n2024-01-01,0.5,1,2,3\n",
            "column member must hold whole numbers",
        ),
        (
            "time,lat,lon,tcc\n2024-01-01,1,2,0.5\n",
            "field tcc without units holds 0.5, which is not",
        ),
    ],
)
def test_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as caught:
        opened(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / "points.csv"))
    assert "\n" not in str(caught.value)


def test_renamed_columns_need_units(tmp_path):
    with pytest.raises(InputError, match="field t2m states no units; expected K"):
        opened(tmp_path, HEAD.replace("t2m", "temp") + ROW, rename={"temp": "t2m"})


def test_a_damaged_archive_or_text(tmp_path):
    path = tmp_path / "points.csv.gz"
    whole = gzip.compress(FORECAST.encode())
    for spoilt in (whole[:-10], whole[:20], b"\x00" * 40, b"lat,lon\n1,2\n"):
        path.write_bytes(spoilt)
        with pytest.raises(InputError, match=r"points\.csv\.gz: cannot be read"):
            open_weather(path, "points")
    path = tmp_path / "points.csv"
    path.write_bytes(FORECAST.encode("utf-16"))
    with pytest.raises(InputError, match=r"points\.csv: not text in utf-8"):
        open_weather(path, "points")


def test_a_stray_date_does_not_fill_the_memory(tmp_path):
    rows = [f"2024-01-01T00,{i},{i % 60},{i % 170},1" for i in range(1200)]
    with pytest.raises(InputError, match=r"1200 rows span 1 x 1200 x 1 x 1020 .* a stray time or"):
        opened(tmp_path, "\n".join(["issue,lead,lat,lon,u10", *rows]))


@pytest.mark.real
def test_the_real_guidance(real_data):
    path = next((real_data / "guidance").glob("cams_era5_beijing_point_daily_*.csv"))
    names = {
        **{"msl_hpa": "msl", "sp_hpa": "sp", "t2m_c": "t2m", "d2m_c": "d2m", "rh_pct": "r2"},
        **{"tp_mm": "tp", "ssrd_jm2": "ssrd", "cams_pm25": "pm25", "cams_pm10": "pm10"},
        **{"cams_o3_ugkg": "o3", "cams_co_mgkg": "co"},
    }
    units = {
        **{"msl": "hPa", "sp": "hPa", "t2m": "degC", "d2m": "degC", "r2": "%", "tcc": "1"},
        **{"tp": "mm", "ssrd": "J m-2", "pm25": "ug m-3", "pm10": "ug m-3"},
        **{"o3": "ug kg-1", "co": "mg kg-1"},
    }
    file = open_weather(path, rename=names, units=units, point=(39.9, 116.4))
    raw = pd.read_csv(path)
    assert file.attrs["product"] == "points" and file.attrs["cell"] == "local day"
    assert (file["issue"].values == pd.to_datetime(raw["date"]).to_numpy()).all()
    density = raw["sp_hpa"] * 100 / (287.05 * (raw["t2m_c"] + 273.15))
    for name, expected in (
        ("t2m", raw["t2m_c"] + 273.15),
        ("msl", raw["msl_hpa"] * 100),
        ("tcc", raw["tcc"] * 100),
        ("tp", raw["tp_mm"]),
        ("u10", raw["u10"]),
        ("pm25", raw["cams_pm25"]),
        ("o3", raw["cams_o3_ugkg"] * density),
        ("co", raw["cams_co_mgkg"] * density),
    ):
        np.testing.assert_allclose(file[name].values.ravel(), expected, rtol=1e-5)
