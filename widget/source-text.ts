/**
 * The source text of a block as its page holds it: the text of the one `code` element, else of the
 * `pre`, else the host's own. It is sent as it is; the server brings it into its canonical form.
 */
export function sourceText(host: Element): string {
  const codes = host.querySelectorAll("code");
  const holder = (codes.length === 1 ? codes[0] : host.querySelector("pre")) ?? host;
  return holder.textContent ?? "";
}
