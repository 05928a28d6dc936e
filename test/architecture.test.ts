import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { parseSync } from "oxc-parser";
import { describe, expect, test } from "vitest";
import { circles, floorBreaches, implementationBreaches } from "./floors.ts";

// The rules that keep the folders apart. A tool that reads tsconfig and resolves packages would do
// more than is needed here and did not understand the current compiler.

const ROOT = join(import.meta.dirname, "..");
const FOLDERS = ["protocol", "blocks", "widget", "server", "responder", "cli", "plugins"];

interface Import {
  /** The importing file, from the root. */
  from: string;
  /** A file from the root, or the name of a package. */
  to: string;
  typeOnly: boolean;
  /** By `import()`, when it is needed. */
  lazy: boolean;
}

const files = FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.{ts,mjs,js}`, { cwd: ROOT }));
const imports = files.flatMap((file) => importsOf(file));

function importsOf(file: string): Import[] {
  const { module, errors } = parseSync(file, readFileSync(join(ROOT, file), "utf8"));
  expect(errors, file).toEqual([]);
  const found: { specifier: string; typeOnly: boolean; lazy?: boolean }[] = [
    ...module.staticImports.map((one) => ({
      specifier: one.moduleRequest.value,
      typeOnly: one.entries.length > 0 && one.entries.every((entry) => entry.isType),
    })),
    ...module.staticExports.flatMap((one) =>
      one.entries.flatMap((entry) =>
        entry.moduleRequest
          ? [{ specifier: entry.moduleRequest.value, typeOnly: entry.isType }]
          : [],
      ),
    ),
    ...module.dynamicImports.flatMap((one) => {
      const text = readFileSync(join(ROOT, file), "utf8").slice(
        one.moduleRequest.start,
        one.moduleRequest.end,
      );
      const literal = /^["'](.+)["']$/.exec(text);
      return literal ? [{ specifier: literal[1]!, typeOnly: false, lazy: true }] : [];
    }),
  ];
  return found.map(({ specifier, typeOnly, lazy = false }) => ({
    from: file,
    to: target(file, specifier),
    typeOnly,
    lazy,
  }));
}

function target(file: string, specifier: string): string {
  if (specifier.startsWith(".")) return normalize(join(dirname(file), specifier));
  if (specifier.startsWith("node:")) return specifier;
  const [scope = "", name] = specifier.split("/");
  return scope.startsWith("@") ? `${scope}/${name}` : scope;
}

function folderOf(path: string): string {
  return path.split("/")[0]!;
}

function importersOf(name: string): string[] {
  return [...new Set(imports.filter((one) => one.to === name).map((one) => one.from))].sort();
}

function breaches(rule: (one: Import) => boolean): string[] {
  return imports.filter(rule).map((one) => `${one.from} imports ${one.to}`);
}

test("every relative import names a file that is there", () => {
  const relative = (one: Import) => FOLDERS.includes(folderOf(one.to)) && one.to.includes("/");
  expect(breaches((one) => relative(one) && !existsSync(join(ROOT, one.to)))).toEqual([]);
});

test("protocol/ imports itself, the schema library and, in one file, that of addresses", () => {
  const allowed = (one: Import) =>
    folderOf(one.to) === "protocol" ||
    one.to === "valibot" ||
    (one.to === "ipaddr.js" && one.from === "protocol/addresses.ts");
  expect(breaches((one) => folderOf(one.from) === "protocol" && !allowed(one))).toEqual([]);
});

test("widget/ imports itself, Lit, and of protocol/ types and what needs no schema", () => {
  const needsNothing = (file: string): boolean =>
    imports.every((one) => one.from !== file || one.typeOnly || needsNothing(one.to)) &&
    file.startsWith("protocol/");
  const allowed = (one: Import) =>
    folderOf(one.to) === "widget" ||
    one.to === "lit" ||
    (one.from.startsWith("widget/frameworks/") && one.typeOnly) ||
    (folderOf(one.to) === "protocol" && (one.typeOnly || needsNothing(one.to)));
  expect(breaches((one) => folderOf(one.from) === "widget" && !allowed(one))).toEqual([]);
});

test("only what loads the element's run part names it, by import()", () => {
  const isRun = (file: string) => file.startsWith("widget/run/");
  expect(
    breaches(
      (one) => isRun(one.to) && !isRun(one.from) && !one.typeOnly && one.from.startsWith("widget/"),
    ),
  ).toEqual(["widget/element/run-part.ts imports widget/run/run.ts"]);
});

test("widget, server and responder never import one another, nor the command line", () => {
  const apart = ["widget", "server", "responder"];
  const others = [...apart, "cli", "examples", "test", "setup", "bench"];
  expect(
    breaches(
      (one) =>
        apart.includes(folderOf(one.from)) &&
        folderOf(one.to) !== folderOf(one.from) &&
        others.includes(folderOf(one.to)),
    ),
  ).toEqual([]);
});

test("plugins/ sees the face that cli/site has for it, and nothing sees plugins/", () => {
  const open = ["plugins", "protocol", "blocks"];
  const ours = (path: string) => FOLDERS.includes(folderOf(path)) && path.includes("/");
  expect(
    breaches(({ from, to }) =>
      folderOf(from) === "plugins"
        ? ours(to) && !open.includes(folderOf(to)) && to !== "cli/site/plugin.ts"
        : folderOf(to) === "plugins" && ours(to),
    ),
  ).toEqual([]);
});

describe("cli/", () => {
  /** What it may import of the server and the responder; protocol/ and blocks/ are open to it. */
  const FACES = [
    "server/main.ts",
    "server/operate/own-machine.ts",
    "server/operate/doctor/finding.ts",
    "server/settings/data-folder.ts",
    "server/settings/private-files.ts",
    "server/settings/settings.ts",
    "server/providers/ec2/account/index.ts",
    "responder/agent/respond.ts",
    "responder/process/launch-file.ts",
    "responder/process/log.ts",
    "responder/process/start-error.ts",
    "responder/sandbox/bubblewrap/bubblewrap.ts",
  ];
  const goesInside = ({ from, to }: Pick<Import, "from" | "to">) =>
    folderOf(from) === "cli" &&
    ["widget", "server", "responder"].includes(folderOf(to)) &&
    !FACES.includes(to);

  test("uses the server and the responder through their faces", () => {
    expect(breaches(goesInside)).toEqual([]);
    const used = imports.filter((one) => folderOf(one.from) === "cli").map((one) => one.to);
    expect(FACES.filter((face) => !used.includes(face))).toEqual([]);
  });

  test.each([
    ["cli/sign/sign.ts", "server/pages/home.ts"],
    ["cli/aws/setup.ts", "server/providers/ec2/account/clients.ts"],
    ["cli/run/run.ts", "widget/run-view.ts"],
  ])("an import from %s to %s would fail", (from, to) => {
    expect(goesInside({ from, to })).toBe(true);
  });
});

describe("a driver or an SDK is imported in one file", () => {
  test.each(["node:sqlite", "pg"])("%s", (name) => {
    expect(importersOf(name).length, importersOf(name).join(", ")).toBeLessThanOrEqual(1);
  });

  // Preparing an account takes other calls than using it, by somebody with other rights.
  test.each([
    ["@aws-sdk/client-ec2", "server/providers/ec2/"],
    ["@aws-sdk/client-s3", "server/storage/s3"],
  ])("%s, and where an account is prepared", (name, place) => {
    const others = importersOf(name).filter(
      (file) => !file.startsWith(place) && !file.startsWith("server/providers/ec2/account/"),
    );
    expect(others).toEqual([]);
  });

  test("and none that only some servers need is loaded at the start of all", () => {
    const loaded = new Set(["server/main.ts"]);
    for (const file of loaded) {
      for (const { from, to, typeOnly, lazy } of imports) {
        if (from === file && !typeOnly && !lazy) loaded.add(to);
      }
    }
    expect(loaded).toContain("kysely");
    const some = [...loaded].filter((name) => /^(@aws-sdk|@smithy|nodemailer)/.test(name));
    expect(some).toEqual([]);
  });

  test("and jose in blocks/ alone", () => {
    expect(importersOf("jose").filter((file) => !file.startsWith("blocks/"))).toEqual([]);
  });
});

test("what decides imports nothing that acts", () => {
  const pure = ["server/runs/run.ts", "server/fleet/plan.ts", "widget/run/run-view.ts"];
  const acts = (one: Import) =>
    one.to.startsWith("node:") || (!one.to.includes("/") && !one.typeOnly);
  expect(breaches((one) => pure.includes(one.from) && acts(one))).toEqual([]);
});

describe("the floors of server/", () => {
  test("every import leads down, of types as well", () => {
    expect(floorBreaches(imports)).toEqual([]);
  });

  test("only composition roots name implementations of providers, storage and database", () => {
    expect(implementationBreaches(imports)).toEqual([]);
  });

  test("only main.ts and compose.ts lie loose", () => {
    expect(globSync("server/*.*", { cwd: ROOT }).toSorted()).toEqual([
      "server/compose.ts",
      "server/main.ts",
    ]);
  });

  test.each([
    ["server/http/app.ts", "server/storage/fs.ts"],
    ["server/http/json-body.ts", "server/database/sqlite.ts"],
    ["server/main.ts", "server/providers/ec2/index.ts"],
    ["server/fleet/fleet.ts", "server/providers/local/index.ts"],
    ["server/operate/doctor/parts.ts", "server/providers/ec2/account/index.ts"],
  ])("%s may not import %s", (from, to) => {
    const breach = [{ from, to }];
    expect([...floorBreaches(breach), ...implementationBreaches(breach)]).not.toEqual([]);
  });

  test.each([
    ["server/database/sqlite.ts", "server/fleet/loop.ts"],
    ["server/accounts/access.ts", "server/projects/projects.ts"],
    ["server/projects/projects.ts", "server/runs/record.ts"],
    ["server/notices/mail.ts", "server/pages/layout.ts"],
    ["server/hooks/deliveries.ts", "server/notices/outbox.ts"],
    ["server/providers/local/index.ts", "server/providers/ec2/index.ts"],
    ["server/settings/settings.ts", "server/somewhere/new.ts"],
  ])("%s may not import %s, whatever it takes", (from, to) => {
    expect(floorBreaches([{ from, to }])).toHaveLength(1);
  });

  test("a file may import what is below it", () => {
    const down = { from: "server/pages/home.ts", to: "server/http/app.ts" };
    expect(floorBreaches([down])).toEqual([]);
  });
});

describe("responder/", () => {
  /** A folder imports folders of lower floors alone, types included; main.ts starts the topmost. */
  const FLOORS = [
    ["process", "network", "runtimes", "artifacts", "project-file", "churn"],
    ["sandbox", "client"],
    ["execution", "checkout", "services"],
    ["command"],
    ["agent"],
    ["main.ts"],
  ];
  const room = (path: string) => path.split("/")[1] ?? "";
  const floorOf = (path: string) => FLOORS.findIndex((rooms) => rooms.includes(room(path)));
  const isOwn = (path: string) => folderOf(path) === "responder";
  const climbs = ({ from, to }: Pick<Import, "from" | "to">) =>
    isOwn(from) && isOwn(to) && room(from) !== room(to) && !(floorOf(to) < floorOf(from));

  test("has its folders on floors", () => {
    expect(files.filter((file) => isOwn(file) && floorOf(file) === -1)).toEqual([]);
    expect(breaches(climbs)).toEqual([]);
  });

  test.each([
    ["responder/network/proxy.ts", "responder/command/job.ts"],
    ["responder/checkout/git.ts", "responder/command/glob.ts"],
    ["responder/checkout/git.ts", "responder/services/start.ts"],
    ["responder/sandbox/place.ts", "responder/main.ts"],
  ])("an import from %s to %s would fail", (from, to) => {
    expect(climbs({ from, to })).toBe(true);
  });
});

test("there are no circles, of types neither", () => {
  expect(circles(imports)).toEqual([]);
  expect(
    circles([
      { from: "one.ts", to: "two.ts" },
      { from: "two.ts", to: "one.ts" },
    ]),
  ).toEqual(["one.ts → two.ts → one.ts"]);
});

test("pages read through their owners: they know no tables and write no queries", () => {
  const tables = ["kysely", "server/database/database.ts", "server/database/schema.ts"];
  expect(
    breaches((one) => one.from.startsWith("server/pages/") && tables.includes(one.to)),
  ).toEqual([]);
});

describe("providers of machines", () => {
  const PROVIDER = /^server\/providers\/([a-z0-9-]+)\//;
  const folder = (path: string) => PROVIDER.exec(path)?.[1];
  /** `cloud-init` is what providers of virtual machines share. */
  const enters = ({ from, to }: Pick<Import, "from" | "to">) => {
    const of = folder(to);
    if (of === undefined || of === folder(from)) return false;
    if (from === "server/providers/registry.ts") return to !== `server/providers/${of}/index.ts`;
    if (from.startsWith("cli/")) return to !== "server/providers/ec2/account/index.ts";
    return !(of === "cloud-init" && folder(from) !== undefined);
  };

  test("are entered by the registry, and by the command line at one face", () => {
    expect(breaches(enters)).toEqual([]);
  });

  test.each([
    ["server/compose.ts", "server/providers/ec2/index.ts"],
    ["server/settings/settings.ts", "server/providers/ec2/settings.ts"],
    ["server/providers/registry.ts", "server/providers/ec2/compute.ts"],
    ["server/providers/local/index.ts", "server/providers/ec2/settings.ts"],
    ["cli/aws/setup.ts", "server/providers/ec2/account/stack/stack.ts"],
  ])("an import from %s to %s would fail", (from, to) => {
    expect(enters({ from, to })).toBe(true);
  });

  test("know nothing of the fleet", () => {
    expect(
      breaches(
        ({ from, to }) => from.startsWith("server/providers/") && to.startsWith("server/fleet/"),
      ),
    ).toEqual([]);
  });
});

test("an exported name stands in one file, where it has its one meaning", () => {
  const twice = [
    // The same thing on two sides that must not import one another, or for two frameworks.
    "DeferredRunnerProps",
    "RefusedError",
    "pageElement",
    "sha256",
    // The words of each language.
    "translation",
    // A language's facts, and how its interpreter waits for code.
    "node",
    "python",
    "ruby",
  ];
  const places = Map.groupBy(
    files.flatMap((file) => namesOf(file).map((name) => ({ file, name }))),
    ({ name }) => name,
  );
  const doubled = [...places]
    .filter(([, found]) => found.length > 1)
    .map(([name, found]) => `${name}: ${found.map(({ file }) => file).join(", ")}`);
  expect(doubled.filter((one) => !twice.includes(one.split(":")[0]!))).toEqual([]);
  expect(doubled).toHaveLength(twice.length);
});

/** Names that a file itself defines and exports. */
function namesOf(file: string): string[] {
  const { module } = parseSync(file, readFileSync(join(ROOT, file), "utf8"));
  const own = module.staticExports.flatMap((one) => one.entries).filter((it) => !it.moduleRequest);
  return [...new Set(own.flatMap(({ exportName }) => exportName.name ?? []))];
}

test("no script lies beside a module that would be compiled to the same name", () => {
  const scripts = files.filter((file) => file.endsWith(".js"));
  expect(scripts.length).toBeGreaterThan(0);
  const taken = scripts.filter((file) => files.includes(file.replace(/\.js$/, ".ts")));
  expect(taken).toEqual([]);
});

test("no folder is named utils, and no dump of types is kept", () => {
  const named = files.filter((file) => /(^|\/)(utils?|helpers?|types?)(\/|\.ts$)/.test(file));
  expect(named).toEqual([]);
});
