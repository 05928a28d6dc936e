/** NIST SP 800-63B-4, section 3.1.1.2: length and known passwords count, kinds of characters do not. */
const LEAST_CHARACTERS = 8;
/** Bounds the work of a hash. */
const MOST_CHARACTERS = 200;

/** The most common leaked passwords of 8 characters or more, lower case. */
const COMMON = new Set(
  `password password1 password12 password123 passw0rd p@ssw0rd p@ssword 12345678 123456789 1234567890 0123456789
  987654321 9876543210 87654321 11223344 12341234 123123123 123321123 147258369 789456123 qwertyui qwertyuiop qwerty12
  qwerty123 qwerty1234 1q2w3e4r 1q2w3e4r5t 1qaz2wsx zaq12wsx qazwsxedc asdfghjk asdfghjkl zxcvbnm1 abcdefgh abcd1234
  abc12345 iloveyou iloveyou1 sunshine princess football baseball basketball superman batman123 trustno1 whatever
  jennifer michelle computer internet starwars welcome1 welcome123 letmein1 letmein123 changeme changeme1 admin123
  administrator dragon123 monkey123 master123 shadow123 corvette mercedes samsung1 liverpool charlie1 jordan23
  secret123 security testtest test1234 testing123 default1 access14 michael1`.split(/\s+/),
);

/** Why a new password is refused, as a sentence; undefined if it is good. `context` holds what others can guess. */
export function passwordMistake(password: string, context: readonly string[]): string | undefined {
  const characters = Array.from(password).length;
  if (characters < LEAST_CHARACTERS) return `Use ${LEAST_CHARACTERS} characters or more.`;
  if (characters > MOST_CHARACTERS) return `Use at most ${MOST_CHARACTERS} characters.`;
  const lower = password.toLowerCase();
  if (COMMON.has(lower) || /^(.{1,3})\1+$/u.test(lower)) {
    return "This is one of the passwords that are tried first. Choose another.";
  }
  const known = [...context, "deferred runner", "deferred-runner", "deferredrunner"];
  if (known.some((one) => one.toLowerCase() === lower)) {
    return "This is a name that others know. Choose another.";
  }
  return undefined;
}
