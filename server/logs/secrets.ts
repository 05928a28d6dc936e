const SHAPES: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, "$1 …"],
  // Signatures and tokens in the query of a URL.
  [/([?&](?:X-Amz-[\w-]+|signature|token|key|code|secret)=)[^&\s"'<>]+/gi, "$1…"],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, "$1…@"],
  [/(\/sign-in\/)[\w-]+/g, "$1…"],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, "eyJ…"],
];

/**
 * Redacts everything that looks like a secret. Our own code logs none, but error messages of libraries quote URLs and
 * headers.
 */
export function withoutSecrets(text: string): string {
  return SHAPES.reduce((shown, [shape, instead]) => shown.replace(shape, instead), text);
}
