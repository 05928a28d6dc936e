import type { PluginOptions } from "./options.ts";
import { fileURLToPath } from "node:url";
import { outputNodes } from "./output-nodes.ts";
import { fenceSigner } from "./site-of.ts";

interface Code {
  type: "code";
  lang?: string | null | undefined;
  meta?: string | null | undefined;
  value: string;
  position?: { start: { line: number } } | undefined;
}

/** A node of Sätteri's tree, which becomes the element `data.hName`. */
interface CustomNode {
  type: string;
  value?: string;
  children?: (CustomNode | Code)[];
  data?: { hName: string; hProperties: Record<string, string> };
}

/** The part of Sätteri, Astro's Markdown processor, that the plug-in uses. */
interface Document {
  fileURL: URL | undefined;
  source: string;
}
interface Context {
  replaceNode(node: Code, nodes: (CustomNode | Code)[]): void;
}

interface ConfigHook {
  config: { markdown: { processor?: { name: string; options: unknown } } };
}

/**
 * An integration for Astro 7 and Starlight, for Markdown and MDX.
 *
 *     export default defineConfig({ integrations: [astroDeferred({ aud: "https://runner.example" })] });
 */
export function astroDeferred(options: PluginOptions = {}) {
  return {
    name: "deferred-runner",
    hooks: {
      "astro:config:setup": ({ config }: ConfigHook): void => {
        const { processor } = config.markdown;
        if (processor?.name !== "satteri") {
          throw new Error(
            "deferred-runner/astro needs Sätteri, the Markdown processor of Astro 7. " +
              "For another processor, mark blocks by a comment and run deferred sign site.",
          );
        }
        const { mdastPlugins } = processor.options as { mdastPlugins: unknown[] };
        mdastPlugins.push((document: Document) => codeSigner(options, document));
      },
    },
  };
}

/** Signs the marked fences of one document, before they are highlighted. */
function codeSigner(options: PluginOptions, { fileURL, source }: Document) {
  const file = fileURL === undefined ? undefined : fileURLToPath(fileURL);
  const { site, sign } = fenceSigner(options, file, source);
  let hasScript = site.scriptUrl === undefined;
  return {
    name: "deferred-runner",
    options: { position: true },
    code(node: Code, context: Context): void {
      const info = [node.lang, node.meta].filter((part) => part).join(" ");
      const signed = sign(info, node.value, node.position?.start.line ?? 1);
      if (!signed) return;
      const { language: lang, meta, attributes, outputHtml } = signed;
      const shown: Code = { type: "code", lang, meta, value: node.value };
      const output = outputNodes<CustomNode | Code>(outputHtml, { element, text });
      const script = hasScript ? [] : [element("script", scriptOf(site.scriptUrl), [])];
      hasScript = true;
      context.replaceNode(node, [
        element("deferred-runner", attributes, [shown, ...output]),
        ...script,
      ]);
      site.save();
    },
  };
}

function scriptOf(src = ""): Record<string, string> {
  return { type: "module", src };
}

function element(
  hName: string,
  hProperties: Record<string, string>,
  children: (CustomNode | Code)[],
): CustomNode {
  return { type: `deferred-${hName}`, data: { hName, hProperties }, children };
}

/** A node of its own kind: lines of Markdown's text lose their indentation. */
function text(value: string): CustomNode {
  return { type: "deferred-text", value };
}
