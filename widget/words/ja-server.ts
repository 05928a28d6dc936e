import type { ServerWords } from "./server-words.ts";

/** What the server says, in Japanese. */
export const japaneseServer: ServerWords = {
  steps: {
    "system packages": "システムパッケージ",
    Node: "Node",
    languages: "プログラミング言語",
    responder: "実行エージェント",
  },
  markets: { spot: "スポットインスタンス", "on-demand": "オンデマンドインスタンス" },
  problems: {
    answer_blocked: "サーバーは応答していますが、このページからは応答を読み取れません。",
    answer_unreadable:
      "このアドレスは Deferred Runner のサーバーではありません。ページで正しいサーバーを指定する必要があります。",
    audience_wrong: "このコードは別のサーバー用に署名されています。",
    block_expired: "署名の有効期限が切れています。コードに署名し直す必要があります。",
    block_not_yet_valid: "署名の日時が未来です。時計を確認して、もう一度お試しください。",
    block_revoked: "このコードは取り下げられました。実行されていません。",
    code_empty: "実行するコードがありません。",
    code_mismatch: "このページのコードは署名されたコードと異なります。実行されていません。",
    code_too_large: "コードが 256\u00a0KiB を超えています。短くしてください。",
    code_unacceptable: "コードに使用できない文字があります。削除してください。",
    idempotency_key_reused:
      "このリクエストは別の内容で送信済みです。もう一度［実行］を押してください。",
    input_invalid: "入力値が正しくありません。変更してください。",
    internal: "サーバーでエラーが発生しました。しばらくしてからもう一度お試しください。",
    key_revoked: "署名の鍵が失効しています。コードに署名し直す必要があります。",
    key_unknown: "このサーバーは署名の鍵を認識していません。鍵を登録する必要があります。",
    network_edit_refused: "ここで編集できるコードは、ネットワークを使用できません。",
    network_refused: "このコードが要求する接続先は、プロジェクトで許可されていません。",
    origin_refused: "このコードは、このページからは実行できません。",
    overloaded: "サーバーが混み合っています：後でもう一度お試しください。",
    project_queue_full: "このプロジェクトの順番待ちがいっぱいです：後でもう一度お試しください。",
    queue_full: "順番待ちがいっぱいです：後でもう一度お試しください。",
    rate_limited: "リクエストが多すぎます：後でもう一度お試しください。",
    run_expired: "この実行は保存期間が過ぎたため削除されました。もう一度実行してください。",
    run_not_found: "この実行は見つかりません。もう一度実行してください。",
    runtime_unknown: "コードが要求するランタイムは、このサーバーにありません。",
    signature_invalid:
      "署名が正しくありません。実行されていません。コードに署名し直す必要があります。",
    storage_unavailable: "サーバーは現在データを保存できません：後でもう一度お試しください。",
    token_algorithm_refused:
      "署名のアルゴリズムが受け付けられません。コードに署名し直す必要があります。",
    token_claims_invalid: "署名が不完全です。コードに署名し直す必要があります。",
    token_malformed: "署名が壊れています。コードを貼り付け直す必要があります。",
    token_too_large: "署名が 16\u00a0KiB を超えています。コードに署名し直す必要があります。",
    token_type_wrong: "コードの署名ではありません。コードに署名し直す必要があります。",
  },
  reasons: {
    boot_failed: "マシンが起動しませんでした。",
    budget_spent: "本日のマシン使用時間を使い切りました。",
    canceled: "実行は取り消されました。",
    cpu_time: "CPU 時間の上限を超えたため、プログラムは停止されました。",
    file_unavailable: "サーバーに、作者が署名したとおりのファイルがありません。",
    handed_back: "マシンは停止する必要があり、実行を返却しました。",
    launch_failed: "マシンを起動できませんでした。",
    launch_refused:
      "サーバーにマシンを起動する権限がありません。管理者がログを確認する必要があります。",
    lease_lapsed: "サーバーとマシンの接続が切れました。",
    machine_gone: "マシンがなくなりました。",
    memory: "メモリの上限を超えたため、プログラムは停止されました。",
    no_capacity: "現在使用できるマシンがありません。",
    not_heard: "マシンが実行を受け取りませんでした。",
    not_repeatable: "マシンが失われました。このコードは二度実行できません。",
    quota_reached: "サーバーのマシン数が、アカウントの上限に達しています。",
    runtime_not_installed: "このコードが要求するランタイムは、どのマシンにもありません。",
    sandbox_failed: "マシンでサンドボックスを準備できませんでした。",
    sandbox_missing:
      "マシンに使用できるサンドボックスがありません。サーバーの管理者がインストールする必要があります。",
    taken_back: "プロバイダーがマシンを回収しました。",
    upload_failed: "ファイルを保存できませんでした。",
    wall_time: "時間の上限を超えたため、プログラムは停止されました。",
  },
  status: (status) =>
    `サーバーが予期しないステータス ${status} を返しました。後でもう一度お試しください。`,
};
