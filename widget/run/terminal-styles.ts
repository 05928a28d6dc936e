import { css } from "lit";
import type { Colour, Look, Rgb } from "../../protocol/terminal-look.ts";

/** The six colours of terminals, red to cyan: hue and chroma in OKLCH. */
const HUES = [25, 148, 85, 262, 325, 205];
const CHROMA = 0.16;

/** Classes and variables of a look, for the styles below. */
export function lookStyle(look: Look): { classes: string; style: string } {
  const classes = (["bold", "dim", "italic", "underline", "inverse"] as const).filter(
    (name) => look[name],
  ) as string[];
  const style: string[] = [];
  const add = (colour: Colour | undefined, name: "fg" | "bg") => {
    if (colour === undefined) return;
    const { chroma, hue, grey } = shownColour(colour);
    if (grey === "strong" && name === "fg") return;
    if (grey === "soft" && name === "fg") classes.push("dim");
    else {
      classes.push(name);
      style.push(`--${name}-chroma:${chroma.toFixed(3)};--${name}-hue:${hue.toFixed()}`);
    }
  };
  add(look.foreground, "fg");
  add(look.background, "bg");
  return { classes: classes.join(" "), style: style.join(";") };
}

interface ShownColour {
  chroma: number;
  hue: number;
  /** Greys are shown as the page's text, strong or soft. */
  grey?: "strong" | "soft";
}

/** A page may be light or dark, so a colour gives its hue and chroma, and the page's text the lightness. */
function shownColour(colour: Colour): ShownColour {
  if (typeof colour !== "number") return ofRgb(colour);
  const hue = HUES[(colour % 8) - 1];
  if (hue !== undefined && colour % 8 < 7) return { chroma: CHROMA, hue };
  return { chroma: 0, hue: 0, grey: colour === 8 ? "soft" : "strong" };
}

/** From sRGB to OKLCH, as in CSS Color 4. */
function ofRgb(rgb: Rgb): ShownColour {
  const [r, g, b] = rgb.map((value) => {
    const part = Math.min(255, value) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const lightness = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
  const [x, y] = [
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
  const chroma = Math.hypot(x, y);
  if (chroma < 0.03) {
    const soft = lightness > 0.3 && lightness < 0.6;
    return { chroma: 0, hue: 0, grey: soft ? "soft" : "strong" };
  }
  return {
    chroma: Math.min(chroma, CHROMA),
    hue: ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360,
  };
}

/**
 * Colours take their lightness from the page's text: dark on a light page, light on a dark one. In the formulas
 * the `clamp` is 1 where the text is light, else 0. Browsers without relative colours show the page's text colour.
 */
export const terminalStyles = css`
  /* Browsers lay out the pieces that are in view; unwrapped lines would be cut at the piece's edge. */
  .output.wrapped .long {
    content-visibility: auto;
    contain-intrinsic-block-size: auto calc(var(--lines) * 1lh);
  }
  .output .bold {
    font-weight: 700;
  }
  .output .italic {
    font-style: italic;
  }
  .output .underline {
    text-decoration: underline;
  }
  .output .dim {
    color: color-mix(in srgb, currentColor 85%, transparent);
  }
  .output .fg {
    color: oklch(
      from currentColor calc(0.47 + 0.33 * clamp(0, (l - 0.61) * 1000, 1)) var(--fg-chroma)
        var(--fg-hue)
    );
  }
  .output .dim.fg {
    color: oklch(
      from currentColor calc(0.5 + 0.25 * clamp(0, (l - 0.61) * 1000, 1)) calc(var(--fg-chroma) / 2)
        var(--fg-hue)
    );
  }
  .output .bg {
    color: oklch(from currentColor calc(0.3 + 0.64 * clamp(0, (l - 0.61) * 1000, 1)) 0 0);
    background: oklch(
      from currentColor calc(0.91 - 0.58 * clamp(0, (l - 0.61) * 1000, 1))
        min(var(--bg-chroma), 0.08) var(--bg-hue)
    );
  }
  .output .bg.fg {
    color: oklch(
      from currentColor calc(0.4 + 0.48 * clamp(0, (l - 0.61) * 1000, 1)) var(--fg-chroma)
        var(--fg-hue)
    );
  }
  .output .inverse {
    color: oklch(from currentColor calc(1 - clamp(0, (l - 0.61) * 1000, 1)) 0 0);
    background: oklch(
      from currentColor calc(0.85 - 0.45 * clamp(0, (l - 0.61) * 1000, 1)) var(--fg-chroma, 0)
        var(--fg-hue, 0)
    );
  }
`;
