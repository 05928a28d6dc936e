/** Types that browsers show inline; everything else is an attachment. */
const SHOWN_INLINE = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "text/plain",
  "application/pdf",
]);

/** A run's own result, which the server wrote. */
const RESULT = /^(results|private)\/[^/]+\/result\.json$/;

/** `Content-Disposition` of an object. The name is percent-encoded, so it can't break out of the header. */
export function dispositionOf(key: string, type: string): string {
  const inline = SHOWN_INLINE.has(type.split(";")[0]!) || RESULT.test(key);
  const how = inline ? "inline" : "attachment";
  return `${how}; filename*=UTF-8''${key.slice(key.lastIndexOf("/") + 1)}`;
}
