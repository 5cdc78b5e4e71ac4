"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const words = data.words;
let lang = data.lang, chosen = 0, wanted = "", order = { column: null, down: true };

const word = (key) => (words[key] ? words[key][lang] : key);
const fill = (key, values) => word(key).replace(/\{(\w+)\}/g, (_, name) => values[name]);
const number = (value, digits = 0) => (value === null || value === undefined ? "–" : value.toFixed(digits).replace(/^-(0(\.0+)?)$/, "$1"));
const signed = (value, digits = 0) => (value > 0 && +number(value, digits) ? "+" : "") + number(value, digits);
const percent = (value) => (value === null || value === undefined ? "–" : Math.round(100 * value) + "%");
const ends = (pair) => (pair === null ? "–" : `${percent(pair[0])}–${percent(pair[1])}`);
const colour = (level) => (level ? "rgb(" + data.head.levels[level - 1].color.join(",") + ")" : "#eee");
const ink = (level) => (level >= 4 ? "#fff" : "#1c2430");
const levelName = (level) => (level ? data.head.levels[level - 1][lang] : "–");
const memberName = (m) => (lang === "zh" && Object.hasOwn(data.members_zh, m.name) ? data.members_zh[m.name] : m.name);
const cityName = (city) => (lang === "zh" ? city.name : city.city);
const shortDay = (day) => (lang === "zh" ? +day.slice(5, 7) + "月" + +day.slice(8) + "日" : day.slice(5));
const tick = (day) => `${+day.slice(5, 7)}/${+day.slice(8)}`;
const levelOf = (aqi) => data.head.levels.findIndex((l) => Math.round(aqi) <= l.upper) + 1;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (value !== null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function shape(tag, attributes = {}, text = null) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== null) made.textContent = text;
  return made;
}

function picture(width, height, label) {
  return shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
}

function table(head, rows, sortable = false) {
  const cells = head.map((title, k) => {
    const known = sortable && order.column === k;
    const sort = () => { order = { column: k, down: known ? !order.down : true }; show(); };
    return element("th", {
      class: k ? null : "name", scope: "col", tabindex: sortable ? 0 : null,
      "aria-sort": sortable ? (known ? (order.down ? "descending" : "ascending") : "none") : null,
      on: sortable ? { click: sort, keydown: (e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); sort(); } } } : {},
    }, title);
  });
  if (sortable && order.column !== null) {
    const key = (row) => row[order.column].key;
    rows = [...rows].sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      const less = typeof x === "string" ? x.localeCompare(y) : (x ?? -1) - (y ?? -1);
      return order.down ? -less : less;
    });
  }
  const body = rows.map((row) => element("tr", {}, ...row.map((cell, k) => {
    const text = typeof cell === "object" ? cell.text : cell;
    const style = cell.level ? `background:${colour(cell.level)};color:${ink(cell.level)}` : null;
    return element("td", { class: k ? null : "name", style, title: cell.title ?? null }, String(text));
  })));
  return element("div", { class: "scroll" }, element("table", {}, element("thead", {}, element("tr", {}, ...cells)), element("tbody", {}, ...body)));
}

function nothing() { return element("p", { class: "empty" }, word("nothing")); }

function section(step, ...parts) {
  return element("section", { id: step }, element("h2", {}, word(step)), ...parts);
}

function paragraphs(lines) {
  return lines.map((line) => element("p", {}, line));
}

function review() {
  const { days, year_on_year: year, forecasts } = data.review;
  if (!days.length) return section("review", nothing());
  const rows = days.map((d) => [
    d.day, { text: number(d.aqi), level: levelOf(d.aqi) }, d.cities,
    ...[1, 2, 3, 4, 5, 6].map((n) => d.levels[n]),
    d.worst.slice(0, 3).map((c) => `${label(c.city)} ${c.aqi}`).join(lang === "zh" ? "，" : ", "),
  ]);
  const parts = [table([word("day"), word("mean_aqi"), word("cities"), ...data.head.levels.map((l) => l[lang]), word("worst")], rows)];
  if (year) parts.push(element("p", {}, `${word("year")}: AQI ${number(year.aqi)} (${number(year.aqi_before)}), PM2.5 ${number(year.pm25)} (${number(year.pm25_before)}) µg/m³, ${year.pairs} ${word("city_days")}`));
  parts.push(element("h3", {}, fill("said", { day: shortDay(days[days.length - 1].day) })));
  parts.push(forecasts.length ? table([word("lead"), word("pairs"), word("mean_range"), word("came"), word("level_right"), word("range_right")],
    forecasts.map((f) => [f.lead, f.pairs, { text: `${number(f.low)}–${number(f.high)}`, level: levelOf((f.low + f.high) / 2) },
      { text: number(f.aqi), level: levelOf(f.aqi) }, percent(f.level), percent(f.range)])) : nothing());
  return section("review", ...parts);
}

