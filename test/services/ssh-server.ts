import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";

const run = promisify(execFile);

export interface SshServer {
  /** Of a repository at an absolute path. */
  url(path: string): string;
  /** A private key that it lets in, and one that it does not. */
  key: string;
  otherKey: string;
  /** Lines for `known_hosts`. */
  knownHosts: string;
  close(): Promise<void>;
}

/** OpenSSH's own server on a port of its own, which lets its user fetch by one key. `folder` is its own. */
export async function startSshServer(folder: string): Promise<SshServer> {
  await mkdir("/run/sshd", { recursive: true });
  const keyFile = (name: string) => join(folder, name);
  for (const name of ["host", "deploy", "other"]) {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", keyFile(name)]);
  }
  await writeFile(keyFile("authorized"), await readFile(keyFile("deploy.pub")));
  await chmod(folder, 0o755);
  const port = Number(await freePort());
  const settings = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${keyFile("host")}`,
    `AuthorizedKeysFile ${keyFile("authorized")}`,
    "PasswordAuthentication no",
    "PermitRootLogin prohibit-password",
    "StrictModes no",
    "UsePAM no",
    "PidFile none",
  ];
  await writeFile(keyFile("sshd_config"), `${settings.join("\n")}\n`);
  const args = ["-D", "-e", "-f", keyFile("sshd_config")];
  const server = spawn("/usr/sbin/sshd", args, { stdio: "ignore" });
  const isUp = () =>
    new Promise<true | undefined>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(undefined));
      socket.once("connect", () => socket.destroy());
    });
  await eventually(isUp);
  const [type, hostKey] = (await readFile(keyFile("host.pub"), "utf8")).split(" ");
  return {
    url: (path) => `ssh://${userInfo().username}@127.0.0.1:${port}${path}`,
    key: await readFile(keyFile("deploy"), "utf8"),
    otherKey: await readFile(keyFile("other"), "utf8"),
    knownHosts: `[127.0.0.1]:${port} ${type} ${hostKey}\n`,
    async close() {
      server.kill();
      await once(server, "close");
    },
  };
}
