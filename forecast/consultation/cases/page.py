"""The case report as one page that opens without a network and prints on A4."""

from __future__ import annotations

from typing import Any

from forecast.bulletin import Language
from forecast.consultation.cases.chart import pm25_chart
from forecast.consultation.cases.markup import Node, document, element, table
from forecast.consultation.cases.wording import case_lines, city_name
from forecast.consultation.cases.words import NOTES, WORDS
from forecast.consultation.products.phrases import span_of_days

Case = dict[str, Any]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
CLASSES = ("unfavourable", "ordinary", "favourable")
NONE = "–"


def case_page(case: Case, lang: Language = "zh") -> str:
    """Write the page of a case.

    Parameters
    ----------
    case : dict
        From `make_case`.
    lang : {"zh", "en"}
        Language it opens in; a button changes it.

    Returns
    -------
    str
        HTML with everything inside. Whatever text the case holds is shown as text.
    """
    return document(
        {one: _CasePage(case, one).content() for one in LANGUAGES},
        {one: case_title(case, one) for one in LANGUAGES},
        {one: WORDS["other_language"][one] for one in LANGUAGES},
        lang,
        simulated=case["head"]["simulated"] != "no",
    )


def case_title(case: Case, lang: Language) -> str:
    """Title with the area and the days; it says where data are simulated."""
    head = case["head"]
    sign, ends = ("：", "至") if lang == "zh" else (": ", " to ")
    days = f"{head['first']}{ends}{head['last']}"
    comma = "，" if lang == "zh" else ", "
    return f"{head['title'][lang]}{sign}{head['area'][lang]}{comma}{days}"