function label(id) {
  const city = data.cities.find((c) => c.city === id);
  return city ? cityName(city) : id;
}

function weather() {
  if (!data.weather.days.length) return section("weather", nothing());
  const fields = ["ws", "r2", "t2m", "sp"].filter((f) => f in data.weather.days[0]);
  const value = { ws: (v) => number(v, 1), r2: (v) => number(v), t2m: (v) => (v === null ? "–" : number(v - 273.15, 1)), sp: (v) => (v === null ? "–" : number(v / 100)) };
  const rows = data.weather.days.map((d, k) => {
    const most = d.classes.indexOf(Math.max(...d.classes));
    const known = d.classes.some((n) => n > 0);
    return [shortDay(data.head.valid_days[k]), ...fields.map((f) => value[f](d[f])), percent(d.rank),
      known ? word(["unfavourable", "ordinary", "favourable"][most]) : "–"];
  });
  return section("weather", table([word("day"), ...fields.map(word), word("rank"), word("dispersion")], rows));
}

function guidance() {
  const days = data.head.valid_days;
  const width = 900, height = 260, left = 40, bottom = 30, top = 10;
  const members = data.guidance.members;
  const every = members.flatMap((m) => m.aqi).filter((v) => v !== null);
  const most = Math.max(100, ...every) * 1.05;
  const x = (k) => left + (k + 0.5) * (width - left - 130) / days.length;
  const y = (v) => top + (1 - v / most) * (height - top - bottom);
  const svg = picture(width, height, word("members"));
  for (let v = 0; v <= most; v += 50) {
    svg.append(shape("line", { x1: left, x2: width - 130, y1: y(v), y2: y(v), stroke: "#e3e8ee" }));
    svg.append(shape("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end", class: "soft" }, v));
  }
  days.forEach((day, k) => svg.append(shape("text", { x: x(k), y: height - 8, "text-anchor": "middle", class: "soft" }, shortDay(day))));
  members.forEach((m, i) => {
    const hue = `hsl(${(i * 360) / members.length}, 60%, 42%)`;
    const points = m.aqi.map((v, k) => (v === null ? null : `${x(k)},${y(v)}`)).filter(Boolean).join(" ");
    svg.append(shape("polyline", { points, fill: "none", stroke: hue, "stroke-width": 2 }));
    svg.append(shape("rect", { x: width - 122, y: top + 18 * i, width: 14, height: 4, fill: hue }));
    svg.append(shape("text", { x: width - 102, y: top + 18 * i + 7 }, memberName(m)));
  });
  const rows = members.map((m) => [memberName(m), ...m.aqi.map((v, k) => ({ text: `${number(v)} (${percent(m.weight[k])})`, key: v }))]);
  rows.push([word("disagreement"), ...data.guidance.disagreement.map((v) => number(v))]);
  return section("guidance", svg, element("p", { class: "empty" }, word("members_note")), table([word("member"), ...days.map(shortDay)], rows), why());
}

function why() {
  const found = data.guidance.contributions;
  if (!found) return null;
  const rows = found.groups.map((g) => [g[lang], ...g.values.map((v) => signed(v, 1))]);
  rows.push([word("total"), ...found.total.map((v) => number(v, 1))]);
  return element("div", {}, element("h3", {}, word("why")), element("p", { class: "empty" }, word("why_note")),
    table([word("part"), ...data.head.valid_days.map(shortDay)], rows));
}

function change() {
  const found = data.consultation.change;
  if (!found || !found.days.length) return null;
  const moved = (cities, count) => count ? `${count}: ` + cities.map((c) => `${label(c.city)} ${levelName(c.before)}→${levelName(c.now)}`).join(lang === "zh" ? "，" : ", ") + (count > cities.length ? " …" : "") : "–";
  const rows = found.days.map((d) => [shortDay(d.day), number(d.aqi_mean_before), number(d.aqi_mean), percent(d.heavy_probability_before), percent(d.heavy_probability), moved(d.up, d.ups), moved(d.down, d.downs)]);
  const pair = (key) => [`${word(key)} ${word("before")}`, `${word(key)} ${word("now")}`];
  return element("div", {}, element("h3", {}, fill("change", { day: shortDay(found.issue) })),
    table([word("day"), ...pair("mean_aqi"), ...pair("heavy_probability"), word("levels_up"), word("levels_down")], rows));
}

