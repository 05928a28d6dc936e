import { defineConfig, type Plugin } from "vite";

/**
 * Properties that only the element's own code reads and writes, and such of Lit's: a page gets short names for
 * them. None may be known to the DOM, a server, a page that listens to events, or the browser's storage.
 */
export const OWN_NAMES = [
  "again canceling dropped earlier heardAt lastEvent note parts pressedAt refusal said startedAt",
  "busy clean follow follower heard press trouble unfollow unheard unread waitS",
  "doubtful editable leastHeight onRetry onTry retryAfterMs toggleEditor toggleWrap wrapped",
  "creationScope endNode renderBefore setConnected startNode strings",
].flatMap((line) => line.split(" "));

/** The widget as pages load it: one module, nothing beside it. */
export default defineConfig({
  publicDir: false,
  plugins: [smallTemplates()],
  // Lit's build for Node works in browsers as well, and does not ask for a document as it is imported.
  resolve: { conditions: ["node"] },
  build: {
    target: "es2022",
    outDir: "dist/widget",
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: "widget/define.ts",
      // `import "deferred-runner"` also gives the class.
      preserveEntrySignatures: "exports-only",
      output: {
        format: "es",
        entryFileNames: "deferred-runner.js",
        minify: {
          compress: true,
          mangle: true,
          codegen: true,
          mangleProps: {
            include: new RegExp(`^_\\$|^(${OWN_NAMES.join("|")})$`),
            // Lit keeps it on a node, where a short name may mean something.
            reserved: ["_$litPart$"],
          },
        },
      },
    },
  },
});

/**
 * The minifier leaves templates as they are; indentation and quotes in markup and styles are for us alone. Around
 * the `=` of code are blanks.
 */
function smallTemplates(): Plugin {
  return {
    name: "small-templates",
    transform: {
      filter: { id: /\/widget\/[^/]+\.ts$/ },
      handler: (code) => ({
        code: code
          .replace(/(?<=css`)[^`]*(?=`)/g, smallStyles)
          .replace(/\n\s+/g, "\n")
          .replace(/\n>/g, ">")
          .replace(/\n(?=[?.@]?[\w-]+=["$])/g, " ")
          .replace(/([\w-]+)="([\w-]+)"/g, "$1=$2"),
        map: null,
      }),
    },
  };
}

function smallStyles(css: string): string {
  return css
    .replace(/\/\*[^]*?\*\//g, "")
    .replace(/\s*([{};,>])\s*/g, "$1")
    .replace(/: /g, ":")
    .replace(/ (?=!important)|\b0(?=\.\d)/g, "")
    .replace(/;}/g, "}")
    .trim();
}
