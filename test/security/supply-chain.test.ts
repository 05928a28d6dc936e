import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

interface Locked {
  version: string;
  integrity?: string;
  resolved?: string;
  license?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  hasInstallScript?: boolean;
}

const read = (path: string): unknown => JSON.parse(readFileSync(join(ROOT, path), "utf8"));
const manifest = read("package.json") as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  allowScripts: Record<string, boolean>;
};
const { packages } = read("package-lock.json") as { packages: Record<string, Locked> };
const locked = Object.entries(packages)
  .filter(([path]) => path !== "")
  .map(([path, one]) => ({ name: path.replace(/^.*node_modules\//, ""), ...one }));

/** Tools whose programs for other systems npm locks by version alone where it could not load them. */
const TOOLS = /^@(oxc-parser|oxfmt|oxlint|oxlint-tsgolint)\/(binding-)?[a-z0-9-]+$/;

test("what is installed is what was locked: every package has its SHA-512", () => {
  expect(locked.length).toBeGreaterThan(400);
  const without = locked.filter(({ integrity }) => !integrity?.startsWith("sha512-"));
  // None of these is part of what is shipped, and none is installed on x86-64 or ARM with glibc.
  const others = without.filter(
    ({ name, dev, optional, os }) =>
      dev === true && optional === true && os !== undefined && TOOLS.test(name),
  );
  expect(without.filter((one) => !others.includes(one)).map(({ name }) => name)).toEqual([]);
});

test("every package comes from the registry that npm is set to, by its exact version", () => {
  expect(locked.filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test("no package runs a script at its installation but those that were decided on", () => {
  const decided = Object.keys(manifest.allowScripts).toSorted();
  const said = locked.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name);
  expect(said.toSorted()).toEqual(decided);
  // What the lock says is the registry's word: the packages themselves are asked as well.
  const installed = globSync(
    [
      "node_modules/*/package.json",
      "node_modules/@*/*/package.json",
      "node_modules/**/node_modules/*/package.json",
    ],
    { cwd: ROOT },
  );
  const running = installed.filter((path) => {
    const { scripts = {} } = read(path) as { scripts?: Record<string, string> };
    return ["preinstall", "install", "postinstall"].some((name) => name in scripts);
  });
  const names = running.map((path) => path.replace(/^.*node_modules\/(.+)\/package\.json$/, "$1"));
  expect([...new Set(names)].filter((name) => !decided.includes(name))).toEqual([]);
  expect(installed.length).toBeGreaterThan(300);
});

test("what is shipped is under licences that ask for no more than their text", () => {
  const asked = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0"];
  const installed = locked
    .filter(({ dev }) => !dev)
    .map(({ name, license = "" }) => [name, license]);
  // Each line that names a package that a bundle has in it.
  const bundled = globSync("dist/*/THIRD-PARTY-LICENSES", { cwd: ROOT }).flatMap((file) =>
    [...readFileSync(join(ROOT, file), "utf8").matchAll(/^(\S+) \d+\.\d+\.\d+\S* \((.+)\)$/gm)].map(
      ([, name = "", license = ""]) => [name, license],
    ),
  );
  const others = [...installed, ...bundled].filter(
    ([, license = ""]) => ![...asked, "Unlicense"].includes(license),
  );
  expect(others).toEqual([]);
  expect(bundled.length).toBeGreaterThan(50);
});
