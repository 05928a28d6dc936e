import { ended, printed, type SceneGroup, started } from "../scene.ts";

const THEMES = { dark: "Dark code", light: "Light code", bare: "Code without a theme" } as const;

export const themes: SceneGroup = {
  id: "themes",
  title: "Themes of code",
  sentence: "Run is readable on any code, whatever the page around it looks like.",
  scenes: (["dark", "light", "bare"] as const).flatMap((theme) => [
    {
      id: `${theme}-idle`,
      title: THEMES[theme],
      code: `# ${THEMES[theme]}\nfor n in range(3):\n    print("line", n)`,
      theme,
      still: true,
      events: [started, printed("line 0\nline 1\nline 2\n"), ended()],
    },
    {
      id: `${theme}-ended`,
      title: `${THEMES[theme]}, after a run`,
      code: `# ${THEMES[theme]}\nfor n in range(3):\n    print("line", n)`,
      theme,
      events: [started, printed("line 0\nline 1\nline 2\n"), ended()],
    },
  ]),
};

export const rightToLeft: SceneGroup = {
  id: "rtl",
  title: "Right to left",
  sentence: "The page runs from right to left; code and output do not.",
  rtl: true,
  scenes: [
    {
      id: "rtl-idle",
      title: "قبل التشغيل",
      code: 'print("hello")',
      events: [started, printed("hello\n"), ended()],
      still: true,
    },
    {
      id: "rtl-failed",
      title: "بعد التشغيل",
      code: "print(1 / 0)",
      events: [
        started,
        printed(
          'Traceback (most recent call last):\n  File "main.py", line 1, in <module>\nZeroDivisionError: division by zero\n',
          "stderr",
        ),
        ended({ state: "failed", exit_code: 1 }),
      ],
    },
  ],
};
