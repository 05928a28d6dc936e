import { join } from "node:path";
import type { ServiceName } from "../project-file/project-file.ts";
import { openWayOut, type WayOut } from "./way-out.ts";
import type { ProgramStatus } from "../sandbox/supervisor/supervisor.ts";
import { startService } from "../services/start.ts";
import { refuseSkipped, unwantedBranch } from "./unwanted.ts";
import { restoreCaches } from "./caches.ts";
import { provideRuntimes, provideService } from "./provide.ts";
import { commandEnvironment, programEnvironment } from "./environment.ts";
import { artifactsFolder, passName, type CommitTree } from "./commit-tree.ts";
import type { Job } from "./job.ts";
import { SUCCESS, type StepOptions } from "./steps.ts";
import { runTask } from "./task.ts";
import type { TreeContext } from "./tree-context.ts";

/** State that lasts from one commit of a run to the next: running services and the proxy. */
export interface Session {
  performAt(tree: CommitTree): Promise<ProgramStatus>;
  close(): Promise<void>;
}

export function openSession(job: Job): Session {
  const { work, supervisor, steps, inside, run, files, saved } = job;
  const started = new Map<ServiceName, Readonly<Record<string, string>>>();
  let wayOut: WayOut | undefined;

  const services = async (tree: CommitTree) => {
    for (const wanted of tree.file?.services ?? []) {
      const { name } = wanted;
      if (started.has(name)) continue;
      const { service, programs } = await provideService(wanted, job);
      const template = job.templates.use(service, programs, job.workspace);
      await steps.step("service", `Start ${service.title}`, () =>
        startService(service, programs, supervisor, {
          services: inside.services,
          env: programEnvironment(inside.home),
          template: template && join(inside.share, template),
        }),
      );
      started.set(name, service.variables({ folder: join(inside.services, name) }));
    }
  };

  return {
    async performAt(tree) {
      const { file, cwd, commit, several } = tree;
      refuseSkipped(work, tree);
      const branch = unwantedBranch(work, tree);
      if (branch !== undefined) {
        steps.print(
          `The .deferred-server runs nothing for ${branch}: it is not among its branches.`,
        );
        return SUCCESS;
      }
      if (file?.timeoutS !== undefined) supervisor.shorten(file.timeoutS);
      await provideRuntimes(file?.runtimes ?? [], job);
      await services(tree);
      const networked = work.limits.network && file?.network !== false;
      if (networked) wayOut ??= await openWayOut(job);
      // Where two services share a variable, the first in the file wins.
      const found = Object.assign({}, ...[...started.values()].toReversed()) as Record<
        string,
        string
      >;
      if (networked) Object.assign(found, wayOut?.env);
      const { pass } = tree;
      const inPass = (name: string) => (pass ? `${passName(pass)}: ${name}` : name);
      const at = { commit: several ? commit : undefined, pass: pass?.number };
      const env = commandEnvironment({ run, work, home: inside.home, found }, tree, file);
      const context: TreeContext = {
        job,
        tree,
        env,
        command: (name, argv, { env: more, ignoresFailure } = {}) =>
          steps.step(
            "command",
            inPass(name),
            () => supervisor.run({ argv, cwd, env: { ...env, ...more } }),
            { ...at, outcome: ignoredIf(ignoresFailure) },
          ),
        beside: (name, argv, { env: more, ignoresFailure } = {}) =>
          steps.beside(
            "command",
            inPass(name),
            (write) => {
              const program = { argv, cwd, env: { ...env, ...more }, folder: inside.services };
              return supervisor.runBeside(program, write);
            },
            { ...at, outcome: ignoredIf(ignoresFailure) },
          ),
        async skip(name, reason) {
          await steps.step(
            "command",
            inPass(name),
            async () => steps.print(`Skipped: ${reason}.`),
            {
              ...at,
              outcome: () => "skipped",
            },
          );
        },
      };
      const caches = await restoreCaches(job, tree);
      files.expect(tree);
      const status = await runTask(context);
      if (artifactsFolder(tree) !== undefined) await files.add(tree);
      // Of several work trees only the last one's caches are saved: they would replace each other.
      if (status.exitCode === 0 && tree.last) saved.push(...(await caches.save()));
      return status;
    },
    close: async () => wayOut?.close(),
  };
}

function ignoredIf(ignoresFailure = false): StepOptions["outcome"] {
  return ({ exitCode }) => (ignoresFailure && exitCode !== 0 ? "ignored" : undefined);
}
