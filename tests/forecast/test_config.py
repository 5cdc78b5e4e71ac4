"""The configuration: paths, defaults, and one clear sentence for every mistake."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from forecast.config import load_config, parse_date
from forecast.errors import ConfigError, InputError

MINIMAL = {
    "name": "test",
    "data": "in",
    "workspace": "out/ws",
    "stations": {"file": "stations.csv"},
    "observations": [{"format": "prsa", "files": "*.csv"}],
    "weather": [{"product": "ens", "kind": "forecast", "files": "*.nc"}],
}
ANALYSIS = {"product": "ana", "kind": "analysis", "files": "a.nc"}


def written(folder: Path, content: object) -> Path:
    path = folder / "run.yaml"
    text = content if isinstance(content, str) else yaml.safe_dump(content)
    path.write_text(text, encoding="utf-8")
    return path


def changed(**changes: object) -> dict:
    """The minimal configuration with keys replaced; a dotted key goes one level down."""
    content = dict(MINIMAL)
    for key, value in changes.items():
        section, _, name = key.partition("__")
        if name and section == "observations":
            content[section] = [{**MINIMAL["observations"][0], name: value}]
        elif name:
            content[section] = {**content.get(section, {}), name: value}
        else:
            content[section] = value
    return content


def test_defaults_and_folders(tmp_path, monkeypatch):
    path = written(tmp_path, MINIMAL)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    config = load_config("../run.yaml")
    assert config.data_folder == tmp_path / "in"
    assert config.workspace_folder == tmp_path / "out" / "ws"
    assert (config.leads, config.utc_offset, config.issue_hour, config.scenarios) == (10, 8, 24, 50)
    assert config.evaluation.half_width == {200: 15, 300: 25, 500: 50}
    assert config.training.boosting.trees == 250 and config.station_share == 0.75
    assert [p.product for p in config.forecast_products] == ["ens"]
    assert config.analysis_product is None
    replaced = load_config(path, data="d", workspace="w")
    assert replaced.data_folder == tmp_path / "elsewhere" / "d"
    assert replaced.workspace_folder == tmp_path / "elsewhere" / "w"
    assert load_config(path, workspace="/abs").workspace_folder == Path("/abs")


def test_the_shipped_beijing_configuration_loads():
    config = load_config(Path(__file__).parents[2] / "configs" / "beijing.yaml")
    assert (config.name, config.title_zh, config.simulated) == ("beijing", "北京市", "weather")
    assert config.forecast_products[0].product == "ensemble"
    assert config.analysis_product.product == "analysis"


def test_a_configuration_cannot_be_changed(tmp_path):
    config = load_config(written(tmp_path, MINIMAL))
    with pytest.raises(ValidationError, match="frozen"):
        config.leads = 3


def test_digest_follows_what_decides_the_forecast(tmp_path):
    base = load_config(written(tmp_path, MINIMAL)).digest
    assert re.fullmatch("[0-9a-f]{16}", base)
    same = changed(data="other", workspace="elsewhere", workers=7, leads=10)
    assert load_config(written(tmp_path, same)).digest == base
    for change in ({"seed": 2}, {"leads": 9}, {"training__folds": 5}, {"station_share": 0.5}):
        assert load_config(written(tmp_path, changed(**change))).digest != base, change


def test_source_files_are_sorted_and_found_from_the_data_folder(tmp_path):
    config = load_config(written(tmp_path, MINIMAL))
    for name in ("in/b.csv", "in/a.csv", "in/sub/c.csv", "c.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "in" / "folder.csv").mkdir()
    assert [p.name for p in config.source_files("*.csv")] == ["a.csv", "b.csv"]
    assert [p.name for p in config.source_files("sub/*.csv")] == ["c.csv"]
    assert config.source_files(str(tmp_path / "*.csv")) == [tmp_path / "c.csv"]
    with pytest.raises(InputError, match=f"no file matches {tmp_path}/in/none-"):
        config.source_files("none-*.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "expected keys and values, found NoneType"),
        ("- a\n- b\n", "expected keys and values, found list"),
        ("name: [1, 2\n", "not valid YAML: while parsing a flow sequence .* line 2, column 1"),
        ("a: b: c\n", "not valid YAML: mapping values are not allowed here"),
        (
            "!!python/object/apply:os.getcwd []\n",
            "not valid YAML: could not determine a constructor",
        ),
        ("1: 2\n", "keys must be text"),
        (changed(base="x"), "unknown key 'base'"),
        (changed(lead=3), "unknown key 'lead'"),
        (changed(training__boosting={"tree": 3}), "unknown key 'training.boosting.tree'"),
        (changed(weather=[{**ANALYSIS, "x": 1}]), "unknown key 'weather.0.x'"),
        ({k: v for k, v in MINIMAL.items() if k != "workspace"}, "key 'workspace' is missing"),
        (changed(stations={"format": "cnemc"}), "key 'stations.file' is missing"),
        (changed(observations=[]), "'observations': List should have at least 1 item"),
        (
            changed(observations=2 * MINIMAL["observations"]),
            "'observations': two sources share a name: prsa, prsa; give each a `name`",
        ),
        (changed(observations__format="prsb"), "'observations.0': Input tag 'prsb' found"),
        (changed(quality__exclude=["spike"]), "'quality.exclude"),
        (changed(leads=0), "'leads': Input should be greater than or equal to 1, found 0"),
        (changed(leads="ten"), "'leads': Input should be a valid integer.*, found 'ten'"),
        (changed(leads=2.5), "'leads': Input should be a valid integer.*, found 2.5"),
        (
            changed(issue_hour=25),
            "'issue_hour': Input should be less than or equal to 24, found 25",
        ),
        (
            changed(utc_offset=15),
            "'utc_offset': Input should be less than or equal to 14, found 15",
        ),
        (changed(scenarios=51), "'scenarios': Input should be 50, found 51"),
        (changed(name="a b/c"), "'name': String should match pattern .*, found 'a b/c'"),
        (changed(holidays=False), "'holidays': Input should be a valid string, found False"),
        (changed(holidays="China"), "'holidays': String should match pattern .*, found 'China'"),
        (changed(station_share=0), "'station_share': Input should be greater than 0, found 0"),
        (changed(weather=[]), "'weather': List should have at least 1 item"),
        (
            changed(weather=[ANALYSIS]),
            "'weather': a product of kind 'forecast' is needed, none given",
        ),
        (
            changed(weather=[*MINIMAL["weather"], {"product": "b", "kind": "forecast"}]),
            "'weather.1': b: `files` are missing",
        ),
        (
            changed(weather=[{**MINIMAL["weather"][0], "format": "gfs2"}]),
            "'weather.0.format': unknown format; known are .*daily.*, found 'gfs2'",
        ),
        (
            changed(weather=[{**MINIMAL["weather"][0], "dressing": {}}]),
            "'weather': ens: dressing needs a product of kind 'analysis'",
        ),
        (
            changed(weather=[*MINIMAL["weather"], {**ANALYSIS, "dressing": {}}]),
            "'weather.1': .*: an analysis cannot be dressed as itself",
        ),
        (
            changed(
                weather=[{**MINIMAL["weather"][0], "dressing": {"correlation": {"t2m": [1.2]}}}]
            ),
            "'weather.0.dressing.correlation': correlation of t2m must be numbers within 0 … 1",
        ),
        (
            changed(weather=[*MINIMAL["weather"], {**ANALYSIS, "product": "ens"}]),
            "'weather': two products share a name: ens, ens",
        ),
        (
            changed(weather=[*MINIMAL["weather"], ANALYSIS, {**ANALYSIS, "product": "c"}]),
            "'weather': at most one product of kind 'analysis' can be given",
        ),
        (
            changed(weather=[{**ANALYSIS, "kind": "reanalysis"}]),
            "'weather.0.kind': Input should be 'forecast' or 'analysis', found 'reanalysis'",
        ),
        (
            changed(observations__files=""),
            "'observations.0.prsa.files': String should have at least 1 char",
        ),
        (
            changed(observations__hour_label="end"),
            "'observations.0.prsa.hour_label': Input should be 'begi",
        ),
        (changed(evaluation__half_width={200: 15}), "'evaluation': half_width must reach AQI 500"),
        (changed(evaluation__half_width={}), "'evaluation': half_width must reach AQI 500"),
        (
            changed(evaluation__half_width={"a": 1}),
            r"'evaluation.half_width.a.\[key\]': Input should",
        ),
        (changed(evaluation__confidence=1), "'evaluation.confidence': Input should be less than 1"),
        (
            changed(training__folds=1),
            "'training.folds': Input should be greater than or equal to 2",
        ),
        (changed(observations="x.csv"), "'observations': Input should be a valid list"),
    ],
)
def test_refused_configurations(tmp_path, content, message):
    path = written(tmp_path, content)
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml: no such configuration file"):
        load_config(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=r"cannot be read as UTF-8 text: .*directory"):
        load_config(tmp_path)
    (tmp_path / "gbk.yaml").write_bytes("title_zh: 北京".encode("gbk"))
    with pytest.raises(ConfigError, match=r"gbk\.yaml: cannot be read as UTF-8 text"):
        load_config(tmp_path / "gbk.yaml")


def test_dates():
    assert parse_date("2016-02-29", "--from") == date(2016, 2, 29)
    for text in ("2015-02-29", "29.02.2016", ""):
        with pytest.raises(
            ConfigError, match=f"--from: '{text}' is not a date of the form YYYY-MM-DD"
        ):
            parse_date(text, "--from")


def test_a_key_that_stands_twice(tmp_path):
    path = tmp_path / "twice.yaml"
    path.write_text("name: a\nleads: 5\nname: b\n")
    with pytest.raises(ConfigError, match="key 'name' stands twice, again in line 3"):
        load_config(path)


def test_digest_is_the_same_in_every_process(tmp_path):
    """Sets and hashes differ from process to process; a digest must not."""
    path = written(tmp_path, changed(quality={"exclude": ["sentinel", "negative", "zero"]}))
    code = f"from forecast.config import load_config; print(load_config({str(path)!r}).digest)"
    found = set()
    for seed in ("0", "1", "2", "3"):
        command = [sys.executable, "-c", code]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        found.add(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
    assert len(found) == 1
    other = written(tmp_path, changed(quality={"exclude": ["zero", "sentinel", "negative"]}))
    assert load_config(other).digest.encode() == found.pop().strip()


def test_the_readme_example_is_a_valid_configuration(tmp_path):
    """The sources shown in both READMEs, with the keys a run needs besides."""
    root = Path(__file__).parents[2]
    for name in ("README.md", "README.zh-CN.md"):
        text = (root / name).read_text(encoding="utf-8")
        whole, block = re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
        assert load_config(written(tmp_path, whole)).name == "own"
        config = load_config(written(tmp_path, f"name: r\nworkspace: w\n{block}"))
        assert [source.store_name for source in config.observations] == ["cnemc", "backup"]


def test_yaml_of_absurd_size_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "grows.yaml"
    path.write_text("name: x\nnames_zh:\n  <<: [{a: 1, b: 2}, {c: 3}]\n  d: 4\n")
    monkeypatch.setattr("forecast.plain_yaml.MOST_KEYS", 3)  # the merged mapping has 4
    with pytest.raises(ConfigError, match=r"grows\.yaml: not valid YAML: over 3 keys, in line 3"):
        load_config(path)
    path.write_text("a: " + "x" * 4_000_001)
    with pytest.raises(ConfigError, match=r"4,000,004 characters; expected at most 4,000,000"):
        load_config(path)


def test_a_message_is_one_line_whatever_a_file_held():
    assert str(ConfigError("a\nb\x0bc\u2028d\x1b[31m 中\u3000文")) == "a b c d\ufffd[31m 中 文"
