"""Model files: a changed byte is refused by name, no tree harms, and nothing is executed."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from doors.models import DAY, PREDICTORS, save_small, sign, small_cases

from ensembles import Boosting, Climatology
from ensembles.members.booster_text import check_booster
from ensembles.members.climatology import FittedClimatology
from forecast.errors import InputError
from forecast.modelstore import load_ensemble

WATCHED = ("exec", "compile", "pickle.find_class", "os.system", "subprocess.Popen", "marshal.loads")


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / DAY
    folder.mkdir()
    save_small(folder)
    return folder


@pytest.fixture
def text(ensemble):
    return (ensemble / "pm25" / "boosting" / "location-0.txt").read_text()


def test_one_changed_byte_of_any_file_is_refused_by_name(ensemble):
    files = sorted(f for f in ensemble.rglob("*") if f.is_file() and f.name != "manifest.json")
    assert {f.suffix for f in files} == {".json", ".nc", ".txt"}
    for path in files:
        content = path.read_bytes()
        path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
        with pytest.raises(InputError, match=rf"{path.name}: differs from what the manifest"):
            load_ensemble(ensemble, ("pm25",))
        path.write_bytes(content)
    members = load_ensemble(ensemble, ("pm25",)).pollutants["pm25"].members
    assert list(members) == ["climatology", "persistence", "boosting"]


def test_loading_executes_nothing(ensemble):
    seen, watching = [], [False]

    def hook(event, arguments):
        if watching[0] and event in WATCHED:
            seen.append((event, arguments))

    load_ensemble(ensemble, ("pm25",))  # what is imported is imported here
    sys.addaudithook(hook)
    watching[0] = True
    load_ensemble(ensemble, ("pm25",))
    watching[0] = False
    assert seen == []


def test_what_was_saved_passes_and_forecasts_the_same(ensemble):
    cases, target = small_cases()
    loaded = load_ensemble(ensemble, ("pm25",)).pollutants["pm25"].members["boosting"]
    assert loaded.predictors == PREDICTORS
    fitted = Boosting(PREDICTORS, trees=10, min_leaf=10, folds=2).fit(cases, target)
    expected, found = (model.predict(cases).quantiles for model in (fitted, loaded))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def first_of(text, key):
    """The first line of a tree with this key."""
    return next(line for line in text.splitlines() if line.startswith(f"{key}="))


def with_first(text, key, position, value):
    """The text with one number of the first tree replaced, its size told anew."""
    line = first_of(text, key)
    cells = line.partition("=")[2].split(" ")
    cells[position] = value
    changed = f"{key}={' '.join(cells)}"
    sizes = first_of(text, "tree_sizes").partition("=")[2].split(" ")
    sizes[0] = str(int(sizes[0]) + len(changed) - len(line))
    text = text.replace(first_of(text, "tree_sizes"), "tree_sizes=" + " ".join(sizes))
    return text.replace(line, changed, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: with_first(t, "split_feature", 0, "99"), "a predictor beyond the 2 there are"),
        (lambda t: with_first(t, "split_feature", 0, "-1"), "a predictor beyond the 2 there are"),
        (lambda t: with_first(t, "left_child", 0, "0"), "its splits do not form a tree"),
        (lambda t: with_first(t, "right_child", 0, "9999"), "its splits do not form a tree"),
        (lambda t: with_first(t, "decision_type", 0, "1"), "a split is of another kind"),
        (lambda t: with_first(t, "leaf_value", 0, "nan"), "a leaf has no value"),
        (lambda t: with_first(t, "threshold", 0, "x"), "could not convert string to float"),
        (lambda t: with_first(t, "num_leaves", 0, "2000000000"), "tree 0 is of another kind"),
        (lambda t: with_first(t, "num_leaves", 0, "131072"), "numbers of leaf_value; expected 1"),
        (lambda t: with_first(t, "num_cat", 0, "1"), "tree 0 is of another kind"),
        (lambda t: t.replace("tree_sizes=", "tree_sizes=1"), "tree_sizes are not those"),
        (lambda t: t.replace("max_feature_idx=1", "max_feature_idx=7"), "header does not fit"),
        (lambda t: t.replace("num_class=1", "num_class=2"), "it has several outputs"),
        (lambda t: t.replace("version=v", "verzion=v", 1), "header does not fit"),
        (lambda t: t[: len(t) // 2], "not a saved LightGBM model"),
        (lambda t: "", "not a saved LightGBM model"),
        (lambda t: t.replace("internal_weight", "\0\0\0ernal_weight", 1), "it is not plain text"),
        (lambda t: t.replace("shrinkage=", "shrinkags=", 1), "'shrinkage'"),
        (lambda t: t.replace("[path_smooth: ", "[path smooth: "), "parameters are not a line each"),
        (lambda t: t.replace("[fair_c: 1]", "[fair_c 1]"), "parameters are not a line each"),
        (lambda t: t.replace("[fair_c: 1]", "[fair_c: 1]\n[fair_c: 1]"), "a parameter stands twi"),
        (lambda t: t.replace("end of parameters", ""), "parameters are not a line each"),
    ],
)  # fmt: skip
def test_trees_that_would_harm(text, tmp_path, change, message):
    path = tmp_path / "location-0.txt"
    path.write_text(text)
    check_booster(path)
    path.write_text(change(text))
    with pytest.raises(ValueError, match=message) as caught:
        check_booster(path)
    assert str(caught.value).startswith(f"{path}: not a saved LightGBM model")


def test_a_signed_model_that_would_harm_is_refused_by_name(ensemble, text):
    path = ensemble / "pm25" / "boosting" / "location-0.txt"
    path.write_text(with_first(text, "left_child", 0, "0"))
    sign(ensemble)
    with pytest.raises(InputError, match=r"location-0\.txt: .* tree 0: its splits do not form"):
        load_ensemble(ensemble, ("pm25",))
    path.write_text(text)
    sign(ensemble)
    load_ensemble(ensemble, ("pm25",))


def test_a_state_with_a_place_twice(tmp_path):
    cases, target = small_cases()
    fitted = Climatology().fit(cases, target)
    twice = fitted.state.isel(place=[0, *range(fitted.state.sizes["place"])])
    FittedClimatology(twice).save(tmp_path)
    with pytest.raises(
        ValueError, match=r"climatology\.nc: a place stands twice; expected a saved"
    ):
        FittedClimatology.load(tmp_path)
