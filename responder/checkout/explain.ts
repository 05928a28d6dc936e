import type { GitFailure } from "./git.ts";

/**
 * Meaning of a failed git command. `passing`: a retry may succeed. `refused`: it will fail until someone follows the
 * sentence. `commit_unknown`: the host does not serve this commit by name. `ref_unknown`: there is no such branch or
 * tag. `object_format_differs`: SHA-1 against SHA-256. `repository_moved`: a redirection. Undefined: something else is
 * wrong.
 */
export type Meaning =
  | { readonly is: "passing"; readonly sentence: string }
  | { readonly is: "refused"; readonly sentence: string }
  | { readonly is: "commit_unknown" }
  | { readonly is: "ref_unknown" }
  | { readonly is: "object_format_differs" }
  | { readonly is: "repository_moved" };

const CREDENTIAL =
  "check its address, and the project's repository token or deploy key (deferred projects set)";

const refused = (sentence: string): Meaning => ({ is: "refused", sentence });
const passing = (sentence: string): Meaning => ({ is: "passing", sentence });

/** Tested in this order: git prints several lines, and the first cause counts. */
const MEANINGS: readonly (readonly [RegExp, Meaning])[] = [
  [
    /Host key verification failed|REMOTE HOST IDENTIFICATION/,
    refused(
      "The key of the repository's host is unknown or another than expected: give its lines of ssh-keyscan, once you have checked them, with deferred projects set --known-hosts FILE.",
    ),
  ],
  [
    /error in libcrypto|invalid format|incorrect passphrase/,
    refused(
      "The project's deploy key can't be read: give an OpenSSH private key without a passphrase.",
    ),
  ],
  [
    /IP allow list|ip_allow_list/i,
    refused(
      "The repository's organization allows listed addresses alone, and this machine's is not among them: send machines through a fixed address (a NAT gateway with an Elastic IP) and have it added to the IP allow list.",
    ),
  ],
  [
    /Permission denied \(|Authentication failed|could not read Username|returned error: 40[13]/,
    refused(`The repository's host refuses to give it out: ${CREDENTIAL}.`),
  ],
  [/returned error: 3\d\d|unable to update url base from redirection/, { is: "repository_moved" }],
  [
    /[Rr]epository .*not found|does not appear to be a git repository|returned error: 404|No such file or directory.*repository/s,
    refused(`There is no repository at this address for us: ${CREDENTIAL}.`),
  ],
  [
    /not our ref|Server does not allow request for unadvertised object|remote error: .*(upload-pack|want)/,
    { is: "commit_unknown" },
  ],
  [/couldn't find remote ref/, { is: "ref_unknown" }],
  [/mismatched algorithms/, { is: "object_format_differs" }],
  [
    /SSL certificate problem|server certificate verification failed|certificate verif/,
    refused(
      "The certificate of the repository's host is not one that this machine trusts: have the host's corrected, or the machine's operator set GIT_SSL_CAINFO.",
    ),
  ],
  [
    /Could not resolve host|Temporary failure in name resolution/,
    passing("The name of the repository's host was not found"),
  ],
  [
    /Failed to connect|Couldn't connect|Connection (refused|reset|timed out|closed)|No route to host|Network is unreachable|kex_exchange_identification|Operation timed out|Broken pipe/,
    passing("The repository's host did not answer"),
  ],
  [
    /returned error: (429|5\d\d)|early EOF|RPC failed|unexpected disconnect|the remote end hung up|expected flush|protocol error|TLS|SSL/,
    passing("The repository's host broke off"),
  ],
];

export function explainFailure({ stderr, stalled }: GitFailure): Meaning | undefined {
  if (stalled) return passing("The repository's host said nothing for a minute");
  return MEANINGS.find(([pattern]) => pattern.test(stderr))?.[1];
}
