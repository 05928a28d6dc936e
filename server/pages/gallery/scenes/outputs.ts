import { ended, left, type PlayedEvent, printed, type SceneGroup, started } from "../scene.ts";

const ANSI =
  "\x1b[1mTest run\x1b[0m\n" +
  "\x1b[32m✓\x1b[0m adds\n\x1b[32m✓\x1b[0m subtracts\n\x1b[31m✗ divides\x1b[0m \x1b[2m(12 ms)\x1b[0m\n" +
  "\x1b[33mwarning\x1b[0m \x1b[34mblue\x1b[0m \x1b[35mmagenta\x1b[0m \x1b[36mcyan\x1b[0m \x1b[7m inverse \x1b[0m\n" +
  "progress  10 %\rprogress  55 %\rprogress 100 %\n";

const CSV = "city,people,area\nRome,2746984,1287\nOslo,717710,454\nLima,10092000,2672\n";

function files(...artifacts: ReturnType<typeof left>[]): PlayedEvent {
  return ended({ artifacts });
}

const plot = left("plot.png", "image/png", 6_120);
const table = left("cities.csv", "text/csv", CSV.length);
const report = left("report.html", "text/html", 512);
const drawing = left("drawing.svg", "image/svg+xml", 640);
const data = left("result.json", "application/json", 430);

export const outputs: SceneGroup = {
  id: "outputs",
  title: "What a run leaves",
  sentence: "Pictures come first and at full width; other files are one line.",
  scenes: [
    {
      id: "terminal",
      title: "A terminal’s colours",
      language: "bash",
      code: "npm test",
      events: [started, printed(ANSI), ended()],
    },
    {
      id: "picture",
      title: "A picture and files",
      code: 'figure.savefig("artifacts/plot.png")',
      events: [started, printed("saved 4 files\n"), files(plot, table, report, data)],
    },
    {
      id: "table",
      title: "A table",
      code: "print(cities.to_csv())",
      claims: { show: "table" },
      events: [started, printed(CSV), ended()],
    },
    {
      id: "svg",
      title: "A drawing",
      code: 'open("artifacts/drawing.svg", "w").write(svg)',
      claims: { show: "svg" },
      events: [started, files(drawing)],
    },
    {
      id: "html",
      title: "A page of its own",
      code: 'open("artifacts/report.html", "w").write(html)',
      claims: { show: "html" },
      events: [started, files(report)],
    },
    {
      id: "cut",
      title: "Output past its limit",
      code: "for n in range(100_000):\n    print(n)",
      events: [
        started,
        printed("0\n1\n2\n"),
        { ...printed("99998\n99999\n"), cut: 588_875 } as PlayedEvent,
        ended({
          truncated: { stdout: 588_875, stderr: 0, artifacts: 0 },
          artifacts: [left("output.txt", "text/plain", 588_890)],
        }),
      ],
    },
    {
      id: "lines",
      title: "Many lines, and long ones",
      code: "for n in range(48):\n    print(n, 'x' * n * 2)",
      events: [
        started,
        printed(Array.from({ length: 48 }, (_, n) => `${n} ${"x".repeat(n * 2)}\n`).join("")),
        ended(),
      ],
    },
  ],
};
