"use strict";
const mains = [...document.querySelectorAll("main")];

function choose(lang) {
  for (const main of mains) main.hidden = main.lang !== lang;
  const shown = mains.find((main) => main.lang === lang);
  document.documentElement.lang = lang;
  document.title = shown.querySelector("h1").textContent;
}

for (const main of mains) {
  const other = mains.find((one) => one !== main);
  main.querySelector(".language").addEventListener("click", () => choose(other.lang));
  const search = main.querySelector("input[type=search]");
  if (!search) continue;
  const body = main.querySelector("table.library tbody");
  search.addEventListener("input", () => {
    const wanted = search.value.toLowerCase().split(/\s+/);
    for (const row of body.rows) row.hidden = !wanted.every((word) => row.dataset.search.includes(word));
  });
  main.querySelectorAll("table.library th").forEach((head, k) => {
    const sort = () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const one of head.parentNode.cells) one.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[k].dataset.key;
      const numbers = [...body.rows].every((row) => key(row) === "" || !Number.isNaN(Number(key(row))));
      const less = (a, b) => {
        if (key(a) === "" || key(b) === "") return (key(a) === "") - (key(b) === "");
        const order = numbers ? key(a) - key(b) : key(a).localeCompare(key(b));
        return down ? -order : order;
      };
      body.append(...[...body.rows].sort(less));
    };
    head.tabIndex = 0;
    head.setAttribute("aria-sort", "none");
    head.addEventListener("click", sort);
    head.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(); } });
  });
}
