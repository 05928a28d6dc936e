import type { AuditEntry } from "../../../protocol/audit.ts";

const PAST = {
  add: "added",
  approve: "approved",
  assign: "assigned",
  cancel: "canceled",
  change: "changed",
  check: "checked",
  connect: "connected",
  copy: "copied",
  end: "ended",
  invite: "invited",
  join: "joined",
  launch: "launched",
  make: "made",
  mark: "marked",
  prove: "proved",
  publish: "published",
  remove: "removed",
  renew: "renewed",
  replay: "replayed",
  restore: "restored",
  revoke: "revoked",
  run: "ran",
  send: "sent",
  set: "set",
  sign: "signed",
  start: "started",
  stop: "stopped",
  take: "took",
  upload: "uploaded",
  wake: "woke",
  withdraw: "withdrew",
} as const;

type Verb = keyof typeof PAST;

/**
 * By method and path: a verb and its object. `{name}` is that part of the path, `{project}` its first two, `{detail}`
 * what the entry notes.
 */
type Rule = [verb: Verb, object: string];

const API = "/v1/projects/{owner}/{name}";
const PAGE = "/projects/{owner}/{name}";
const SETTINGS = `${PAGE}/settings`;

const RULES: Record<string, Rule> = {
  [`POST ${API}/runs`]: ["start", "a run of {project}"],
  [`POST ${API}/runs/{id}/again`]: ["run", "the run {id} of {project} again"],
  [`POST ${PAGE}/run`]: ["start", "a run of {project}"],
  [`POST ${PAGE}/runs/{id}/again`]: ["run", "the run {id} of {project} again"],
  [`POST ${PAGE}/runs/{id}/cancel`]: ["cancel", "the run {id} of {project}"],
  "DELETE /v1/runs/{id}": ["cancel", "the run {id}"],
  [`POST ${SETTINGS}/schedules/{position}/run`]: ["run", "a schedule of {project} now"],
  [`POST ${API}/wake`]: ["wake", "a machine for {project}"],
  [`POST ${API}/sleep`]: ["send", "the machines of {project} away"],

  "POST /v1/projects": ["make", "the project {project}"],
  "POST /projects/new": ["make", "the project {project}"],
  [`PATCH ${API}`]: ["change", "{project}: {detail}"],
  [`DELETE ${API}`]: ["remove", "the project {project}"],
  [`POST ${SETTINGS}/remove`]: ["remove", "the project {project}"],
  "POST /v1/removed-projects/{owner}/{name}/restore": ["restore", "the project {project}"],
  [`POST ${PAGE}/restore`]: ["restore", "the project {project}"],
  [`POST ${SETTINGS}`]: ["change", "the general settings of {project}"],
  [`POST ${SETTINGS}/branches`]: ["change", "which pushes start runs of {project}"],
  [`POST ${SETTINGS}/repository`]: ["change", "the repository of {project}"],
  [`POST ${SETTINGS}/repository/{credential}`]: ["set", "the {credential} of {project}"],
  [`POST ${SETTINGS}/repository/{credential}/remove`]: ["remove", "the {credential} of {project}"],
  [`POST ${SETTINGS}/webhook/renew`]: ["renew", "the webhook’s secret of {project}"],
  [`POST ${SETTINGS}/webhook/github`]: ["connect", "{project} with GitHub"],
  [`POST ${SETTINGS}/notices`]: ["change", "who is told of runs of {project}"],

  [`PUT ${API}/secrets/{secret}`]: ["set", "the secret {secret} of {project}"],
  [`POST ${SETTINGS}/secrets`]: ["set", "the secret {detail} of {project}"],
  [`DELETE ${API}/secrets/{secret}`]: ["remove", "the secret {secret} of {project}"],
  [`POST ${SETTINGS}/secrets/{secret}/remove`]: ["remove", "the secret {secret} of {project}"],
  [`POST ${API}/keys`]: ["add", "the signing key {detail} to {project}"],
  [`POST ${SETTINGS}/keys`]: ["add", "the signing key {detail} to {project}"],
  [`POST ${PAGE}/sign/keys`]: ["add", "the signing key {detail} to {project}"],
  [`DELETE ${API}/keys/{kid}`]: ["revoke", "the signing key {kid} of {project}"],
  [`POST ${SETTINGS}/keys/{kid}/revoke`]: ["revoke", "the signing key {kid} of {project}"],

  [`POST ${API}/blocks`]: ["publish", "a block of {project}"],
  [`POST ${API}/block-files`]: ["upload", "files of a block of {project}"],
  [`PATCH ${API}/blocks/{id}`]: ["change", "whether the block {id} of {project} is published"],
  [`POST ${PAGE}/blocks/{id}/publish`]: ["publish", "the block {id} of {project}"],
  [`POST ${PAGE}/blocks/{id}/unpublish`]: ["take", "the page of the block {id} of {project} away"],
  [`POST ${API}/revoked-blocks`]: ["revoke", "the block {detail} of {project}"],
  [`POST ${PAGE}/blocks/{id}/revoke`]: ["revoke", "the block {id} of {project}"],
  [`POST ${PAGE}/sign`]: ["sign", "a block of {project}"],
  [`POST ${PAGE}/sign/token`]: ["sign", "a block of {project}"],
  [`POST ${PAGE}/sign/files`]: ["upload", "files of a block of {project}"],
  [`POST ${PAGE}/sign/files/{block}`]: ["upload", "a file of the block {block} of {project}"],

  [`POST ${API}/deliveries/{id}/replay`]: ["replay", "the delivery {id} of {project}"],
  [`POST ${PAGE}/deliveries/{id}/replay`]: ["replay", "the delivery {id} of {project}"],
  [`POST ${API}/deliveries/{id}/approve`]: ["approve", "the delivery {id} of {project}"],
  [`POST ${PAGE}/deliveries/{id}/approve`]: ["approve", "the delivery {id} of {project}"],
  [`POST ${API}/outgoing-hooks`]: ["add", "a webhook that {project} sends"],
  [`POST ${SETTINGS}/notices/webhooks`]: ["add", "a webhook that {project} sends"],
  [`DELETE ${API}/outgoing-hooks/{id}`]: ["remove", "a webhook that {project} sends"],
  [`POST ${SETTINGS}/notices/webhooks/{id}/remove`]: ["remove", "a webhook that {project} sends"],

  "POST /v1/tokens": ["make", "the API token {detail} for {project}"],
  [`POST ${SETTINGS}/tokens/new`]: ["make", "the API token {detail} for {project}"],
  "DELETE /v1/tokens/{id}": ["revoke", "the API token {id}"],
  [`POST ${SETTINGS}/tokens/{id}/revoke`]: ["revoke", "the API token {id} of {project}"],
  [`PUT ${API}/members/{user}`]: ["change", "the role of {user} in {project} to {detail}"],
  [`POST ${PAGE}/members/{user}`]: ["change", "the role of {user} in {project} to {detail}"],
  [`DELETE ${API}/members/{user}`]: ["remove", "{user} from {project}"],
  [`POST ${PAGE}/members/{user}/remove`]: ["remove", "{user} from {project}"],
  [`POST ${API}/invitations`]: ["invite", "somebody to {project} as {detail}"],
  [`POST ${PAGE}/members`]: ["invite", "somebody to {project} as {detail}"],
  [`DELETE ${API}/invitations/{id}`]: ["withdraw", "an invitation to {project}"],
  [`POST ${PAGE}/invitations/{id}/withdraw`]: ["withdraw", "an invitation to {project}"],
  "POST /invitations/{code}": ["join", "{project} as {detail}"],

  "DELETE /v1/users/{id}": ["remove", "the user {user}"],
  "POST /operator/users/{id}/remove": ["remove", "the user {detail}"],
  "POST /v1/sign-in-links": ["make", "a link that signs in"],
  "DELETE /v1/sessions/{id}": ["sign", "a browser out"],
  "DELETE /v1/whoami": ["revoke", "the token of the call"],
  "POST /account/welcome": ["make", "the account of the server’s owner"],
  "POST /account/name": ["change", "their name"],
  "POST /account/email": ["change", "their e-mail address"],
  "POST /account/password": ["change", "their password"],
  "POST /account/github": ["connect", "their account with GitHub"],
  "POST /account/passkeys": ["add", "a passkey"],
  "POST /account/passkeys/challenge": ["start", "to add a passkey"],
  "POST /account/passkeys/{id}": ["change", "the name of a passkey"],
  "POST /account/passkeys/{id}/remove": ["remove", "a passkey"],
  "POST /account/sessions/{id}": ["sign", "a browser out"],
  "POST /account/logins/{id}": ["end", "a login of the command line"],
  "POST /account/prove/password": ["prove", "who they are by password"],
  "POST /account/prove/passkey": ["prove", "who they are by passkey"],
  "POST /account/delete": ["remove", "their own account"],

  "POST /v1/machines": ["launch", "a machine"],
  "POST /operator/machine/add": ["launch", "a machine"],
  "PATCH /v1/machine-settings": ["change", "the settings of machines"],
  "POST /operator/machine/settings": ["change", "the settings of machines"],
  [`PATCH ${API}/machine-settings`]: ["change", "the machine settings of {project}"],
  [`POST ${PAGE}/machines/settings`]: ["change", "the machine settings of {project}"],
  "POST /v1/backups": ["copy", "the database"],
  "POST /operator/checks": ["check", "the server"],
  "POST /operator/faults/seen": ["mark", "the faults as seen"],
  ...machineRules("start", "start", "the machine {id}"),
  ...machineRules("stop", "stop", "the machine {id}"),
  ...machineRules("end", "end", "the machine {id}"),
  ...machineRules("assign", "assign", "the machine {id} to a project"),
  ...machineRules("default", "make", "the machine {id} the model of the next ones"),
};

