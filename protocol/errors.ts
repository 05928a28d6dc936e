/**
 * Every error of the API: one stable code, one HTTP status, and one sentence that says what to do next. A
 * problem document's `detail` may add the facts of the case.
 */
export const ERRORS = {
  // The request itself.
  body_not_json: [400, "The body is not JSON: send one JSON object."],
  body_invalid: [422, "The body does not have the form this call takes: see the detail."],
  body_too_large: [413, "The body is larger than this call takes: send less."],
  body_too_slow: [408, "The body came too slowly: send it again over a faster line."],
  content_type_unsupported: [415, "Send the body with Content-Type: application/json."],
  query_invalid: [400, "The query does not have the form this call takes: see the detail."],
  header_invalid: [400, "A header does not have the form this call takes: see the detail."],
  not_found: [404, "There is nothing at this address: check the path."],
  method_not_allowed: [405, "This address does not take this method: see the Allow header."],
  idempotency_key_reused: [
    422,
    "This Idempotency-Key was sent with another body: use a new key for a new request.",
  ],

  // A signed block.
  code_too_large: [413, "The code is over 256 KiB: make the block smaller."],
  code_empty: [422, "The block has no code: put the program into its code element."],
  code_unacceptable: [
    422,
    "The code holds a character that no block may hold: remove it and sign the block again.",
  ],
  token_too_large: [413, "The token is over 16 KiB: sign the block with fewer claims."],
  token_malformed: [400, "The block is not a signed token: paste the whole tag that sign printed."],
  token_type_wrong: [
    422,
    "The token is not a block's: its typ has to be deferred-block+jwt. Sign the block again.",
  ],
  token_algorithm_refused: [
    422,
    "The token's algorithm is refused: sign the block with an Ed25519 or P-256 key.",
  ],
  token_claims_invalid: [422, "The token's claims are not those of a block: sign the block again."],
  key_unknown: [
    403,
    "This server does not know the key that signed the block: its author has to register the key.",
  ],
  key_revoked: [403, "The key that signed the block was revoked: its author has to sign it again."],
  signature_invalid: [
    403,
    "The token was changed after it was signed. It was not run: its author has to sign it again.",
  ],
  code_mismatch: [403, "The code on this page is not the code its author signed. It was not run."],
  part_missing: [
    422,
    "The block builds on other code, which did not come with it: put those blocks on the same page.",
  ],
  part_mismatch: [
    403,
    "The code that the block builds on is not the code its author signed. It was not run.",
  ],
  file_missing: [
    422,
    "A file of the block is missing: paste the whole tag that sign printed, or publish it again with its files.",
  ],
  file_mismatch: [403, "A file of the block is not the file its author signed. It was not run."],
  files_too_large: [413, "The files are larger than a block may have: sign it with smaller ones."],
  block_expired: [403, "The block has expired: its author has to sign it again."],
  block_not_yet_valid: [403, "The block was signed in the future: check the clocks and try again."],
  block_revoked: [403, "The block was taken back by its author. It was not run."],
  audience_wrong: [
    403,
    "The block was signed for another server: point the page at that server or sign it for this one.",
  ],
  origin_refused: [403, "The block may not be run from this page: its author named other pages."],
  network_edit_refused: [
    403,
    "A block that readers may edit may not use the network: its author has to drop one of the two.",
  ],
  network_refused: [
    403,
    "The project does not let its blocks reach what this one asks for: its owner may allow it with deferred projects set --block-network.",
  ],
  runtime_unknown: [422, "This server has no such runtime: sign the block with one that it has."],
  input_invalid: [422, "An input is not what the block takes: see the detail."],
  gist_not_found: [404, "There is no such gist: it was deleted, or its address is wrong."],
  gist_private: [403, "GitHub does not let this server read the gist: make it public."],
  gist_file_not_found: [404, "The gist has no such file: name one of its signed files."],
  gist_unsigned: [
    422,
    "The gist has no signature beside the file: add the one that deferred sign --gist makes.",
  ],
  gist_limited: [503, "GitHub answers no more requests of this server for now: try again later."],
  gist_unavailable: [502, "GitHub can't be reached: try again in a minute."],
  block_not_found: [
    404,
    "There is no such block here: check its address, or list the project's blocks.",
  ],
  block_unpublished: [410, "The author took this block's page away."],
  block_not_own: [403, "The block was signed by another project: publish it under that one."],
  format_unsupported: [501, "The server does not know this format: ask for json or xml."],
  blocks_full: [
    409,
    "The project has published as many blocks as it may: unpublish one, then try again.",
  ],
  wake_refused: [403, "The block names no origins, so it may not wake a machine ahead of a run."],

  // Runs.
  run_unasked: [
    403,
    "Prefetching and crawlers make no run. A program that is neither calls itself by another name.",
  ],
  nothing_to_take_over: [409, "No combination went well before: run all of it again."],
  run_not_found: [404, "There is no run with this id here: check the id, or run it again."],
  run_expired: [410, "The run was removed after its time, with all it left: run it again."],
  run_not_finished: [404, "The run has not ended yet: ask again in a moment or follow its events."],
  cancel_token_wrong: [
    403,
    "This is not the run's cancel token: only who started it may leave it.",
  ],
  upload_refused: [403, "The upload is not what was announced: start the attempt's upload again."],
  file_not_found: [404, "There is no such file here: it may have been removed after its time."],

  // Responders.
  responder_token_missing: [401, "Responder calls need a responder's token: register first."],
  responder_token_wrong: [401, "This token is no longer a responder's: register again."],
  registration_refused: [
    403,
    "This launch is unknown or belongs to another key: stop the machine.",
  ],
  protocol_version_wrong: [409, "The responder is of another version: take the server's bundle."],
  attempt_over: [
    409,
    "This attempt is not this responder's any more: stop it and drop its output.",
  ],
  attempt_not_held: [403, "This attempt belongs to another machine: drop it."],
  machine_leaving: [410, "The machine is to go away: finish what runs, then stop."],
  work_waiting: [
    409,
    "Runs are waiting for this pool, or it keeps machines awake: claim before leaving.",
  ],
  machine_not_found: [404, "There is no such machine here: list them to see those there are."],
  machine_refused: [
    409,
    "The machine's state or the server's limits do not allow this: see the detail.",
  ],
  machine_setting_refused: [422, "Machines of this server can't be made so: see the detail."],

  // The author's own calls.
  token_missing: [401, "This call needs an API token: send it as Authorization: Bearer …"],
  token_wrong: [401, "This API token is not known here: check it or make a new one."],
  token_scope_low: [403, "This API token may not do that: use one that may."],
  session_missing: [401, "You are not signed in: sign in, then send the form again."],
  role_low: [403, "Your role in this project may not do that: ask one of its owners."],
  member_not_found: [404, "The project has no such member: list its members to see those it has."],
  last_owner: [409, "A project keeps an owner: make somebody else one first."],
  invitation_not_found: [
    404,
    "This invitation was used, withdrawn or is too old: ask for another.",
  ],
  invitations_full: [409, "The project has 100 open invitations: withdraw some, then try again."],
  user_not_found: [404, "There is no such user here: list them to see those there are."],
  owner_needed: [409, "The server's owner stays: only other users can be removed."],
  session_not_found: [404, "There is no such session here: list them to see those there are."],
  authorization_pending: [400, "The login waits for its approval: ask again in a few seconds."],
  slow_down: [400, "The login was asked about too often: ask again after the interval."],
  access_denied: [403, "The login was denied in the browser."],
  expired_token: [400, "The login was not approved in time: start it again."],
  proof_needed: [
    403,
    "This takes a fresh proof that it is you: prove it, then send the form again.",
  ],
  api_token_not_found: [404, "There is no such API token here: list them to see those there are."],
  project_not_found: [404, "There is no such project here, or the token is not for it."],
  key_not_found: [404, "The project has no such key: list its keys to see those it has."],
  key_exists: [409, "The project already has this key: nothing was changed."],
  key_unusable: [422, "Keys are public Ed25519 or P-256 JWKs: send one, without its private part."],

  project_exists: [
    409,
    "There is or was a project of this name: choose another, names are not reused. A removed one can be restored for seven days.",
  ],
  owner_part_taken: [409, "Others' projects have this part before the slash: choose another."],
  project_limit: [
    409,
    "You own as many projects as a person may make, removed ones included: ask the server's owner.",
  ],
  project_purged: [
    410,
    "The project was removed more than seven days ago: its secrets are gone, and its name is not reused.",
  ],
  project_needed: [409, "The server's own examples are signed by this project: it stays."],
  project_without_repository: [
    409,
    "The project has no repository: set one with deferred projects set --repo URL.",
  ],
  repository_refused: [422, "This server does not fetch from such an address: see the detail."],
  github_refused: [422, "GitHub did not take what the server asked of it: see the detail."],
  github_unavailable: [503, "GitHub can't be reached: try again in a minute."],
  run_not_a_command: [409, "This run is a block's: use the cancel token that its start returned."],
  commit_not_found: [404, "The project has no such commit here: push it, or run something at it."],
  sign_in_link_wrong: [
    403,
    "This sign-in link was used or is too old: make another with deferred sign-in.",
  ],
  passkey_refused: [403, "The passkey was not accepted: try again, or sign in another way."],

  // Webhooks.
  hook_not_found: [404, "There is no such webhook: take its URL from deferred projects show."],
  hook_signature_missing: [
    401,
    "The delivery is not signed: enter the project's hook secret where it is sent from.",
  ],
  hook_signature_wrong: [
    401,
    "The signature does not fit the body: enter the project's hook secret where it is sent from.",
  ],
  delivery_not_found: [404, "There is no such delivery here: list the project's deliveries."],
  delivery_not_replayable: [409, "This delivery asked for nothing that could be done again."],

  // Limits.
  rate_limited: [429, "Too many requests: try again after the time in Retry-After."],
  project_queue_full: [
    429,
    "Too many runs of this project wait already: try again after the time in Retry-After.",
  ],
  queue_full: [503, "Too many runs wait already: try again after the time in Retry-After."],

  // Ours.
  sealed_otherwise: [
    503,
    "The project's secrets were sealed under another master key: start the server with that key, or set them anew.",
  ],
  overloaded: [503, "The server has too much to do: try again after the time in Retry-After."],
  storage_unavailable: [
    503,
    "The server can't store anything right now: try again after the time in Retry-After.",
  ],
  internal: [500, "The server failed; the fault was recorded. Try again in a moment."],
} as const satisfies Record<string, readonly [status: number, sentence: string]>;

export type ErrorCode = keyof typeof ERRORS;

/** An RFC 9457 problem document. */
export interface Problem {
  /** URL that explains the code. */
  type: string;
  /** The code's sentence. */
  title: string;
  status: number;
  code: ErrorCode;
  /** The facts of this case. */
  detail?: string;
}
