"use strict";
(() => {
  const data = JSON.parse(document.getElementById("registry-data").textContent);
  const make = (name, attributes, text) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };

  // A table of versions: its rows are in the order of the data.
  const sections = document.querySelectorAll(".model");
  sections.forEach((section, index) => {
    const table = section.querySelector(".versions");
    if (!table) return;
    const versions = data.models[index].versions;
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row, place) => ({ row, place, version: versions[place] }));
    const headers = [...table.tHead.rows[0].cells];

    // A metric may be called `constructor`.
    const own = (object, key) => (object && Object.hasOwn(object, key) ? object[key] : null);
    const valueOf = ({ version }, header) => {
      const { key, metric } = header.dataset;
      const value = metric === undefined ? own(version, key) : own(version.metrics, metric);
      if (key === "stage" && version.current) return version.current;
      if (typeof value === "number" || value === null || value === undefined) return value ?? null;
      return typeof value === "string" ? value : JSON.stringify(value);
    };
    const compare = (one, two) => {
      if (typeof one === "number" && typeof two === "number") return one - two;
      const [left, right] = [String(one), String(two)];
      return left < right ? -1 : left > right ? 1 : 0;
    };
    const sort = (header) => {
      const down = header.getAttribute("aria-sort") === "ascending";
      headers.forEach((other) => other.removeAttribute("aria-sort"));
      header.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = rows.map((entry) => ({ entry, value: valueOf(entry, header) }));
      keyed.sort((one, two) => {
        // What is missing comes last, in either direction.
        const missing = (one.value === null) - (two.value === null);
        if (missing || one.value === null) return missing || one.entry.place - two.entry.place;
        const order = compare(one.value, two.value) || two.entry.place - one.entry.place;
        return down ? -order : order;
      });
      body.append(...keyed.map(({ entry }) => entry.row));
    };
    headers.forEach((header) => {
      if (!("key" in header.dataset || "metric" in header.dataset)) return;
      const button = make("button", { type: "button" }, header.textContent);
      button.addEventListener("click", () => sort(header));
      header.replaceChildren(button);
    });

    const filter = make("div", { class: "filter" });
    const label = make("label", {}, "Filter ");
    const input = make("input", { type: "search", autocomplete: "off", placeholder: "version, stage, text" });
    const count = make("span", { role: "status" });
    label.append(input);
    filter.append(label, count);
    table.closest(".scroll").before(filter);
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const { row } of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += !row.hidden;
      }
      count.textContent = words.length ? `${shown} of ${rows.length} versions` : "";
    });
  });

  // A chart: the version under the pointer, or the one chosen with the arrow keys.
  document.querySelectorAll(".plot").forEach((plot) => {
    const points = [...plot.querySelectorAll(".points > *")];
    if (!points.length) return;
    const across = (point) => {
      const box = point.getBBox();
      return box.x + box.width / 2;
    };
    const name = plot.closest("figure").querySelector("h4").textContent;
    const label = `${name}: go through the versions with the arrow keys`;
    plot.setAttribute("tabindex", "0");
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", label);
    const details = plot.nextElementSibling;
    details.setAttribute("role", "status");
    let ordered = null;
    let chosen = null;
    const choose = (point) => {
      if (chosen) chosen.classList.remove("at");
      chosen = point;
      chosen.classList.add("at");
      details.textContent = chosen.querySelector("title").textContent;
    };
    plot.addEventListener("pointerover", (event) => {
      const point = event.target.closest(".points > *");
      if (point) choose(point);
    });
    plot.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
      if (!(event.key in steps)) return;
      event.preventDefault();
      ordered ??= [...points].sort((one, two) => across(one) - across(two));
      const from = chosen ? ordered.indexOf(chosen) : event.key === "ArrowLeft" ? ordered.length : -1;
      choose(ordered[Math.max(0, Math.min(ordered.length - 1, from + steps[event.key]))]);
    });
  });
})();