class _CasePage:
    """Sections of a page in one language."""

    def __init__(self, case: Case, lang: Language) -> None:
        self.case, self.lang = case, lang
        self.word = {key: pair[lang] for key, pair in WORDS.items()}
        self.days = [f"{int(d[5:7])}/{int(d[8:])}" for d in case["head"]["days"]]

    def content(self) -> list[Node]:
        summary = [element("p", line) for line in case_lines(self.case, self.lang)]
        parts = (self._observed, self._forecasts, self._weather, self._weather_alone)
        return [*summary, *(part() for part in parts)]

    def _observed(self) -> Node:
        word, observed = self.word, self.case["observed"]
        pm25 = dict(zip(self.case["head"]["days"], observed["pm25"], strict=True))
        comma = "，" if self.lang == "zh" else ", "
        rows: list[list[Node | str]] = [
            [
                self._day(d["day"]),
                self._aqi(d["aqi"]),
                str(d["cities"]),
                str(d["heavy"]),
                number(pm25[d["day"]]),
                element("td", comma.join(self._worst(c) for c in d["worst"]), class_="note"),
            ]
            for d in observed["days"]
        ]
        head = [word[k] for k in ("day", "mean_aqi", "cities", "heavy_cities", "pm25", "worst")]
        by_city: list[list[Node | str]] = [
            [
                city_name(self.case, c["city"], self.lang),
                *(self._day(c[k]) for k in ("start", "peak_day")),
                self._aqi(c["peak"]),
                self._day(c["end"]),
                str(c["heavy_days"]),
                " ".join(c["primary"]) or NONE,
                number(c["pm25_mean"]),
                *(self._aqi(v) for v in c["aqi"]),
            ]
            for c in observed["cities"]
        ]
        keys = ("city", "start", "peak_day", "peak", "end", "heavy_days", "primary", "pm25_mean")
        cities = table([*(word[k] for k in keys), *self.days], by_city)
        return self._section("observed", table(head, rows), element("h3", word["by_city"]), cities)

    def _worst(self, city: dict[str, Any]) -> str:
        primary = f" ({' '.join(city['primary'])})" if city["primary"] else ""
        return f"{city_name(self.case, city['city'], self.lang)} {city['aqi']}{primary}"

    def _forecasts(self) -> Node:
        found, word = self.case["forecasts"], self.word
        if not found["issues"]:
            return self._section("forecasts", element("p", word["no_issue"], class_="empty"))
        by_day = {d["day"]: d["worst"][0]["aqi"] for d in self.case["observed"]["days"]}
        episode = found["episode"] or {}
        came = element(
            "tr",
            *(element("td", text) for text in (
                word["came"], NONE, NONE, self._day(episode.get("start")),
                self._day(episode.get("peak_day")),
            )),
            self._aqi(episode.get("peak")),
            element("td", NONE),
            *(self._aqi(by_day.get(d)) for d in self.case["head"]["days"]),
            class_="came",
        )  # fmt: skip
        rows: list[list[Node | str]] = [
            [
                self._day(i["issue"]),
                str(i["ahead"]),
                {True: "✓", False: "✗", None: NONE}[i["right"]],
                f"{self._day(i['start'])}{signed(i['start_error'])}",
                f"{self._day(i['peak_day'])}{signed(i['peak_day_error'])}",
                f"{number(i['peak'])}{signed(i['peak_error'])}",
                percent(i["heavy_probability"]),
                *(self._aqi(v) for v in i["days"]),
            ]
            for i in found["issues"]
        ]
        error = word["in_error"]
        head = [word[k] for k in ("issue", "ahead", "right")]
        head += [word[k] + error for k in ("start", "peak_day", "peak")]
        whole = table([*head, word["heavy_probability"], *self.days], rows)
        body = whole.find("table/tbody")
        assert body is not None  # as `table` makes it
        body.insert(0, came)
        name = self.case["head"]["backtest"]
        origin = word["backtest"].format(name=name) + " " if name else ""
        note = origin + NOTES["forecasts"][self.lang].format(**self.case["head"]["process"])
        return self._section("forecasts", whole, element("p", note, class_="empty"))

    def _weather(self) -> Node:
        rows, word = [], self.word
        if not self.case["weather"]:
            return self._section("weather", element("p", word["nothing"], class_="empty"))
        fields = [f for f in ("ws", "r2", "t2m", "sp") if f in self.case["weather"][0]]
        for day in self.case["weather"]:
            classes = day["classes"]
            kind = word[CLASSES[classes.index(max(classes))]] if any(classes) else NONE
            values = [_field(f, day[f]) for f in fields]
            rows.append([self._day(day["day"]), *values, percent(day["rank"]), kind])
        head = [word[k] for k in ("day", *fields, "rank", "dispersion")]
        note = element("p", NOTES["weather"][self.lang], class_="empty")
        return self._section("weather", table(head, rows), note)

    def _weather_alone(self) -> Node:
        found, word = self.case["weather_alone"], self.word
        if found["missing"]:
            why = element("p", word[found["missing"]], class_="empty")
            return self._section("weather_alone", why)
        rows = [[self._day(d["day"]), *_difference(d), _spread(d["past"])] for d in found["days"]]
        compared = found[found["compared"]] if found["compared"] else None
        rows.append([word["whole"], *_difference(found["whole"]), _spread(compared)])
        keys = ("day", "observed_pm25", "estimate", "difference", "percent", "past")
        chart = pm25_chart(found["days"], [self._day(d["day"]) for d in found["days"]], word)
        parts = [chart, table([word[k] for k in keys], rows)]
        if compared is None:
            parts.append(element("p", word["too_few"]))
        else:
            past = [
                [word[k], str(found[k]["issues"]), str(found[k]["stretches"]),
                 _spread(found[k]), percent(found[k]["below"]), number(found[k]["highest"])]
                for k in ("past_heavy", "past_all")
            ]  # fmt: skip
            keys = ("compared_with", "issues", "stretches", "spread", "below", "highest")
            parts.append(table([word[k] for k in keys], past))
        note = NOTES["weather_alone"][self.lang]
        told = {k: found[k] for k in ("trained_until", "state")}
        return self._section(
            "weather_alone", *parts, element("p", note.format(**told), class_="empty")
        )

    def _section(self, key: str, *parts: Node) -> Node:
        return element("section", element("h2", self.word[key]), *parts)

    def _day(self, day: str | None) -> str:
        return NONE if day is None else span_of_days(day, day, self.lang)

    def _aqi(self, value: float | None) -> Node:
        """Cell of an AQI in the colour of its level."""
        if value is None:
            return element("td", NONE)
        head = self.case["head"]
        number_of_level = sum(value > edge for edge in head["edges"])
        ink = "#fff" if number_of_level >= 3 else "#1c2430"
        colour = ",".join(map(str, head["levels"][number_of_level]["color"]))
        return element("td", f"{value:.0f}", style=f"background:rgb({colour});color:{ink}")


def number(value: float | None, digits: int = 0) -> str:
    """A number, or a dash where it is missing."""
    return NONE if value is None else f"{value:.{digits}f}"


def signed(value: float | None) -> str:
    """An error in brackets, nothing where it is missing."""
    return "" if value is None else f" ({value:+.0f})"


def percent(share: float | None) -> str:
    """A share in percent, or a dash."""
    return NONE if share is None else f"{100 * share:.0f}%"


def _difference(row: dict[str, Any]) -> list[str]:
    difference, share = (
        NONE if row[k] is None else f"{row[k]:+.0f}" for k in ("difference", "percent")
    )
    return [number(row["observed"]), number(row["estimate"]), difference, share]


def _spread(past: dict[str, Any] | None) -> str:
    if past is None or past["median"] is None:
        return NONE
    return "{median:+.0f} ({low:+.0f} – {high:+.0f})".format(**past)


def _field(name: str, value: float | None) -> str:
    """A field of the weather in the unit of its heading."""
    if value is None:
        return NONE
    return {"ws": f"{value:.1f}", "t2m": f"{value - 273.15:.1f}", "sp": f"{value / 100:.0f}"}.get(
        name, f"{value:.0f}"
    )
