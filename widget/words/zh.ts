import { chineseServer } from "./zh-server.ts";
import type { Translation } from "./words.ts";

const after = (time: string | undefined) => (time === undefined ? "" : `，用时 ${time}`);
const limit = (kib: string) => `超出 ${kib}\u00a0KiB 的输出上限`;

export const translation: Translation = {
  page: {
    run: "运行",
    stop: "停止",
    named: (text, block) => `${text}：${block}`,
    block: "可运行的代码",
    waiting: "等待中…",
    offline: "此设备已离线。",
    unreachable: "无法连接服务器。",
    tryingAgain: "正在重试，请求已保留。",
    canceled: "运行已取消。",
  },
  features: {
    recorded: "页面中记录的输出。",
    runAgain: "重新运行",
    edit: "编辑",
    pressAgain: (button) => `无法连接服务器。请再次点击“${button}”。`,
    mayReach: (hosts) => `可访问 ${hosts}`,
    internet: "互联网",
  },
  units: { s: "秒", min: "分", h: "小时", d: "天" },
  editor: {
    code: "代码",
    restore: "还原",
    undoRestore: "撤销还原",
    changed: "已由你修改",
    keys: (command) => `Tab 缩进，Escape 离开编辑器，${command}+Enter 运行。`,
    resultOf: {
      change: "你修改后的代码的结果。",
      otherChange: "先前修改的结果，不是上方代码的结果。",
      author: "原始代码的结果，不含你的修改。",
    },
  },
  inputs: {
    fault: (fault) => {
      switch (fault.fault) {
        case "missing":
          return "需要一个值。";
        case "not_whole":
          return "必须是整数。";
        case "not_number":
          return "必须是数字。";
        case "not_boolean":
          return "必须是真或假。";
        case "not_text":
          return "必须是文本。";
        case "holds_nul":
          return "不能包含 NUL 字符。";
        case "holds_surrogate":
          return "不能包含不完整的字符。";
        case "not_listed":
          return `必须是以下之一：${fault.values.join(", ")}。`;
        case "too_long":
          return `最多 ${fault.maxBytes} 字节。`;
        case "too_small":
          return `必须不小于 ${fault.min}。`;
        case "too_large":
          return `必须不大于 ${fault.max}。`;
        default:
          return fault satisfies never;
      }
    },
    between: (min, max) => `${min} 到 ${max}`,
    least: (min) => `不小于 ${min}`,
    most: (max) => `不大于 ${max}`,
    whole: "整数",
    mostBytes: (bytes) => `最多 ${bytes} 字节`,
    counted: (bytes, most, characters) =>
      bytes === characters
        ? `${bytes} / ${most} 字节`
        : `${bytes} / ${most} 字节，${characters} 个字符`,
    emptied: (value) => `留空则使用 ${value}。`,
    total: "所有输入合计超过 32\u00a0KiB。",
  },
  runAll: {
    runAll: "全部运行",
    stop: "停止",
    running: (number, of, name) => `正在运行第 ${number} 个，共 ${of} 个：${name}`,
    done: (of) => `${of} 个全部成功。`,
    failed: (name, succeeded, of) => `在 ${name} 处停止；${of} 个中 ${succeeded} 个成功。`,
    stopped: (succeeded, of) => `已停止；${of} 个中 ${succeeded} 个成功。`,
    none: "这里没有可运行的代码块。",
    goTo: "转到该处",
  },
  run: ({ number }) => ({
    stop: "。",
    space: "",
    waking: {
      state: "没有可用的服务器，正在唤醒一台",
      elsewhere: "正在等待同一台服务器",
      phase: {
        requested: "正在申请服务器",
        starting: "正在启动",
        booting: "正在引导系统",
        setting_up: "正在配置",
        ready: "已就绪",
      },
      step: (phase, step, of, name) => `${phase} ${step}/${of}：${name}`,
      usual: (from, to) => `通常需要 ${from} 到 ${to}。`,
      usually: (time) => `通常需要 ${time}。`,
      left: (wait) => `大约还需 ${wait}。`,
      leftOfMost: (wait) => `比平时慢；多数情况下最多还需 ${wait}。`,
      longer: (most) => `比平时慢；九成的唤醒不超过 ${most}。`,
      longest: "比九成的唤醒都慢。",
    },
    running: "代码已发送，正在等待结果",
    retrying: "正在重试原请求",
    attempt: (attempt, of) => `第 ${attempt} 次，共 ${of} 次`,
    retryIn: (wait) => `${wait}后重试。`,
    retryNow: "正在重试。",
    askIn: (wait) => `${wait}后重试，请求已保留。`,
    place: (position) => (position === 1 ? "下一个就是。" : `排在第 ${number(position)} 位。`),
    stopping: "正在停止。",
    notHeard: "请稍后重新打开此页面查看上次运行，或点击“运行”重新开始。",
    notRun: "未运行。",
    ended: {
      status: (status, time) => `已结束，退出状态 ${status}${after(time)}。`,
      signal: (signal, time) => `已被信号 ${signal} 终止${after(time)}。`,
      plain: (time) => `已结束${after(time)}。`,
      stopped: (time) => `已停止${after(time)}。`,
    },
    limit: (figure) => `上限为 ${figure}；作者可以签署更高的上限。`,
    left: "你已退出此次运行。",
    goesOn: "还有其他人在等待，运行会继续。",
    advice: {
      tryAgain: "不是代码的问题。请点击“运行”重试。",
      laterMachines: "不是代码的问题。请几分钟后等机器空出，再点击“运行”。",
      laterBudget: "不是代码的问题。00:00 UTC 之后会有新的机器时间。",
      mayHaveRun: "代码可能已部分运行。只有重复运行没有害处时，才点击“运行”。",
      signAgain: "重新运行没有用：需要用此服务器已有的运行环境重新签名。",
      operator: "在服务器管理员修复之前，重新运行没有用。",
    },
    stored: {
      age: (ago) => `${ago}的结果。`,
      answers: "这是已保存的结果；点击“重新运行”可得到新结果。",
      until: "新结果到来之前，显示上次的结果。",
      noNewer: "没有更新的结果。",
    },
    output: {
      name: "输出",
      none: "程序没有输出。",
      unread: "此处无法显示完整输出，完整内容在已保存的结果中。",
      dropped: (size) => `较早的 ${size} 输出已从此页面移除。`,
      droppedAndCut: (size, lost, kib) =>
        `较早的 ${size} 输出已从此页面移除，另有 ${lost} 被省略：${limit(number(kib))}。`,
      cut: (size, kib) => `此处省略了 ${size}：${limit(number(kib))}。`,
      all: "查看全部",
      first: (size) => `查看前 ${size}`,
      wrap: "自动换行",
      copy: "复制",
      copied: "已复制",
      fullScreen: "全屏",
      leaveFullScreen: "退出全屏",
      goToLine: "显示代码中的这一行",
      inSetUp: (line) => `错误位于准备代码的第 ${line} 行，本页不显示该代码。`,
      linesOffPaper: (count) => `其余 ${number(count)} 行未打印；已保存的结果包含全部内容。`,
      rowsOffPaper: (count) => `表格其余 ${number(count)} 行未打印；已保存的结果包含全部内容。`,
      allRows: (rows) => `显示全部 ${number(rows)} 行`,
      noTable: "作者声明输出是表格，但无法显示为表格。",
    },
    files: {
      name: "文件",
      left: (count, files, mib) =>
        `另有 ${number(count)} 个文件被省略：超出 ${number(files)} 个文件或 ${number(mib)}\u00a0MiB 的上限，或不是普通文件。`,
    },
    spoken: {
      lines: (count) => `输出 ${number(count)} 行。`,
      linesSoFar: (count) => `目前输出 ${number(count)} 行。`,
      files: (count) => `${number(count)} 个文件。`,
      error: (line) => `错误：${line}`,
      changed: "这是修改后代码的结果。",
    },
    technical: "错误代码",
    resultLink: "已保存的结果",
    server: chineseServer,
  }),
};
