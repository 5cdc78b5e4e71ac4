"""Names of columns: what each says, and what is left to the user."""

import pytest

from forecast.foreign.names import Meaning, meaning


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("PM2.5", "pm25"),
        ("pm2_5", "pm25"),
        ("PM₂.₅浓度", "pm25"),
        ("细颗粒物", "pm25"),
        ("O3_8h", "o3"),
        ("臭氧8小时", "o3"),
        ("AQI指数", "aqi"),
        ("AQI上限", "aqi_high"),
        ("空气质量等级", "level"),
        ("首要污染物", "primary"),
    ],
)
def test_variables(name, variable):
    assert meaning(name) == Meaning("variable", variable)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Station ID", "place0"),
        ("站点名称", "place0"),
        ("城市代码", "place1"),
        ("城市", "place3"),
        ("init_time", "issue"),
        ("起报日期", "issue"),
        ("lead (h)", "lead_hours"),
        ("预报时效", "lead"),
        ("valid_date", "day"),
        ("日期", "day"),
        ("集合成员", "member"),
        ("模式", "model"),
    ],
)
def test_roles(name, role):
    assert meaning(name).role == role


@pytest.mark.parametrize(
    ("name", "member", "quantile"),
    [
        ("pm25_m03", 3, None),
        ("pm25 ens 12", 12, None),
        ("成员1", 1, None),
        ("pm25_q05", None, 0.05),
        ("p90", None, 0.9),
        ("q025", None, 0.025),
        ("pm25_0.5", None, 0.5),
        ("95%", None, 0.95),
    ],
)
def test_members_and_quantiles(name, member, quantile):
    found = meaning(name)
    assert (found.member, found.quantile) == (member, quantile)


def test_pm10_is_no_quantile():
    assert meaning("pm10") == Meaning("variable", "pm10")


def test_unit_beside_the_name():
    assert (meaning("CO (mg/m³)").variable, meaning("CO (mg/m³)").unit) == ("co", "mg/m3")
    assert meaning("pm25 ug_m3").unit == "ug/m3"


def test_a_known_name_keeps_a_unit_nobody_knows():
    found = meaning("PM2.5 (lb/ft3)")
    assert (found.variable, found.unit) == ("pm25", "lb/ft3")


def test_sides():
    assert (meaning("pm25_obs").side, meaning("预报值").side) == ("observed", "forecast")


def test_other_names_are_the_users_own():
    assert meaning("Visibility") == Meaning("variable", "visibility", known=False)
