import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { stat } from "node:fs/promises";
import type { Logger } from "pino";
import { dataFolder, FIRST_PROJECT } from "../../server/settings/data-folder.ts";
import { explainSettings } from "../api/author.ts";
import { examples } from "../command/help.ts";
import { wholeNumber } from "../command/options.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { responderCommand, serverAssets } from "../layout.ts";
import { explainStartError } from "./start-errors.ts";
import { onStopSignal } from "../terminal/stop-signals.ts";
import { trySandbox } from "./try-sandbox.ts";
import { isTerminal, print, printTable } from "../terminal/print.ts";

export function serve(command: Command): CommandUnknownOpts {
  return command
    .description(
      "Settings are environment variables: PORT, HOST, DEFERRED_DATA, DEFERRED_URL, DEFERRED_IDLE_S, … " +
        "docs/self-host.md lists them. A new data folder gets a project local/demo with a key, and the owner's API token " +
        "in the file owner-token. Each start prints a link that signs one browser in.",
    )
    .option("--port <N>", "Port to listen on (default: $PORT or 8080)", wholeNumber(0, 65_535))
    .option("--data <FOLDER>", "Data folder (default: $DEFERRED_DATA or ./data)")
    .addHelpText(
      "after",
      examples("deferred serve", "deferred serve --port 9000 --data /var/lib/deferred"),
    )
    .action(async ({ port, data }) => {
      const env = { ...process.env };
      env["PORT"] = port === undefined ? env["PORT"] : String(port);
      env["DEFERRED_DATA"] = data ?? env["DEFERRED_DATA"];
      await serveUntilStopped(env);
    });
}

async function serveUntilStopped(env: NodeJS.ProcessEnv): Promise<void> {
  const { DEFERRED, readServerSettings, startServer } = await import("../../server/main.ts");
  const settings = explainSettings(() => readServerSettings(env));
  if (settings.provider.sharesHost) await trySandbox();
  const folder = dataFolder(settings.data);
  const isNew = !(await exists(folder.ownerToken));

  const stopped = new Promise<void>((resolve) => void onStopSignal(resolve));
  const options = {
    responder: responderCommand(),
    assets: serverAssets(),
    log: isTerminal("stderr") ? await terminalLog(settings.logLevel) : undefined,
    diskFailed: () => process.exit(EXIT.diskFailed),
  };
  const server = await startServer(settings, options).catch((error: unknown) => {
    throw explainStartError(error, settings);
  });
  // A monitor: the uncaught exception still ends the process.
  process.on("uncaughtExceptionMonitor", server.crashed);
  print(`Deferred Runner is at ${server.url}`);
  // A full disk takes no link; stored results are served all the same.
  const link = await server.signInLink().catch(() => undefined);
  printTable(
    nextSteps({
      url: server.url,
      data: settings.data,
      link: link?.url,
      tokenFile: isNew ? folder.ownerToken : undefined,
      deferred: DEFERRED,
    }),
  );
  await stopped;
  await server.close();
}

/** The link works once. The owner's token is never printed, since journals keep a service's output. */
function nextSteps(about: {
  url: string;
  data: string;
  link: string | undefined;
  /** At the first start. */
  tokenFile: string | undefined;
  /** How this command line is called. */
  deferred: string;
}): string[][] {
  const { url, data, link, tokenFile, deferred } = about;
  return [
    ...(tokenFile === undefined
      ? []
      : [
          ["made", `${data}, with a project ${FIRST_PROJECT} and its key`],
          [
            "token",
            `the owner's is in ${tokenFile}; commands on this machine use it without a login`,
          ],
        ]),
    ["open", `${url} and press Run`],
    [
      "projects",
      link === undefined
        ? `${deferred} sign-in makes a link that signs one browser in; now it could not be stored`
        : `${link} signs one browser in, once, within 15 min`,
    ],
    ...(process.stdin.isTTY
      ? [
          ["sign", `${deferred} sign FILE > block.html (in another terminal)`],
          ["stop", "Ctrl-C"],
        ]
      : []),
  ];
}

/** Loaded on demand, so that other starts stay fast. */
async function terminalLog(level: string): Promise<Logger> {
  return (await import("./terminal-log.ts")).terminalLog(level);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
