/** One import between files of the project, paths from the root. */
export interface FileImport {
  from: string;
  to: string;
}

/**
 * The floors of server/, from the ground up: a file imports from its own folder and from floors below, never
 * from beside or above. `providers` is the interface of providers, `providers/*` are the providers themselves.
 */
const SERVER_FLOORS: readonly (readonly string[])[] = [
  ["settings", "logs"],
  ["database", "mail"],
  ["http"],
  ["storage"],
  ["accounts"],
  ["projects"],
  ["runs"],
  ["commands", "providers"],
  ["hooks", "notices", "fleet", "gists"],
  ["responders"],
  ["operate"],
  ["pages"],
  ["providers/*"],
  ["providers/registry.ts"],
  ["compose.ts"],
  ["main.ts"],
];

/** The folder of server/ that a file belongs to, or the file itself; undefined outside of server/. */
function roomOf(path: string): string | undefined {
  const [top, room, ...rest] = path.split("/");
  if (top !== "server") return undefined;
  if (path === "server/providers/registry.ts") return "providers/registry.ts";
  return room === "providers" && rest.length > 1 ? "providers/*" : room;
}

/** Imports of server/ that do not lead down, each as a sentence; a folder without a floor is one as well. */
export function floorBreaches(imports: readonly FileImport[]): string[] {
  const floorOf = (room: string) => SERVER_FLOORS.findIndex((floor) => floor.includes(room));
  return imports.flatMap(({ from, to }) => {
    const [above, below] = [roomOf(from), roomOf(to)];
    if (above === undefined || below === undefined) return [];
    const unknown = [above, below].find((room) => floorOf(room) === -1);
    if (unknown !== undefined) return [`server/${unknown} has no floor`];
    if (above === "providers/*" && below === above) return acrossProviders(from, to);
    if (above === below || floorOf(above) > floorOf(below)) return [];
    return [`${from} imports ${to}`];
  });
}

/** Providers share cloud-init, and nothing else. */
function acrossProviders(from: string, to: string): string[] {
  const [own, other] = [from.split("/")[2], to.split("/")[2]];
  return own === other || other === "cloud-init" ? [] : [`${from} imports ${to}`];
}

/** The files that name an implementation of database or storage, or a provider. */
const ROOTS = [
  "server/compose.ts",
  "server/operate/own-machine.ts",
  "server/providers/registry.ts",
];

/** Imports of an implementation from elsewhere than a composition root, each as a sentence. */
export function implementationBreaches(imports: readonly FileImport[]): string[] {
  const isImplementation = (path: string) =>
    /^server\/database\/(sqlite|postgres)\b/.test(path) ||
    /^server\/storage\/(fs|s3)\b/.test(path) ||
    roomOf(path) === "providers/*";
  return imports
    .filter(({ from, to }) => from.startsWith("server/") && isImplementation(to))
    .filter(({ from, to }) => !ROOTS.includes(from) && folderOf(from) !== folderOf(to))
    .map(({ from, to }) => `${from} imports ${to}`);
}

function folderOf(path: string): string {
  const room = roomOf(path);
  return room === "providers/*" ? "server/providers" : `server/${room}`;
}

/** Circles of imports, each written as its files in a row. */
export function circles(imports: readonly FileImport[]): string[] {
  const next = Map.groupBy(imports, ({ from }) => from);
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(" → "));
    if (path.includes(file) || done.has(file)) return;
    for (const { to } of next.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return found;
}