function similar() {
  const found = data.consultation.similar.filter((s) => s.days.length);
  if (!found.length) return null;
  return element("div", {}, element("h3", {}, word("similar")), ...found.flatMap((s) => {
    const after = s.days[0].aqi.slice(1).map((_, k) => fill("after", { n: k + 1 }));
    return [element("p", { class: "empty" }, fill("similar_note", { day: shortDay(data.head.valid_days[s.lead - 1]) })),
      table([word("day"), word("weight"), word("that_day"), ...after], s.days.map((d) => [d.day, percent(d.weight), ...d.aqi.map((v) => (v === null ? "–" : { text: number(v), level: levelOf(v) }))]))];
  }));
}

function adjustments() {
  const made = data.consultation.adjustments;
  if (!made.length) return null;
  return element("div", {}, element("h3", {}, word("adjustments")), table(["city", "day", "range", "level", "primary", "reason", "author"].map(word),
    made.map((a) => [label(a.city), shortDay(a.day), `${a.low}–${a.high}`, { text: levelName(a.level), level: a.level }, a.primary, a.reason, a.author])));
}

function heat() {
  const rows = data.cities.filter((c) => !wanted || (c.city + c.name).toLowerCase().includes(wanted.toLowerCase())).map((c) => [
    { text: cityName(c), key: cityName(c) },
    ...c.days.map((d) => ({ text: d.low === null ? "–" : `${d.low}–${d.high}`, level: d.level, key: d.low === null ? -1 : (d.low + d.high) / 2,
      title: `${levelName(d.level)}; ${d.primary.join(" ") || "–"}; P(AQI > 200) ${percent(d.heavy)}` })),
  ]);
  return rows.length ? table([word("city"), ...data.head.valid_days.map(shortDay)], rows, true) : nothing();
}

function fan(city) {
  const days = city.days.filter((d) => d.fan[0] !== null);
  const width = 520, height = 240, left = 38, bottom = 26, top = 10;
  const most = Math.max(120, ...days.map((d) => d.fan[4])) * 1.05;
  const step = (width - left - 8) / city.days.length;
  const x = (k) => left + (k + 0.5) * step, y = (v) => top + (1 - v / most) * (height - top - bottom);
  const svg = picture(width, height, word("fan") + " " + cityName(city));
  let lower = 0;
  for (const [k, edge] of data.head.levels.map((l) => l.upper).entries()) {
    const upper = Math.min(edge, most);
    if (upper > lower) svg.append(shape("rect", { x: left, width: width - left - 8, y: y(upper), height: y(lower) - y(upper), fill: colour(k + 1), opacity: 0.16 }));
    if (edge < most) svg.append(shape("text", { x: left - 5, y: y(edge) + 4, "text-anchor": "end", class: "soft" }, edge));
    lower = upper;
  }
  for (const [low, high, opacity] of [[0, 4, 0.25], [1, 3, 0.45]]) {
    const up = days.map((d) => `${x(d.lead - 1)},${y(d.fan[high])}`), down = days.map((d) => `${x(d.lead - 1)},${y(d.fan[low])}`).reverse();
    svg.append(shape("polygon", { points: [...up, ...down].join(" "), fill: "#2b6cb0", opacity }));
  }
  svg.append(shape("polyline", { points: days.map((d) => `${x(d.lead - 1)},${y(d.fan[2])}`).join(" "), fill: "none", stroke: "#123", "stroke-width": 2 }));
  for (const d of days) svg.append(shape("line", { x1: x(d.lead - 1), x2: x(d.lead - 1), y1: y(d.low), y2: y(d.high), stroke: colour(d.level), "stroke-width": 6, opacity: 0.9 }));
  city.days.forEach((d, k) => svg.append(shape("text", { x: x(k), y: height - 8, "text-anchor": "middle", class: "soft" }, tick(d.day))));
  return svg;
}

function bars(city) {
  const width = 520, height = 190, left = 38, bottom = 26, top = 10, step = (width - left - 8) / city.days.length;
  const svg = picture(width, height, word("probabilities") + " " + cityName(city));
  city.days.forEach((d, k) => {
    let below = 0;
    d.levels.forEach((share, n) => {
      if (share) svg.append(shape("rect", { x: left + k * step + 4, width: step - 8, y: top + (1 - below - share) * (height - top - bottom), height: share * (height - top - bottom), fill: colour(n + 1), stroke: "#fff", "stroke-width": 0.5 }));
      below += share ?? 0;
    });
    svg.append(shape("text", { x: left + (k + 0.5) * step, y: height - 8, "text-anchor": "middle", class: "soft" }, tick(d.day)));
  });
  for (const share of [0, 0.5, 1]) svg.append(shape("text", { x: left - 5, y: top + (1 - share) * (height - top - bottom) + 4, "text-anchor": "end", class: "soft" }, percent(share)));
  return svg;
}

