/** The choices of a variable; the first is the default. */
export type Choices<One> = readonly [One, ...One[]];

/** Reads settings from environment variables and collects each mistake as a sentence that names its variable. */
export interface SettingsReader {
  readonly mistakes: string[];
  text(name: string, fallback: string): string;
  number(name: string, fallback: number, least: number, most: number): number;
  whole(name: string, fallback: number, least: number, most: number): number;
  choice<Choice extends string>(name: string, choices: Choices<Choice>): Choice;
  named<One extends { name: string }>(name: string, choices: Choices<One>): One;
  /** Comma-separated items; `fallback` if there are none. */
  list(name: string, fallback: readonly string[]): string[];
  /** A URL as browsers serialize it, without a trailing slash. */
  url(name: string): string | undefined;
  /** The same for an origin: a URL without a path. */
  origin(name: string): string | undefined;
}

export function settingsReader(env: Record<string, string | undefined>): SettingsReader {
  const mistakes: string[] = [];
  const text = (name: string, fallback: string) => env[name] || fallback;

  function addressIn(name: string): URL | undefined {
    const value = env[name];
    if (!value) return undefined;
    const parsed = URL.parse(value);
    if (!parsed || !/^https?:$/.test(parsed.protocol)) {
      mistakes.push(`${name} has to be an http or https URL, not "${value}".`);
    } else if (parsed.username !== "" || parsed.password !== "") {
      // The value is not quoted, since the message may be logged.
      mistakes.push(
        `${name} has to be without a user name and a password: it stands on every page.`,
      );
    } else if (/[?#]/.test(value)) {
      mistakes.push(`${name} has to be a URL without a query and a fragment, not "${value}".`);
    } else {
      return parsed;
    }
    return undefined;
  }

  function pick<One>(name: string, choices: Choices<One>, spell: (one: One) => string): One {
    const value = env[name] || spell(choices[0]);
    const found = choices.find((one) => spell(one) === value);
    if (found !== undefined) return found;
    mistakes.push(`${name} has to be ${choices.map(spell).join(" or ")}, not "${value}".`);
    return choices[0];
  }

  return {
    mistakes,
    text,

    number(name, fallback, least, most) {
      const value = Number(text(name, String(fallback)));
      if (Number.isFinite(value) && value >= least && value <= most) return value;
      mistakes.push(`${name} has to be a number from ${least} to ${most}, not "${env[name]}".`);
      return fallback;
    },

    whole(name, fallback, least, most) {
      const value = Number(text(name, String(fallback)));
      if (Number.isInteger(value) && value >= least && value <= most) return value;
      mistakes.push(
        `${name} has to be a whole number from ${least} to ${most}, not "${env[name]}".`,
      );
      return fallback;
    },

    choice: (name, choices) => pick(name, choices, (choice) => choice),
    named: (name, choices) => pick(name, choices, (choice) => choice.name),

    list(name, fallback) {
      const items = text(name, "")
        .split(",")
        .map((item) => item.trim());
      const named = items.filter((item) => item !== "");
      return named.length > 0 ? named : [...fallback];
    },

    url(name) {
      const parsed = addressIn(name);
      return parsed?.href.replace(/\/+$/, ""); // As browsers serialize it, since blocks are signed for it.
    },

    origin(name) {
      const parsed = addressIn(name);
      if (!parsed || parsed.pathname === "/") return parsed?.origin;
      mistakes.push(
        `${name} has to be a host's whole address, without "${parsed.pathname}": the server is not served below a path. Give it a host name of its own, such as ${parsed.protocol}//runner.${parsed.hostname}.`,
      );
      return undefined;
    },
  };
}
