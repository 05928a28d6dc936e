import { japaneseServer } from "./ja-server.ts";
import type { Translation } from "./words.ts";

const limit = (kib: string) => `出力の上限 ${kib}\u00a0KiB を超えたため`;

export const translation: Translation = {
  page: {
    run: "実行",
    stop: "停止",
    named: (text, block) => `${text}：${block}`,
    block: "実行できるコード",
    waiting: "待機中…",
    offline: "この端末はオフラインです。",
    unreachable: "サーバーに接続できません。",
    tryingAgain: "再試行しています。リクエストは保持されています。",
    canceled: "実行は取り消されました。",
  },
  features: {
    recorded: "ページに記録された出力です。",
    runAgain: "もう一度実行",
    edit: "編集",
    pressAgain: (button) => `サーバーに接続できません。もう一度［${button}］を押してください。`,
    mayReach: (hosts) => `接続先：${hosts}`,
    internet: "インターネット",
  },
  units: { s: "秒", min: "分", h: "時間", d: "日" },
  editor: {
    code: "コード",
    restore: "元に戻す",
    undoRestore: "元に戻すのを取り消す",
    changed: "変更済み",
    keys: (command) =>
      `Tab でインデント、Escape でエディターを出ます。${command}+Enter で実行します。`,
    resultOf: {
      change: "変更したコードの結果です。",
      otherChange: "上のコードではなく、以前の変更の結果です。",
      author: "変更前の元のコードの結果です。",
    },
  },
  inputs: {
    fault: (fault) => {
      switch (fault.fault) {
        case "missing":
          return "値が必要です。";
        case "not_whole":
          return "整数を入力してください。";
        case "not_number":
          return "数値を入力してください。";
        case "not_boolean":
          return "真か偽を選んでください。";
        case "not_text":
          return "文字列を入力してください。";
        case "holds_nul":
          return "NUL 文字は使えません。";
        case "holds_surrogate":
          return "不完全な文字は使えません。";
        case "not_listed":
          return `次のいずれかを選んでください: ${fault.values.join(", ")}。`;
        case "too_long":
          return `最大 ${fault.maxBytes} バイトです。`;
        case "too_small":
          return `${fault.min} 以上にしてください。`;
        case "too_large":
          return `${fault.max} 以下にしてください。`;
        default:
          return fault satisfies never;
      }
    },
    between: (min, max) => `${min}～${max}`,
    least: (min) => `${min} 以上`,
    most: (max) => `${max} 以下`,
    whole: "整数",
    mostBytes: (bytes) => `最大 ${bytes} バイト`,
    counted: (bytes, most, characters) =>
      bytes === characters
        ? `${bytes} / ${most} バイト`
        : `${bytes} / ${most} バイト、${characters} 文字`,
    emptied: (value) => `空欄の場合は ${value} を使います。`,
    total: "入力は合計で 32\u00a0KiB を超えています。",
  },
  runAll: {
    runAll: "すべて実行",
    stop: "停止",
    running: (number, of, name) => `${of} 件中 ${number} 件目を実行中: ${name}`,
    done: (of) => `${of} 件すべて成功しました。`,
    failed: (name, succeeded, of) =>
      `${name} で停止しました。${of} 件中 ${succeeded} 件が成功しました。`,
    stopped: (succeeded, of) => `停止しました。${of} 件中 ${succeeded} 件が成功しました。`,
    none: "実行できるブロックがありません。",
    goTo: "移動する",
  },
  run: ({ number }) => ({
    stop: "。",
    space: "",
    waking: {
      state: "使用できるサーバーがないため、起動しています",
      elsewhere: "同じサーバーを待っています",
      phase: {
        requested: "サーバーを要求中",
        starting: "起動を開始",
        booting: "起動中",
        setting_up: "設定中",
        ready: "準備完了",
      },
      step: (phase, step, of, name) => `${phase} ${step}/${of}：${name}`,
      usual: (from, to) => `通常は ${from}～${to}かかります。`,
      usually: (time) => `通常は ${time}かかります。`,
      left: (wait) => `あと約 ${wait}です。`,
      leftOfMost: (wait) => `通常より時間がかかっています。多くの場合、あと ${wait}以内です。`,
      longer: (most) => `通常より時間がかかっています。起動の 9 割は ${most}以内です。`,
      longest: "起動の 9 割より長くかかっています。",
    },
    running: "コードを送信し、結果を待っています",
    retrying: "元のリクエストを再試行しています",
    attempt: (attempt, of) => `${of} 回中 ${attempt} 回目`,
    retryIn: (wait) => `${wait}後に再試行します。`,
    retryNow: "再試行しています。",
    askIn: (wait) => `${wait}後に再試行します。リクエストは保持されています。`,
    place: (position) =>
      position === 1 ? "次に実行されます。" : `順番待ちの ${number(position)} 番目です。`,
    stopping: "停止しています。",
    notHeard:
      "前回の実行を見るには後でこのページを開き直してください。新しく実行するには［実行］を押してください。",
    notRun: "実行されませんでした。",
    ended: {
      status: (status, time) => `終了ステータス ${status} で終了しました${within(time)}。`,
      signal: (signal, time) => `シグナル ${signal} で終了しました${within(time)}。`,
      plain: (time) => `終了しました${within(time)}。`,
      stopped: (time) => `停止されました${within(time)}。`,
    },
    limit: (figure) => `上限は ${figure} です。署名する人がより高い上限を設定できます。`,
    left: "この実行から離れました。",
    goesOn: "ほかの人が待っているため、実行は続きます。",
    advice: {
      tryAgain: "コードの問題ではありません。［実行］を押して再試行してください。",
      laterMachines:
        "コードの問題ではありません。数分後、マシンが空いてから［実行］を押してください。",
      laterBudget: "コードの問題ではありません。00:00 UTC 以降にまた実行できます。",
      mayHaveRun:
        "一部が実行された可能性があります。二度実行しても問題がない場合だけ［実行］を押してください。",
      signAgain:
        "再実行しても解決しません。このサーバーにあるランタイムを指定して署名し直す必要があります。",
      operator: "サーバーの管理者が修正するまで、再実行しても解決しません。",
    },
    stored: {
      age: (ago) => `${ago}の結果です。`,
      answers: "保存されていた結果です。［もう一度実行］で新しい結果を作成します。",
      until: "新しい結果が届くまで、前回の結果を表示します。",
      noNewer: "新しい結果は届きませんでした。",
    },
    output: {
      name: "出力",
      none: "プログラムは何も出力しませんでした。",
      unread: "ここでは出力全体を表示できません。全体は保存された結果にあります。",
      dropped: (size) => `以前の出力 ${size} はこのページから除かれました。`,
      droppedAndCut: (size, lost, kib) =>
        `以前の出力 ${size} はこのページから除かれ、${limit(number(kib))} ${lost} が省略されました。`,
      cut: (size, kib) => `${limit(number(kib))}、ここで ${size} が省略されました。`,
      all: "すべて表示",
      first: (size) => `最初の ${size} を表示`,
      wrap: "行を折り返す",
      copy: "コピー",
      copied: "コピーしました",
      fullScreen: "全画面表示",
      leaveFullScreen: "全画面表示を終了",
      goToLine: "コードのこの行を表示",
      inSetUp: (line) =>
        `エラーは、このページに表示されていない準備コードの ${line} 行目にあります。`,
      linesOffPaper: (count) =>
        `残りの ${number(count)} 行は印刷されません。すべては保存された結果にあります。`,
      rowsOffPaper: (count) =>
        `表の残りの ${number(count)} 行は印刷されません。すべては保存された結果にあります。`,
      allRows: (rows) => `${number(rows)} 行すべてを表示`,
      noTable: "表として署名されていますが、表として表示できません。",
    },
    files: {
      name: "ファイル",
      left: (count, files, mib) =>
        `ほかに ${number(count)} 個のファイルが省略されました。上限（${number(files)} 個または ${number(mib)}\u00a0MiB）を超えたか、通常のファイルではありません。`,
    },
    spoken: {
      lines: (count) => `出力は ${number(count)} 行です。`,
      linesSoFar: (count) => `これまでの出力は ${number(count)} 行です。`,
      files: (count) => `ファイルは ${number(count)} 個です。`,
      error: (line) => `エラー：${line}`,
      changed: "変更したコードの結果です。",
    },
    technical: "エラーコード",
    resultLink: "保存された結果",
    server: japaneseServer,
  }),
};

function within(time: string | undefined): string {
  return time === undefined ? "" : `（${time}）`;
}
