const SHAPES: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, "$1 …"],
  // What signs an address, and tokens that stand in one.
  [/([?&](?:X-Amz-[\w-]+|signature|token|key|code|secret)=)[^&\s"'<>]+/gi, "$1…"],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, "$1…@"],
  [/(\/sign-in\/)[\w-]+/g, "$1…"],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, "eyJ…"],
];

/**
 * The text without what looks like a secret. Nothing here logs one on purpose; but messages of other
 * people's errors quote addresses and headers.
 */
export function withoutSecrets(text: string): string {
  return SHAPES.reduce((shown, [shape, instead]) => shown.replace(shape, instead), text);
}