function map() {
  const cities = data.cities.filter((c) => c.lat !== null && c.lon !== null);
  if (cities.length < 2) return null;
  const width = 520, height = 430, pad = 45;
  const lats = cities.map((c) => c.lat), lons = cities.map((c) => c.lon);
  const squeeze = Math.cos((Math.max(...lats) + Math.min(...lats)) * Math.PI / 360);
  const spanX = Math.max(1, (Math.max(...lons) - Math.min(...lons)) * squeeze), spanY = Math.max(1, Math.max(...lats) - Math.min(...lats));
  const scale = Math.min((width - 2 * pad) / spanX, (height - 2 * pad) / spanY);
  const svg = picture(width, height, word("map"));
  const place = ([lon, lat]) => [pad + (lon - Math.min(...lons)) * squeeze * scale, height - pad - (lat - Math.min(...lats)) * scale];
  for (const line of data.outlines) svg.append(shape("polyline", { points: line.map((p) => place(p).map((v) => v.toFixed(1)).join(",")).join(" "), fill: "none", stroke: "#9aa5b1", "stroke-width": 0.8 }));
  const worst = (c) => Math.max(0, ...c.days.map((d) => d.level ?? 0));
  for (const c of [...cities].sort((a, b) => worst(a) - worst(b))) {
    const [x, y] = place([c.lon, c.lat]);
    const point = shape("circle", { cx: x, cy: y, r: 7, fill: colour(worst(c)), stroke: "#1c2430", "stroke-width": 0.7 });
    point.append(shape("title", {}, `${cityName(c)}: ${levelName(worst(c))}`));
    svg.append(point, shape("text", { x: x + 9, y: y + 4 }, cityName(c)));
  }
  return element("div", { class: "card" }, element("h3", {}, word("map")), svg);
}

function timeline() {
  const episodes = data.consultation.episodes;
  if (!episodes.length) return element("p", {}, word("no_episode"));
  const days = data.head.valid_days, width = 900, row = 34, left = 20, height = 26 + row * episodes.length;
  const step = (width - 2 * left) / days.length;
  const svg = picture(width, height, word("episodes"));
  days.forEach((d, k) => svg.append(shape("text", { x: left + (k + 0.5) * step, y: 14, "text-anchor": "middle", class: "soft" }, shortDay(d))));
  episodes.forEach((e, i) => {
    const y = 24 + i * row, from = days.indexOf(e.first), to = days.indexOf(e.last);
    svg.append(shape("rect", { x: left + from * step + 2, y, width: (to - from + 1) * step - 4, height: 22, rx: 4, fill: colour(5), opacity: 0.35 + 0.65 * e.probability }));
    svg.append(shape("text", { x: left + from * step + 8, y: y + 15, style: "fill:#fff" }, percent(e.probability)));
  });
  const lead = (k) => shortDay(days[k - 1]);
  const spread = (s, text) => (s.low === s.high ? text(s.median) : `${text(s.median)} (${text(s.low)}–${text(s.high)})`);
  const rows = episodes.map((e) => [
    [...new Set([e.first, e.last])].map(shortDay).join("–"), percent(e.probability), percent(e.regional_probability), spread(e.start, lead), spread(e.peak_day, lead),
    spread(e.peak, (v) => number(v)), spread(e.end, lead), spread(e.extent, (v) => number(v)), e.primary.toUpperCase().replace("PM25", "PM2.5"),
    percent(e.colours.yellow), percent(e.colours.orange), percent(e.colours.red), e.cities.slice(0, 8).map(label).join(" ") + (e.cities.length > 8 ? " …" : ""),
  ]);
  const names = ["span", "probability", "regional", "start", "peak_day", "peak", "end", "extent", "primary", "yellow", "orange", "red", "cities"].map(word);
  const turned = names.map((name, k) => [name, ...rows.map((row) => row[k])]);
  const shown = [0, 12, 1, 4, 5, 6, 9, 10, 11];
  return element("div", {}, svg, episodes.length <= data.side_by_side ? table(turned[0], turned.slice(1))
    : table(shown.map((k) => names[k]), rows.map((row) => shown.map((k) => row[k]))));
}

