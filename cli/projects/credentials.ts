import { UsageError } from "../errors/cli-error.ts";
import { readInputText } from "../terminal/read-text.ts";

/** Names of files, or `-` for standard input: others can read a command line. */
export interface CredentialOptions {
  deployKey?: string | undefined;
  knownHosts?: string | undefined;
  tokenFile?: string | undefined;
  githubTokenFile?: string | undefined;
  forgeTokenFile?: string | undefined;
  githubApp?: string | undefined;
  githubAppKey?: string | undefined;
}

/** The credentials that the options name, and no others. Throws `CliError`. */
export async function readCredentials(
  options: CredentialOptions,
): Promise<Record<string, string | { id: string; private_key: string }>> {
  const { deployKey, knownHosts, tokenFile, githubTokenFile, forgeTokenFile } = options;
  const { githubApp, githubAppKey } = options;
  if ((githubApp === undefined) !== (githubAppKey === undefined)) {
    throw new UsageError("--github-app ID and --github-app-key FILE go together");
  }
  const files = [deployKey, knownHosts, tokenFile, githubTokenFile, forgeTokenFile, githubAppKey];
  if (files.filter((file) => file === "-").length > 1) {
    throw new UsageError("standard input can be read for one option only");
  }
  const trim = (text: string) => text.trim();
  return {
    // An OpenSSH key ends in a line end, a token has none.
    ...(deployKey === undefined ? {} : { deploy_key: await readInputText(deployKey) }),
    ...(knownHosts === undefined ? {} : { known_hosts: await readInputText(knownHosts) }),
    ...(tokenFile === undefined ? {} : { repository_token: trim(await readInputText(tokenFile)) }),
    ...(githubTokenFile === undefined
      ? {}
      : { github_token: trim(await readInputText(githubTokenFile)) }),
    ...(forgeTokenFile === undefined
      ? {}
      : { forge_token: trim(await readInputText(forgeTokenFile)) }),
    ...(githubApp === undefined || githubAppKey === undefined
      ? {}
      : { github_app: { id: githubApp, private_key: await readInputText(githubAppKey) } }),
  };
}
