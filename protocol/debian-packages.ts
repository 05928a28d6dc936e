import { RUNTIME_FACTS, RUNTIMES, type RuntimeName } from "./runtimes.ts";

/** Services and tools that a project may request. */
const OTHERS = {
  postgresql: ["postgresql"],
  redis: ["redis-server"],
  mysql: ["mariadb-server"],
  memcached: ["memcached"],
  git: ["git", "openssh-client"],
  "git-lfs": ["git-lfs"],
  ctags: ["universal-ctags"],
} as const;

export type PackageName = keyof typeof OTHERS | RuntimeName;

/** Debian packages of everything that a project may have installed on a machine of the server. */
export const PACKAGES: Readonly<Record<PackageName, readonly string[]>> = {
  ...OTHERS,
  ...(Object.fromEntries(
    RUNTIMES.map((name) => {
      const { project, packages } = RUNTIME_FACTS[name];
      return [name, project?.packages ?? packages];
    }),
  ) as Record<RuntimeName, readonly string[]>),
};
