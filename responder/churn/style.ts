/** The page's whole style, with the colours of the server's own pages. */
export const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1c2126, #e4e8ea); --soft: light-dark(#535c64, #9da7ae);
  --paper: light-dark(#ffffff, #14181b); --line: light-dark(#dde1df, #30373c); }
body { margin: 0; padding: 0 24px 48px; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 960px; margin: 0 auto; }
h1 { font-size: 28px; line-height: 1.25; margin: 32px 0 8px; }
h2 { font-size: 20px; margin: 40px 0 8px; }
p { max-width: 72ch; }
.soft, figcaption, caption { color: var(--soft); }
figure { margin: 24px 0; }
figure > svg { display: block; width: 100%; height: auto; }
figcaption, caption { font-size: 14px; text-align: left; padding: 8px 0; }
svg rect { stroke: var(--paper); stroke-width: 1.5; }
svg text { font: 12px system-ui, sans-serif; }
.heat-0 { fill: light-dark(#e3eeeb, #1d2b2a); background: light-dark(#e3eeeb, #1d2b2a); }
.heat-1 { fill: light-dark(#b9d9d1, #24433f); background: light-dark(#b9d9d1, #24433f); }
.heat-2 { fill: light-dark(#7fbbad, #2e6a60); background: light-dark(#7fbbad, #2e6a60); }
.heat-3 { fill: light-dark(#2f8677, #57a998); background: light-dark(#2f8677, #57a998); }
.heat-4 { fill: light-dark(#0a5347, #9be3d1); background: light-dark(#0a5347, #9be3d1); }
.heat-0 text, .heat-1 text, .heat-2 text { fill: light-dark(#10201d, #e8f3f0); }
.heat-3 text, .heat-4 text { fill: light-dark(#ffffff, #08211c); }
.key { white-space: nowrap; }
.key i { display: inline-block; width: 16px; height: 12px; vertical-align: -1px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: 4px 16px 4px 0; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
.figure { text-align: right; font-variant-numeric: tabular-nums; }
code { font: 13px ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
@media (forced-colors: active) { svg rect { stroke: CanvasText; } .key i { border: 1px solid CanvasText; } }
`;
