import type { PluginOptions } from "./options.ts";
import { outputNodes } from "./output-nodes.ts";
import { fenceSigner } from "./site-of.ts";

/** A node of hast. */
interface Node {
  type: string;
  tagName?: string;
  properties?: { className?: unknown; metastring?: string } & Record<string, unknown>;
  children?: Node[];
  value?: string;
  data?: { meta?: string | null } & Record<string, unknown>;
  position?: { start: { line: number } } | undefined;
}

interface MdxNode extends Node {
  name: string;
  attributes: { type: string; name: string; value: string }[];
}

interface RehypeOptions extends PluginOptions {
  /** Whether the pages are MDX, as Docusaurus compiles `.md` files too. Default: true. */
  mdx?: boolean;
}

interface VFileLike {
  path?: string | undefined;
  value: unknown;
}

/**
 * A rehype plug-in, for Docusaurus and other users of MDX. Signs each fence with the word `run` in its info
 * string, and puts the element around it. It has to run before highlighters, which drop the info string.
 *
 *     rehypePlugins: [[rehypeDeferred, { aud: "https://runner.example" }]]
 */
export function rehypeDeferred({ mdx = true, ...options }: RehypeOptions = {}) {
  const maker = { element: mdx ? mdxElement : element, text };
  return (tree: Node, file: VFileLike): void => {
    const { site, sign } = fenceSigner(options, file.path, String(file.value));
    const wrap = (node: Node): Node => {
      const code = node.tagName === "pre" ? codeOf(node) : undefined;
      if (!code) {
        if (node.children) node.children = node.children.map(wrap);
        return node;
      }
      const info = [code.language, code.info].filter((part) => part).join(" ");
      const signed = sign(info, code.text, node.position?.start.line ?? 1);
      if (!signed) return node;
      code.setMeta(signed.meta);
      const output = outputNodes(signed.outputHtml, maker);
      return element("deferred-runner", signed.attributes, [node, ...output]);
    };
    wrap(tree);
    site.save();
  };
}

/** The fence of which a `pre` was made. */
function codeOf({ children = [] }: Node) {
  const code = children.find(({ tagName }) => tagName === "code");
  if (!code) return undefined;
  const { data = {}, properties = {} } = code;
  const classes = [properties.className].flat().map(String);
  return {
    language: classes.find((name) => name.startsWith("language-"))?.slice("language-".length),
    // Docusaurus moves the words after the language into a property.
    info: data.meta ?? properties.metastring,
    text: textIn(code),
    setMeta(rest: string) {
      if (data.meta != null) data.meta = rest;
      if (properties.metastring != null) properties.metastring = rest;
    },
  };
}

function textIn({ value = "", children = [] }: Node): string {
  return value + children.map(textIn).join("");
}

function text(value: string): Node {
  return { type: "text", value };
}

function element(tagName: string, properties: Record<string, string>, children: Node[]): Node {
  return { type: "element", tagName, properties, children };
}

/** An element that stays one: MDX makes each other `pre` the site's component for code. */
function mdxElement(name: string, values: Record<string, string>, children: Node[]): MdxNode {
  const attributes = Object.entries(values).map(([key, value]) => ({
    type: "mdxJsxAttribute",
    name: key === "datetime" ? "dateTime" : key,
    value,
  }));
  const data = { _mdxExplicitJsx: true };
  return { type: "mdxJsxFlowElement", name, attributes, children, data };
}
