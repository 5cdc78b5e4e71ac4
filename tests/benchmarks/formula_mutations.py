"""The formulas everything rests on, and one way each to get them wrong.

A mutation replaces one piece of text of one file by another: a sign, a bound, a step too many. The
tests named beside it are those that stand for the formula.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """A wrong formula, and the tests that are to find it out.

    Attributes
    ----------
    formula : str
        What it is.
    file : str
        Where, from the root of the repository.
    right, wrong : str
        The text, which stands in the file once, and what replaces it.
    tests : tuple of str
        As pytest takes them.
    """

    formula: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...]

    def applied(self, text: str) -> tuple[str, int]:
        """Text of the file with the formula wrong, and the line it stands on.

        Raises
        ------
        ValueError
            The right text does not stand in the file exactly once.
        """
        found = text.count(self.right)
        if found != 1:
            raise ValueError(f"{self.file}: {self.right!r} stands there {found} times, expected 1")
        return text.replace(self.right, self.wrong), 1 + text[: text.index(self.right)].count("\n")


AQI = ("tests/forecast/test_aqi.py",)
DAILY = ("tests/forecast/test_daily.py",)
ENSEMBLE = ("tests/verification/test_ensemble.py",)
QUANTILES = ("tests/verification/test_quantiles.py",)
RELIABILITY = ("tests/verification/test_reliability.py", "tests/verification/test_decomposition.py")
EVENTS = ("tests/verification/test_categorical.py",)
SCENARIOS = ("tests/ensembles/test_dependence.py",)
EMOS = ("tests/ensembles/members/test_emos.py",)
CALIBRATION = ("tests/ensembles/test_calibration.py",)
ADAPTIVE = ("tests/ensembles/test_adaptive.py",)
DECISION = ("tests/forecast/test_decision.py",)
WARNING = ("tests/forecast/consultation/test_warning.py",)
CASES = "tests/forecast/test_cases.py::"

MUTATIONS = (
    Mutation(
        "AQI between two breakpoints is rounded up",
        "forecast/breakpoints.py",
        "np.ceil(found, out=found)",
        "np.floor(found, out=found)",
        AQI,
    ),
    Mutation(
        "AQI is linear in the concentration",
        "forecast/breakpoints.py",
        "np.interp(steps, self.concentration, self.index,",
        "np.interp(steps + 1, self.concentration, self.index,",
        AQI,
    ),
    Mutation(
        "levels of the AQI are right-closed",
        "forecast/aqi.py",
        "found += values > edge",
        "found += values >= edge",
        AQI,
    ),
    Mutation(
        "levels in the verification are right-closed",
        "verification/categorical/edges.py",
        'np.searchsorted(edges, x, side="left")',
        'np.searchsorted(edges, x, side="right")',
        ("tests/verification/test_level_table.py", "tests/verification/test_exceedance.py"),
    ),
    Mutation(
        "an 8 h mean takes 8 hours",
        "forecast/daily.py",
        "ahead = total[..., 7:].copy()",
        "ahead = total[..., 6:-1].copy()",
        DAILY,
    ),
    Mutation(
        "6 valid hours make an 8 h mean",
        "forecast/daily.py",
        "np.where(count >= MIN_HOURS_8H,",
        "np.where(count > MIN_HOURS_8H,",
        DAILY,
    ),
    Mutation(
        "14 valid means make a daily maximum",
        "forecast/daily.py",
        "sum(axis=-1) >= min_means)",
        "sum(axis=-1) > min_means)",
        DAILY,
    ),
    Mutation(
        "a maximum of just the limit does not count by itself",
        "forecast/daily.py",
        "(highest > limit)",
        "(highest >= limit)",
        DAILY,
    ),
    Mutation(
        "weights of the ranks in the CRPS of an ensemble",
        "verification/probabilistic/member_distances.py",
        "2.0 * np.arange(count) + 1.0 - count",
        "2.0 * np.arange(count) - 1.0 - count",
        ENSEMBLE,
    ),
    Mutation(
        "the fair CRPS divides by m(m − 1)",
        "verification/probabilistic/member_distances.py",
        "else members - 1",
        "else members + 1",
        ENSEMBLE,
    ),
    Mutation(
        "pinball loss below the quantile",
        "verification/probabilistic/quantiles.py",
        "np.maximum(levels * gap, (levels - 1.0) * gap)",
        "np.maximum(levels * gap, (1.0 - levels) * gap)",
        QUANTILES,
    ),
    Mutation(
        "an observation on the quantile lies at or below it",
        "verification/probabilistic/quantiles.py",
        '"at_or_below": gap <= 0',
        '"at_or_below": gap < 0',
        QUANTILES,
    ),
    Mutation(
        "the Brier score squares the difference",
        "verification/probabilistic/brier.py",
        "error = p - o",
        "error = p + o",
        ("tests/verification/test_brier.py",),
    ),
    Mutation(
        "bins of the reliability are left-closed",
        "verification/probabilistic/reliability.py",
        "between = edges[1:-1] - _SAME",
        "between = edges[1:-1] + _SAME",
        RELIABILITY,
    ),
    Mutation(
        "resolution is counted from the overall frequency",
        "verification/probabilistic/decomposition.py",
        "(frequency - overall) ** 2",
        "(frequency + overall) ** 2",
        RELIABILITY,
    ),
    Mutation(
        "the threat score counts false alarms",
        "verification/categorical/events.py",
        "ratio(hits, hits + misses + false_alarms)",
        "ratio(hits, hits + misses - false_alarms)",
        EVENTS,
    ),
    Mutation(
        "a threshold is exceeded above it, not on it",
        "verification/categorical/events.py",
        "(x > threshold).astype(np.float32)",
        "(x >= threshold).astype(np.float32)",
        EVENTS,
    ),
    Mutation(
        "the Schaake shuffle gives the largest value to the largest of the past",
        "ensembles/dependence.py",
        "np.lexsort((noise, filled), axis=0)",
        "np.lexsort((noise, -filled), axis=0)",
        SCENARIOS,
    ),
    Mutation(
        "a scenario of rank r holds the quantile at (r + ½)/n",
        "ensembles/dependence.py",
        "level = (np.arange(count) + 0.5) / count",
        "level = (np.arange(count) + 1.0) / count",
        SCENARIOS,
    ),
    Mutation(
        "CRPS of the log-normal distribution",
        "ensembles/members/lognormal.py",
        "ndtr(z - scale)",
        "ndtr(z + scale)",
        EMOS,
    ),
    Mutation(
        "its derivative by the scale",
        "ensembles/members/lognormal.py",
        "by_scale -= np.sqrt(2)",
        "by_scale += np.sqrt(2)",
        EMOS,
    ),
    Mutation(
        "calibration reads the τ-quantile of n errors at τn − ½",
        "ensembles/calibration.py",
        "LEVELS * len(rows) - 0.5",
        "(1 - LEVELS) * len(rows) - 0.5",
        CALIBRATION,
    ),
    Mutation(
        "a quantile exceeded too often is raised",
        "ensembles/adaptive.py",
        "rate * (levels - share)",
        "rate * (share - levels)",
        ADAPTIVE,
    ),
    Mutation(
        "a value on the quantile counts as below it",
        "ensembles/adaptive.py",
        "(y[known][:, None] <= quantile)",
        "(y[known][:, None] < quantile)",
        ADAPTIVE,
    ),
    Mutation(
        "the half-width of a range is that of its centre, ends included",
        "forecast/decision.py",
        "np.searchsorted(steps, centre)",
        'np.searchsorted(steps, centre, side="right")',
        DECISION,
    ),
    Mutation(
        "a heavy level is issued from the threshold on",
        "forecast/decision.py",
        ".sum(axis=-1) >= heavy_from",
        ".sum(axis=-1) >= 1 - heavy_from",
        DECISION,
    ),
    Mutation(
        "the centre of a range lies above the level below",
        "forecast/decision.py",
        "(centre > ends[chosen - 1][..., None])",
        "(centre >= ends[chosen - 1][..., None])",
        DECISION,
    ),
    Mutation(
        "a warning needs so many days, not more",
        "forecast/consultation/warning.py",
        ">= 24 * condition.days",
        "> 24 * condition.days",
        WARNING,
    ),
    Mutation(
        "a run of days is above the threshold, not on it",
        "forecast/consultation/warning.py",
        "above = aqi > condition.above",
        "above = aqi >= condition.above",
        WARNING,
    ),
    Mutation(
        "a break of just the gap joins two runs",
        "forecast/consultation/warning.py",
        "begins = above & (time - before > 1 + gap)",
        "begins = above & (time - before >= 1 + gap)",
        WARNING,
    ),
    Mutation(
        "a day is known when it is over at the hour of issue",
        "forecast/known.py",
        "issue_hour - 24 - delay_hours",
        "issue_hour - delay_hours",
        (CASES + "test_nothing_after_the_issue_time_reaches_a_case",),
    ),
    Mutation(
        "what came is that of the issue day and the lead",
        "forecast/cases.py",
        '_days(cases["lead"].values)[None, :]',
        '_days(cases["lead"].values - 1)[None, :]',
        (CASES + "test_targets_are_the_values_of_issue_plus_lead",),
    ),
    Mutation(
        "the valid day is the issue day and the lead",
        "ensembles/table.py",
        'issue[:, None] + cases["lead"]',
        'issue[:, None] - cases["lead"]',
        ("tests/ensembles/test_table.py", *ADAPTIVE),
    ),
)
"""In the order of the chain: index, daily values, verification, ensembles, decision, cases."""
