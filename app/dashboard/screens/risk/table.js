export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const make = (name, text, attributes) => {
    const made = document.createElement(name);
    if (text !== undefined) { made.textContent = text; }
    Object.entries(attributes || {}).forEach(([key, value]) => made.setAttribute(key, value));
    return made;
  };
  let root = parentElement.querySelector(".frame");
  const held = root && root.contains(parentElement.activeElement) ? parentElement.activeElement.dataset.hold : null;
  const scrolled = root ? root.querySelector(".scroll").scrollTop : 0;
  const fresh = make("div", undefined, { class: "frame", lang: data.lang });

  const scroll = make("div", undefined, { class: "scroll", tabindex: "-1" });
  const table = make("table");
  table.append(make("caption", data.caption));
  const head = table.createTHead().insertRow();
  data.columns.forEach(([name, label]) => {
    const sorted = data.sort === name ? (data.descending ? "descending" : "ascending") : "none";
    const cell = make("th", undefined, { scope: "col", "aria-sort": sorted });
    const button = make("button", label, { type: "button", "data-hold": "sort-" + name });
    button.append(make("span", { ascending: " ▲", descending: " ▼", none: "" }[sorted], { "aria-hidden": "true" }));
    button.onclick = () => setTriggerValue("sort", name);
    cell.append(button);
    head.append(cell);
  });
  data.extra.forEach((label) => head.append(make("th", label, { scope: "col" })));

  const body = table.createTBody();
  const buttons = [];
  const stop = Math.max(0, data.rows.findIndex((row) => row[0] === data.chosen));
  data.rows.forEach(([code, name, district, symbol, grade, shown, base], place) => {
    const row = body.insertRow();
    const chosen = code === data.chosen;
    if (chosen) { row.className = "chosen"; }
    const first = make("th", undefined, { scope: "row" });
    const button = make("button", name, {
      type: "button", "aria-pressed": String(chosen), tabindex: place === stop ? "0" : "-1", "data-hold": code,
    });
    button.onclick = () => setTriggerValue("chosen", code);
    buttons.push(button);
    first.append(button);
    row.append(first, make("td", district));
    const level = make("td");
    const swatch = make("span", undefined, { class: "swatch", "aria-hidden": "true" });
    swatch.style.background = data.colours[symbol] || "none";
    const place5 = "abcde".indexOf(symbol) + 1 || Number(symbol) || 0;
    const said = place5 ? place5 + " · " + data.names[place5] : data.shown[shown] || "–";
    level.append(swatch, said);
    if (shown === "modelled") { level.append(make("span", " (" + data.shown[shown] + ")", { class: "said" })); }
    row.append(level, make("td", grade), make("td", base));
    row.onclick = (event) => { if (event.target !== button) { setTriggerValue("chosen", code); } };
  });
  body.onkeydown = (event) => {
    const at = buttons.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || to === undefined || !buttons[to]) { return; }
    event.preventDefault();
    buttons[at].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
  };
  scroll.append(table);
  fresh.append(scroll);
  if (!data.rows.length) { fresh.append(make("p", data.words.none, { class: "none" })); }

  const foot = make("div", undefined, { class: "foot" });
  foot.append(make("span", data.words.count, { role: "status" }));
  if (data.pages > 1) {
    [["previous", -1, data.page === 0], ["next", 1, data.page === data.pages - 1]].forEach(([name, step, off]) => {
      const button = make("button", data.words[name], { type: "button", "data-hold": name });
      button.disabled = off;
      button.onclick = () => setTriggerValue("page", String(step));
      foot.append(button);
    });
  }
  fresh.append(foot);

  if (root) { root.replaceWith(fresh); } else { parentElement.append(fresh); }
  const chosenRow = fresh.querySelector("tr.chosen");
  scroll.scrollTop = scrolled;
  if (chosenRow) {
    const top = chosenRow.offsetTop - 40, bottom = chosenRow.offsetTop + chosenRow.offsetHeight;
    if (top < scroll.scrollTop || bottom > scroll.scrollTop + scroll.clientHeight) { scroll.scrollTop = top - 60; }
  }
  if (held) {
    const again = [...fresh.querySelectorAll("[data-hold]")].find((one) => one.dataset.hold === held);
    if (again) { again.focus({ preventScroll: true }); }
  }
}
