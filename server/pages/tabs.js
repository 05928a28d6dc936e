// Links to sections become tabs, with the keys of the ARIA tabs pattern. Without this script all sections are shown.
for (const list of document.querySelectorAll(".tabs")) {
  const tabs = [...list.querySelectorAll("a")];
  const panels = tabs.map(({ hash }) => document.getElementById(hash.slice(1)));

  const select = (index) => {
    for (const [at, tab] of tabs.entries()) {
      const selected = at === index;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
      // "until-found": the browser's search in the page also finds what hidden panels hold.
      if (selected) panels[at].removeAttribute("hidden");
      else panels[at].setAttribute("hidden", "until-found");
    }
  };

  /** Also puts the tab into the address, so that a reloaded page shows it again. */
  const choose = (index) => {
    select(index);
    tabs[index].focus();
    history.replaceState(history.state, "", tabs[index].hash);
  };

  const indexOfAddress = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    return panels.findIndex((panel) => target && panel.contains(target));
  };

  list.setAttribute("role", "tablist");
  for (const [index, tab] of tabs.entries()) {
    const panel = panels[index];
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
      const to = {
        ArrowRight: index + 1,
        ArrowLeft: index - 1 + tabs.length,
        Home: 0,
        End: tabs.length - 1,
        " ": index,
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose(to % tabs.length);
    });
  }
  addEventListener("hashchange", () => {
    const index = indexOfAddress();
    if (index >= 0) select(index);
  });
  select(Math.max(0, indexOfAddress()));
}
