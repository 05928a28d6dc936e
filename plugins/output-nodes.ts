import { parseFragment, type DefaultTreeAdapterTypes } from "parse5";

/** How a compiler represents elements and text in its tree. */
interface NodeMaker<Node> {
  element(name: string, attributes: Record<string, string>, children: Node[]): Node;
  text(value: string): Node;
}

/** The recorded output as nodes of a compiler's tree: an MDX tree takes no HTML text. */
export function outputNodes<Node>(html: string | undefined, maker: NodeMaker<Node>): Node[] {
  const nodeOf = (node: DefaultTreeAdapterTypes.ChildNode): Node[] => {
    if ("value" in node) return [maker.text(node.value)];
    if (!("tagName" in node)) return [];
    const attributes = Object.fromEntries(node.attrs.map(({ name, value }) => [name, value]));
    return [maker.element(node.tagName, attributes, node.childNodes.flatMap(nodeOf))];
  };
  return html === undefined ? [] : parseFragment(html).childNodes.flatMap(nodeOf);
}
