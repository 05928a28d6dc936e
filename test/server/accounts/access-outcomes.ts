import { ROLES, SCOPE_OF_ROLE, SCOPES, type Scope } from "../../../protocol/roles.ts";
import { TOKEN_SCOPES, type TokenScope } from "../../../protocol/tokens.ts";
import {
  type Membership,
  MEMBERSHIPS,
  foreignRole,
  type Caller,
  type Rule,
} from "./access-callers.ts";

const LOW = "403 token_scope_low";
const MISSING = "401 token_missing";
const SIGN_IN = "401 page";
const HIDDEN = "404 page";

type Outcomes = Record<Caller, string>;

/** The same outcome for each caller, and others for some. */
function outcomes(all: string, some: Partial<Outcomes>): Outcomes {
  const tokens = TOKEN_SCOPES.flatMap((one): Caller[] => [one, `foreign ${one}`]);
  const callers: Caller[] = ["owner", ...tokens, "expired", "revoked", "none"];
  const people = MEMBERSHIPS.flatMap((one): Caller[] => [`login ${one}`, `session ${one}`]);
  return {
    ...(Object.fromEntries(
      [...callers, "session", ...people].map((caller) => [caller, all]),
    ) as Outcomes),
    ...some,
  };
}

function ofTokens(outcomeOf: (scope: TokenScope) => string): Partial<Outcomes> {
  return Object.fromEntries(TOKEN_SCOPES.map((scope) => [scope, outcomeOf(scope)]));
}

function ofForeignTokens(outcome: string): Partial<Outcomes> {
  return Object.fromEntries(TOKEN_SCOPES.map((scope) => [`foreign ${scope}`, outcome]));
}

function ofPeople(
  kind: "login" | "session",
  outcomeOf: (membership: Membership) => string,
): Partial<Outcomes> {
  return Object.fromEntries(MEMBERSHIPS.map((one) => [`${kind} ${one}`, outcomeOf(one)]));
}

const WRONG = { expired: "401 token_wrong", revoked: "401 token_wrong" };

const isOutside = (one: Membership) => one === "stranger" || foreignRole(one) !== undefined;

/** Whether a member's role includes the scope. */
function mayBy(one: Membership, scope: Scope): boolean {
  const role = ROLES.find((name) => name === one);
  return role !== undefined && SCOPES.indexOf(SCOPE_OF_ROLE[role]) >= SCOPES.indexOf(scope);
}

/** How each caller is answered: `passes`, or status and code of the refusal. */
export function expected(route: string, rule: Rule): Outcomes {
  const isRead = route.startsWith("GET ");
  const passes = () => "passes";
  switch (rule) {
    case "session":
      return outcomes(SIGN_IN, { session: "passes", ...ofPeople("session", () => HIDDEN) });
    case "signed in":
    case "form account":
      return outcomes(SIGN_IN, { session: "passes", ...ofPeople("session", passes) });
    case "form owner":
      return outcomes(SIGN_IN, { session: "passes", ...ofPeople("session", () => HIDDEN) });
    case "form":
      return outcomes(SIGN_IN, {
        session: "passes",
        ...ofPeople("session", (one) => (isOutside(one) ? HIDDEN : "by its scope")),
      });
    case "page":
      return outcomes("passes", {
        ...ofForeignTokens(SIGN_IN),
        ...{ none: SIGN_IN, expired: SIGN_IN, revoked: SIGN_IN },
        ...ofPeople("login", (one) => (isOutside(one) ? SIGN_IN : "passes")),
        ...ofPeople("session", (one) => (isOutside(one) ? HIDDEN : "passes")),
      });
    case "page owner":
      return outcomes(HIDDEN, {
        ...ofForeignTokens(SIGN_IN),
        ...{ none: SIGN_IN, expired: SIGN_IN, revoked: SIGN_IN },
        ...ofPeople("login", (one) => (isOutside(one) ? SIGN_IN : HIDDEN)),
        session: "passes",
      });
    case "owner":
      return outcomes(LOW, {
        ...{ owner: "passes", none: MISSING, session: MISSING, ...WRONG },
        ...ofPeople("session", () => MISSING),
      });
    case "any project":
      return outcomes("passes", WRONG);
    case "members":
      return outcomes("passes", { none: MISSING, ...WRONG });
    case "token":
      return outcomes("passes", {
        ...{ none: MISSING, session: MISSING, ...WRONG },
        ...ofPeople("session", () => MISSING),
      });
    case "person by token":
    case "person":
      return outcomes(isRead ? "passes" : MISSING, {
        ...{ owner: "passes", none: MISSING, ...WRONG },
        ...ofForeignTokens(LOW),
        ...ofTokens(() => LOW),
        ...ofPeople("login", passes),
      });
    case "administered":
      return outcomes(LOW, {
        ...{ owner: "passes", admin: "passes", "foreign admin": "passes" },
        ...{ none: MISSING, session: MISSING, ...WRONG },
        ...ofPeople("session", () => MISSING),
      });
    default:
  }
  const [kind, scope] = scopeIn(rule);
  if (kind === "form" || kind === "page") {
    const low = kind === "form" ? "403 page" : HIDDEN;
    return outcomes(SIGN_IN, {
      session: "passes",
      ...ofPeople("session", (one) =>
        isOutside(one) ? HIDDEN : mayBy(one, scope) ? "passes" : low,
      ),
    });
  }
  const hidden = kind === "run of" ? "404 run_not_found" : "404 project_not_found";
  const readsBySession = isRead && scope === "read" && kind !== "by token";
  return outcomes("passes", {
    ...{ none: MISSING, ...WRONG, session: readsBySession ? "passes" : MISSING },
    ...ofForeignTokens(kind === "owners" ? LOW : hidden),
    ...ofTokens((given) =>
      (SCOPES as readonly string[]).indexOf(given) < SCOPES.indexOf(scope) ? LOW : "passes",
    ),
    ...ofPeople("login", (one) => (isOutside(one) ? hidden : mayBy(one, scope) ? "passes" : LOW)),
    ...ofPeople("session", (one) =>
      !readsBySession ? MISSING : isOutside(one) ? hidden : "passes",
    ),
  });
}

/** The scope that a rule names, and how. */
function scopeIn(rule: Rule): [kind: string, scope: Scope] {
  if (rule === "owners") return ["owners", "own"];
  for (const scope of SCOPES) {
    if (rule === scope) return ["scope", scope];
    if (rule === `form ${scope}`) return ["form", scope];
    if (rule === `page ${scope}`) return ["page", scope];
    if (rule === `run of ${scope}`) return ["run of", scope];
    if (rule === `${scope} by token`) return ["by token", scope];
  }
  throw new Error(`no outcome for ${rule}`);
}
