"""Doors of text: configurations, standards, observations, stations, guidance, covariates, JSON."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

from doors.door import Door
from forecast.config import load_config
from forecast.covariates.settings import Covariate
from forecast.covariates.table import read_covariate
from forecast.guidance.settings import Guidance
from forecast.guidance.table import read_guidance
from forecast.observations.airnow import Airnow
from forecast.observations.aqs import Aqs
from forecast.observations.cities_daily import CitiesDaily
from forecast.observations.cnemc import Cnemc
from forecast.observations.five_cities import FiveCities
from forecast.observations.openaq import OpenAq
from forecast.observations.prsa import Prsa
from forecast.observations.source import Source
from forecast.observations.table import Table

ROOT = Path(__file__).resolve().parents[3]
PRSA = "No,year,month,day,hour,PM2.5,PM10,SO2,NO2,CO,O3,station\n" + "".join(
    f"{k + 1},2015,1,1,{k},{5 + k},6,7,8,900,10,A\n" for k in range(6)
)
CNEMC = "date,hour,type,1001A,1002A\n" + "".join(
    f"20150102,{hour},{name},{7 + hour},8\n"
    for hour in range(3)
    for name in ("AQI", "PM2.5", "PM10", "SO2", "NO2", "O3", "CO", "O3_8h")
)
FIVE_CITIES = (
    "No,year,month,day,hour,season,PM_Caotangsi,PM_Shahepu,PM_US Post,DEWP,HUMI,PRES,TEMP,cbwd,"
    "Iws,precipitation,Iprec\n"
) + "".join(f"{k},2013,3,2,{k},1,5,6,7,-9999,1,9,2,cv,5.8,0,0\n" for k in range(4))
CITIES_DAILY = "date,PM25,PM10,CO,NO2,SO2,O3,city,region,avgtemp,avgp\n" + "".join(
    f"2014-01-0{k},45.5,60,1000,20,10,50,beijing,north,-4.4,327660.0\n" for k in range(1, 5)
)
OPENAQ = "location_id,sensors_id,location,datetime,lat,lon,parameter,units,value\n" + "".join(
    f'2178,39{p},"Del Norte, NM",2022-05-03T0{k}:00:00-07:00,35.1,-106.5,{p},{u},{k}\n'
    for k in range(1, 4)
    for p, u in (("pm25", "µg/m³"), ("o3", "ppm"))
)
AIRNOW = "".join(
    f"10/02/23|1{k}:00|840010491003|Site A|-4|{p}|{u}|12.5|State A\r\n"
    for k in range(3)
    for p, u in (("PM2.5", "UG/M3"), ("OZONE", "PPB"), ("CO", "PPM"))
)
AQS = (
    '"State Code","County Code","Site Num","Parameter Code","POC","Latitude","Longitude","Datum",'
    '"Parameter Name","Date Local","Time Local","Date GMT","Time GMT","Sample Measurement",'
    '"Units of Measure","MDL","Uncertainty","Qualifier","Method Type","Method Code","Method Name",'
    '"State Name","County Name","Date of Last Change"\n'
) + "".join(
    '"01","073","0023","88101",3,33.5,-86.8,"WGS84","PM2.5","2019-12-31","18:00","2020-01-01",'
    f'"0{k}:00",12.{k},"Micrograms/cubic meter (LC)",5,"","","FEM","183","BAM","Alabama",'
    '"Jefferson","2020-05-20"\n'
    for k in range(4)
)
OWN = "id;when;CO\nA;2015-01-01 01:00;0.4\nA;2015-01-01 02:00;-999\nB;2015-01-01 01:00;0.5\n"
STATIONS = (
    "station,lat,lon,city,province,name_zh\nA,40,116,Beijing,Beijing,甲\n"
    "B,39,117,Tianjin,Tianjin,乙\n"
)
CNEMC_STATIONS = (
    "ID,stations_name,stations_en_name,area,area_en_name,lon,lat\n"
    "1001A,万寿西宫,Wan,北京,Beijing,116.366,39.8673\n1002A,定陵,Ding,天津,Tianjin,117.17,39.2\n"
)
CITIES = "city,lat,lon,name_zh,province\nbeijing,40,116,北京,Beijing\nxian,34,109,西安,Shaanxi\n"
BY_CYCLE = "issue,lead,place,pm\n2015-01-01,1,a,10\n2015-01-01,2,a,20\n2015-01-02,1,a,30\n"
PLANNED = "place,date,announced,share\nA,2015-01-04,2015-01-02,0.3\nA,2015-01-05,2015-01-03,0.4\n"
WIDE = "station,issue,lead,pm25,aqi_level\nA,2015-01-01,1,10,1\nA,2015-01-01,2,20,2\n"
LONG = "站点,起报日期,时效,污染物,预报值\nA,2015年1月1日,1天,PM2.5,10\nA,20150101,48小时,PM2.5,20\n"
FIGURES = (
    "city,date,PM2.5 (µg/m³),O3,AQI,primary\nA,2015-01-02,12,80,40,\nA,2015-01-03,90,9,120,O3\n"
)
POINTS = (
    "issue,lead,member,lat,lon,t2m [degC],pm25,note\n2024-01-01T00:00Z,6,0,40.0,116.0,1.0,10,a\n"
    "2024-01-01T00:00Z,12,0,40.0,116.0,2.0,20,b\n2024-01-01T00:00Z,6,1,40.0,116.0,3.0,,c\n"
)
GEOJSON = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}}
        for kind, coordinates in (
            ("LineString", [[1, 2], [3.4, 4], [5, 6]]),
            ("Polygon", [[[0, 0], [10, 0], [10, 10], [0, 0]]]),
            ("MultiPolygon", [[[[0, 0], [10, 0], [10, 10], [0, 0]]]]),
        )
    ],
}


def _text(read: Callable[[Path], object], *files: tuple[str, str]) -> Door:
    return Door("text", tuple((name, text.encode()) for name, text in files), read)


def _observations(source: Source, *files: tuple[str, str]) -> Door:
    door = _text(lambda path: source.read(path, 8), *files)
    name, text = files[0]
    if source.format in ("airnow", "table"):
        return door
    packed = (f"{name}.gz", gzip.compress(text.encode(), mtime=0))
    return Door("text", (*door.files, packed), door.read)


def config() -> Door:
    files = [(p.name, p.read_text(encoding="utf-8")) for p in sorted((ROOT / "configs").iterdir())]
    return _text(load_config, *files)


def standard() -> Door:
    from forecast.standard import load_standard

    folder = ROOT / "forecast" / "standards"
    files = [(p.name, p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.yaml"))]
    return _text(load_standard, *files)


def table() -> Door:
    source = Table(
        files="*.csv",
        layout="wide",
        columns={"station": "id", "time": "when", "co": "CO"},
        units={"co": "ppm"},
        time_format="%Y-%m-%d %H:%M",
        time_zone="utc",
        hour_label="ending",
        missing=["-999"],
        delimiter=";",
        encoding="utf-8",
    )
    return _observations(source, ("own.csv", OWN))


def stations() -> Door:
    from forecast.stations import read_stations

    return _text(read_stations, ("stations.csv", STATIONS))


def stations_cnemc() -> Door:
    from forecast.observations.cnemc_stations import read_cnemc_stations

    return _text(read_cnemc_stations, ("list.csv", CNEMC_STATIONS))


def stations_cities() -> Door:
    from forecast.city_stations import read_city_stations

    return _text(read_city_stations, ("cities.csv", CITIES))


def guidance() -> Door:
    source = Guidance(name="ctm", files="*.csv", columns={"pm25": "pm"})
    by_day = "date,t2m,pm\n2015-01-01,-6.3,88.5\n2015-01-03,1.0,NA\n"
    return _text(lambda p: read_guidance(p, source), ("a.csv", by_day), ("b.csv", BY_CYCLE))


def covariates() -> Door:
    source = Covariate(name="plan", kind="planned", files="*", columns={"share": "share"})
    return _text(lambda p: read_covariate(p, source), ("plan.csv", PLANNED))


def outlines() -> Door:
    from forecast.consultation.products.outlines import read_outlines

    return Door("tree", (("o.geojson", json.dumps(GEOJSON).encode()),), read_outlines)


def foreign_forecast() -> Door:
    from forecast.foreign.reading import read_forecasts

    return _text(lambda p: read_forecasts([p]), ("wide.csv", WIDE), ("long.csv", LONG))


def foreign_observed() -> Door:
    from forecast.foreign.reading import read_observed

    return _text(lambda p: read_observed([p]), ("figures.csv", FIGURES))


def weather_points() -> Door:
    from forecast.weather import open_weather

    return _text(lambda p: open_weather(p, "points").load(), ("points.csv", POINTS))


TABLES: dict[str, Callable[[], Door]] = {
    "config": config,
    "standard": standard,
    "prsa": lambda: _observations(Prsa(files="*"), ("PRSA_Data_A_20150101-20150101.csv", PRSA)),
    "cnemc": lambda: _observations(Cnemc(files="*"), ("china_sites_20150102.csv", CNEMC)),
    "five_cities": lambda: _observations(
        FiveCities(files="*"), ("ChengduPM20130101_20151231.csv", FIVE_CITIES)
    ),
    "cities_daily": lambda: _observations(
        CitiesDaily(files="*", gas_units="ppb"), ("cities.csv", CITIES_DAILY)
    ),
    "openaq": lambda: _observations(OpenAq(files="*"), ("location-2178.csv", OPENAQ)),
    "airnow": lambda: _observations(Airnow(files="*"), ("HourlyData_2023100211.dat", AIRNOW)),
    "aqs": lambda: _observations(Aqs(files="*"), ("hourly_88101_2020.csv", AQS)),
    "table": table,
    "stations": stations,
    "stations_cnemc": stations_cnemc,
    "stations_cities": stations_cities,
    "guidance": guidance,
    "covariates": covariates,
    "outlines": outlines,
    "foreign_forecast": foreign_forecast,
    "foreign_observed": foreign_observed,
    "weather_points": weather_points,
}
