import { resolve, sep } from "node:path";
import type { Settings } from "../../server/settings/settings.ts";
import { DeferredError } from "../../protocol/deferred-error.ts";
import { CliError } from "../errors/cli-error.ts";

/** Explains why the server did not start and what to do, if the machine is the cause. */
export function explainStartError(error: unknown, settings: Settings): unknown {
  if (!(error instanceof Error)) return error;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  const where = `${settings.host}:${settings.port}`;
  if (code === "EADDRINUSE") {
    return new CliError(`port ${settings.port} is in use by another program`, {
      hint: `PORT=${settings.port + 1} npm start, or deferred serve --port ${settings.port + 1}`,
      cause: error,
    });
  }
  if (code === "EACCES" && syscall === "listen") {
    return new CliError(`this user may not listen on ${where}`, {
      hint: "choose a port of 1024 or above with PORT",
      cause: error,
    });
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new CliError(`HOST ${settings.host} is no address of this machine`, {
      hint: "HOST=127.0.0.1, or 0.0.0.0 for every address",
      cause: error,
    });
  }
  if (code === "ERR_SQLITE_ERROR" && error.message.includes("locked")) {
    return new CliError(`another server uses the data folder ${settings.data}`, {
      hint: "stop it, or set DEFERRED_DATA to another folder",
      cause: error,
    });
  }
  if (code === "ERR_SQLITE_ERROR" && error.message.includes("full")) {
    return new CliError(`the data folder ${settings.data} is on a disk that is full`, {
      hint: "make room there and start again: nothing in it was lost",
      cause: error,
    });
  }
  if (error instanceof DeferredError && error.code === "database_newer") {
    return new CliError(`the data folder ${settings.data} is of a newer release than this one`, {
      hint: "start that release, or one after it; or restore a backup from before",
      cause: error,
    });
  }
  if (error instanceof DeferredError && error.code === "database_pre_release") {
    return new CliError(`the data folder ${settings.data} was made by a pre-release`, {
      hint: "move its deferred.db* away to begin anew with the same keys, or set DEFERRED_DATA to a new folder",
      cause: error,
    });
  }
  if (path?.endsWith("deferred-runner.js")) {
    return new CliError("the element is not built", { hint: "npm run build", cause: error });
  }
  if (path !== undefined && syscall !== undefined && !concerns(settings.data, path)) {
    const missing = code === "ENOENT";
    return new CliError(
      `the server's own file ${path} ${missing ? "is missing" : "can't be read"}`,
      {
        hint: missing
          ? "npm run build makes it in a clone; otherwise install the package again"
          : "let this user read the package's files",
        cause: error,
      },
    );
  }
  const folder: Record<string, string> = {
    EACCES: "may not be written by this user",
    EPERM: "may not be written by this user",
    EROFS: "is on a read-only file system",
    ENOENT: "can't be made there",
    ENOTDIR: "is not a folder",
    EEXIST: "is not a folder",
    ENOSPC: "is on a disk that is full",
  };
  if (code !== undefined && folder[code] !== undefined) {
    return new CliError(`the data folder ${settings.data} ${folder[code]}`, {
      hint:
        code === "ENOSPC"
          ? "make room there and start again: nothing in it was lost"
          : "set DEFERRED_DATA to a folder that this user may write",
      cause: error,
    });
  }
  return error;
}

/** Whether a path is the folder, within it, or above it. */
function concerns(folder: string, path: string): boolean {
  const [inner, outer] = [resolve(folder) + sep, resolve(path) + sep];
  return inner.startsWith(outer) || outer.startsWith(inner);
}
