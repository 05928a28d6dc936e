/** What ended since the tab was hidden, and what its title was. */
interface Notice {
  succeeded: number;
  failed: number;
  title: string;
  /** The title that this notice set: another script may have set one of its own since. */
  shown: string;
  restoreIcons: () => void;
}

let notice: Notice | undefined;
/** The page's Content Security Policy refuses the icon. */
let iconRefused = false;

/**
 * Marks the title and the icon of a hidden tab: `✓` where all runs that ended succeeded, else `✗`, and their number
 * where there are several. Both are put back when the tab is seen.
 */
export function noticeEnd(succeeded: boolean): void {
  if (document.visibilityState !== "hidden") return;
  if (notice) notice.restoreIcons();
  else {
    document.addEventListener("visibilitychange", putBack);
    notice = { succeeded: 0, failed: 0, title: document.title, shown: "", restoreIcons: () => {} };
  }
  if (document.title !== notice.shown && notice.shown !== "") notice.title = document.title;
  notice[succeeded ? "succeeded" : "failed"]++;
  const ok = notice.failed === 0;
  const count = notice.succeeded + notice.failed;
  notice.shown = `${ok ? "✓" : "✗"}${count > 1 ? ` ${count}` : ""} ${notice.title}`;
  document.title = notice.shown;
  notice.restoreIcons = iconRefused ? () => {} : showIcon(ok);
}

function putBack(): void {
  if (!notice || document.visibilityState === "hidden") return;
  document.removeEventListener("visibilitychange", putBack);
  if (document.title === notice.shown) document.title = notice.title;
  notice.restoreIcons();
  notice = undefined;
}

const ICON_ATTRIBUTES = ["href", "type", "sizes"];

/** Points the page's icons at a mark. Returns a function that puts them back. */
function showIcon(ok: boolean): () => void {
  const found = [...document.querySelectorAll<HTMLLinkElement>("link[rel~=icon]")];
  const added = found.length === 0 ? document.createElement("link") : undefined;
  const before = found.map((link) => ICON_ATTRIBUTES.map((name) => link.getAttribute(name)));
  for (const link of [...found, ...(added ? [added] : [])]) {
    link.rel ||= "icon";
    link.type = "image/svg+xml";
    link.setAttribute("sizes", "any");
    link.href = iconUrl(ok);
  }
  if (added) document.head.append(added);
  const restore = () => {
    document.removeEventListener("securitypolicyviolation", onRefused);
    added?.remove();
    for (const [index, link] of found.entries()) {
      for (const [at, name] of ICON_ATTRIBUTES.entries()) {
        const value = before[index]![at]!;
        if (value === null) link.removeAttribute(name);
        else link.setAttribute(name, value);
      }
    }
  };
  function onRefused({ effectiveDirective, blockedURI }: SecurityPolicyViolationEvent): void {
    if (effectiveDirective !== "img-src" || !blockedURI.startsWith("data")) return;
    iconRefused = true;
    restore();
  }
  document.addEventListener("securitypolicyviolation", onRefused);
  return restore;
}

function iconUrl(ok: boolean): string {
  const [colour, mark] = ok ? ["#1a8f3c", "M4 8.5l3 3 5-6"] : ["#d5322d", "M5 5l6 6M11 5l-6 6"];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="${colour}"/><path d="${mark}" fill="none" stroke="#fff" stroke-width="2"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