function consultation() {
  const city = data.cities[chosen];
  const search = element("input", { id: "search", type: "search", placeholder: word("search"), "aria-label": word("search"), value: wanted,
    on: { input: (e) => { wanted = e.target.value; document.getElementById("heat").replaceChildren(heat()); } } });
  const select = element("select", { id: "city", "aria-label": word("city"), on: { change: (e) => { chosen = +e.target.value; show(); document.getElementById("city").focus(); } } },
    ...data.cities.map((c, k) => element("option", { value: k, selected: k === chosen ? "" : null }, cityName(c))));
  const days = data.consultation.days.map((d) => [
    shortDay(d.valid_day), { text: `${number(d.aqi_mean)} (${number(d.aqi_mean_low)}–${number(d.aqi_mean_high)})`, level: d.aqi_mean === undefined || d.aqi_mean === null ? null : levelOf(d.aqi_mean) },
    ...[1, 2, 3, 4, 5, 6].map((n) => d[`level_${n}`] ?? "–"), `${number(d.heavy_cities, 1)} (${d.heavy_low ?? "–"}–${d.heavy_high ?? "–"})`, percent(d.heavy_probability), d.primary || "–",
  ]);
  return section("consultation", ...paragraphs(data.text[lang]),
    element("h3", {}, word("episodes")), timeline(),
    ...[change(), similar(), adjustments()].filter(Boolean),
    element("h3", {}, word("area_days")), table([word("day"), word("mean_aqi"), ...data.head.levels.map((l) => l[lang]), word("heavy_cities"), word("heavy_probability"), word("primary")], days),
    element("h3", {}, word("cities_days")), element("p", { class: "tools" }, search), element("div", { id: "heat" }, heat()),
    element("p", {}, ...data.head.levels.flatMap((l, k) => [element("span", { class: "chip", style: `background:${colour(k + 1)}` }), l[lang]])),
    element("p", { class: "tools" }, select),
    element("div", { class: "cards" },
      element("div", { class: "card" }, element("h3", {}, `${word("fan")} ${cityName(city)}`), fan(city)),
      element("div", { class: "card" }, element("h3", {}, `${word("probabilities")} ${cityName(city)}`), bars(city)), map()));
}

function evaluation() {
  const { leads, cities } = data.evaluation;
  if (!leads.length) return section("evaluation", nothing());
  const head = ["pairs", "level_right", "interval", "guidance_right", "persistence_right", "range_right", "interval", "width", "error"].map(word);
  const worth = (f) => [f.pairs, percent(f.level), ends(f.level_interval),
    percent(f.guidance), percent(f.persistence), percent(f.range), ends(f.range_interval), number(f.width), signed(f.error)];
  return section("evaluation", element("p", { class: "empty" }, word("evaluation_note")),
    table([word("lead"), ...head], leads.map((f) => [f.lead, ...worth(f)])),
    cities.length > 1 ? element("div", {}, element("h3", {}, word("by_city")), table([word("city"), ...head], cities.map((f) => [label(f.city), ...worth(f)]))) : null);
}

function show() {
  document.documentElement.lang = lang;
  document.title = data.head.title[lang];
  document.getElementById("title").textContent = data.head.title[lang] + (lang === "zh" ? "：" : ": ") + data.head.area[lang];
  document.getElementById("title").className = data.head.simulated === "no" ? "" : "simulated";
  const { issue, valid_days: days, revision, latest_observation: latest } = data.head;
  document.getElementById("subtitle").textContent = `${word("issued")} ${issue}${revision > 1 ? ` (${word("revision")} ${revision})` : ""} · ${days[0]} – ${days[days.length - 1]} · ${word("latest")} ${latest}`;
  const steps = ["review", "weather", "guidance", "consultation", "evaluation"];
  document.getElementById("steps").replaceChildren(...steps.map((s) => element("a", { href: "#" + s }, word(s))));
  document.getElementById("main").replaceChildren(review(), weather(), guidance(), consultation(), evaluation());
  document.getElementById("notes").replaceChildren(...data.head.remarks[lang].map((r) => element("p", {}, r)), element("p", { class: "empty" }, word("notes").replace("{standard}", data.head.standard).replace("{rule}", data.head.warning_rule)));
  const button = document.getElementById("language");
  button.textContent = lang === "zh" ? "English" : "中文";
  button.lang = lang === "zh" ? "en" : "zh";
}

document.getElementById("language").addEventListener("click", () => { lang = lang === "zh" ? "en" : "zh"; show(); });
show();