function machineRules(path: string, verb: Verb, object: string): Record<string, Rule> {
  return {
    [`POST /v1/machines/{id}/${path}`]: [verb, object],
    [`POST /operator/machines/{id}/${path}`]: [verb, object],
  };
}

/** A part of a sentence: words, or the value of what a rule names. */
type SentencePart = { words: string } | { named: string; value: string };

export interface AuditSentence {
  /** What follows the name of the actor: `set the secret`, DEPLOY_KEY, `of`, acme/site. */
  parts: SentencePart[];
  /** What the entry notes and the sentence does not say. */
  rest: string | null;
}

/** What an entry's actor did. Without a rule it is what the entry notes, or the call itself. */
export function auditSentence(entry: AuditEntry): AuditSentence {
  const { action, path, project, detail } = entry;
  const rule = RULES[action];
  if (!rule) {
    const parts = detail === null ? [{ words: "sent " }, { named: "call", value: action }] : [];
    return { parts: detail === null ? parts : [{ words: detail }], rest: null };
  }
  const [verb, object] = rule;
  const found = namesIn(action, path);
  const names = new Map(Object.entries({ ...found, user: userOf(action, found), project, detail }));
  const said = object
    .split(/(\{\w+\})/)
    .filter((part) => part !== "")
    .map((part): SentencePart => {
      const [, named] = /^\{(\w+)\}$/.exec(part) ?? [];
      if (named === undefined) return { words: part };
      const value = names.get(named);
      return value ? { named, value } : { words: named === "project" ? "a project" : "(unnamed)" };
    });
  return {
    parts: [{ words: `${conjugate(verb, entry)} ` }, ...said],
    rest: object.includes("{detail}") ? null : detail,
  };
}

/** The ids of users that an entry's sentence names. */
export function usersNamed({ action, path }: AuditEntry): string[] {
  const user = userOf(action, namesIn(action, path));
  return user === undefined ? [] : [user];
}

function userOf(action: string, { user, id }: Record<string, string>): string | undefined {
  return user ?? (action.endsWith("/users/{id}") ? id : undefined);
}

/** A refused call only tried, and one without an answer may have been done or not. */
function conjugate(verb: Verb, { status }: AuditEntry): string {
  if (status === null) return `may have ${PARTICIPLE[verb] ?? PAST[verb]}`;
  return status < 400 ? PAST[verb] : `tried to ${verb}`;
}

/** Of verbs whose participle is not their past. */
const PARTICIPLE: Partial<Record<Verb, string>> = {
  run: "run",
  take: "taken",
  wake: "woken",
  withdraw: "withdrawn",
};

/** The values of the action's parameters, by the path. */
function namesIn(action: string, path: string): Record<string, string> {
  const values = path.split("/");
  return Object.fromEntries(
    action
      .replace(/^\w+ /, "")
      .split("/")
      .flatMap((part, index) => {
        const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
        return name === undefined ? [] : [[name, decoded(values[index] ?? "")]];
      }),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
