import { Features, transform } from "lightningcss";
import { Visitor, type Plugin } from "vite";

/** The first Safari that knows `color-mix`; it does not know all newer notations. */
const OLDEST = { safari: (16 << 16) | (2 << 8) };

/** Minifies the stylesheets in templates with the tag `css`, as Vite minifies CSS files. */
export function minifyCss(): Plugin {
  return {
    name: "minify-css-templates",
    transform: {
      filter: { code: "css`" },
      handler(code, id) {
        const pieces: string[] = [];
        let end = 0;
        const visitor = new Visitor({
          TaggedTemplateExpression: ({ tag, quasi }) => {
            if (tag.type !== "Identifier" || tag.name !== "css") return;
            const [sheet, ...others] = quasi.quasis;
            if (!sheet || others.length > 0) return;
            const { start } = quasi;
            pieces.push(
              code.slice(end, start),
              "`",
              escaped(minified(sheet.value.cooked ?? "", id)),
              "`",
            );
            end = quasi.end;
          },
        });
        visitor.visit(this.parse(code));
        return { code: pieces.join("") + code.slice(end), map: null };
      },
    },
  };
}

/** Writes `css` shorter, with the prefixes that the author of the template wrote. */
function minified(css: string, filename: string): string {
  const { code } = transform({
    code: Buffer.from(css),
    filename,
    minify: true,
    targets: OLDEST,
    exclude: Features.VendorPrefixes,
  });
  return code.toString();
}

/** Writes `text` as the text of a template. */
function escaped(text: string): string {
  return text.replace(/[\\`]|\$\{/g, "\\$&");
}
