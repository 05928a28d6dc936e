// Links to sections become tabs, with the keys of the ARIA tabs pattern. Without this script all sections are shown.
for (const list of document.querySelectorAll(".tabs")) {
  const entries = [...list.querySelectorAll("a")].flatMap((tab) => {
    const panel = document.getElementById(tab.hash.slice(1));
    return panel ? [{ tab, panel }] : [];
  });

  /** @param {number} index */
  const select = (index) => {
    for (const [at, { tab, panel }] of entries.entries()) {
      const selected = at === index;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
      // "until-found": the browser's search in the page also finds what hidden panels hold.
      if (selected) panel.removeAttribute("hidden");
      else panel.setAttribute("hidden", "until-found");
    }
  };

  /**
   * Also puts the tab into the address, so that a reloaded page shows it again.
   *
   * @param {number} index
   */
  const choose = (index) => {
    const tab = entries[index]?.tab;
    if (!tab) return;
    select(index);
    tab.focus();
    history.replaceState(history.state, "", tab.hash);
  };

  const indexOfAddress = () => {
    const target = document.getElementById(location.hash.slice(1));
    return entries.findIndex(({ panel }) => target && panel.contains(target));
  };

  list.setAttribute("role", "tablist");
  for (const [index, { tab, panel }] of entries.entries()) {
    tab.setAttribute("role", "tab");
    tab.id = `tab-of-${panel.id}`;
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    panel.addEventListener("beforematch", () => select(index));
    tab.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(index);
    });
    tab.addEventListener("keydown", (event) => {
      const to = new Map([
        ["ArrowRight", index + 1],
        ["ArrowLeft", index - 1 + entries.length],
        ["Home", 0],
        ["End", entries.length - 1],
        [" ", index],
      ]).get(event.key);
      if (to === undefined) return;
      event.preventDefault();
      choose(to % entries.length);
    });
  }
  addEventListener("hashchange", () => {
    const index = indexOfAddress();
    if (index >= 0) select(index);
  });
  select(Math.max(0, indexOfAddress()));
}
