import { germanServer } from "./de-server.ts";
import type { Translation } from "./words.ts";

const after = (time: string | undefined) => (time === undefined ? "" : ` nach ${time}`);
const limit = (kib: string) => `über der Ausgabegrenze von ${kib}\u00a0KiB`;

export const translation: Translation = {
  page: {
    run: "Ausführen",
    stop: "Stoppen",
    named: (text, block) => `${text}: ${block}`,
    block: "Ausführbarer Code",
    waiting: "Wartet …",
    offline: "Dieses Gerät ist offline.",
    unreachable: "Der Server ist nicht erreichbar.",
    tryingAgain: "Neuer Versuch; die Anfrage bleibt erhalten.",
    canceled: "Der Lauf wurde abgebrochen.",
  },
  features: {
    recorded: "Ausgabe aus der Seite.",
    runAgain: "Erneut ausführen",
    edit: "Bearbeiten",
    pressAgain: (button) => `Der Server ist nicht erreichbar. Noch einmal auf ${button} drücken.`,
    mayReach: (hosts) => `Darf ${hosts} erreichen`,
    internet: "das Internet",
  },
  units: { s: "s", min: "min", h: "h", d: "Tage" },
  editor: {
    code: "Quelltext",
    restore: "Zurücksetzen",
    undoRestore: "Zurücksetzen aufheben",
    changed: "Von dir geändert",
    keys: (command) => `Tab rückt ein. Escape verlässt den Editor. ${command}+Enter führt aus.`,
    resultOf: {
      change: "Ergebnis des von dir geänderten Codes.",
      otherChange: "Ergebnis einer früheren Änderung, nicht des Codes darüber.",
      author: "Ergebnis des ursprünglichen Codes, ohne deine Änderungen.",
    },
  },
  inputs: {
    fault: (fault) => {
      switch (fault.fault) {
        case "missing":
          return "Hier fehlt ein Wert.";
        case "not_whole":
          return "Hier muss eine ganze Zahl stehen.";
        case "not_number":
          return "Hier muss eine Zahl stehen.";
        case "not_boolean":
          return "Hier muss wahr oder falsch stehen.";
        case "not_text":
          return "Hier muss Text stehen.";
        case "holds_nul":
          return "Das Zeichen NUL ist nicht erlaubt.";
        case "holds_surrogate":
          return "Ein halbes Zeichen (Surrogat) ist nicht erlaubt.";
        case "not_listed":
          return `Erlaubt sind: ${fault.values.join(", ")}.`;
        case "too_long":
          return `Höchstens ${fault.maxBytes} Bytes sind erlaubt.`;
        case "too_small":
          return `Der Wert muss mindestens ${fault.min} sein.`;
        case "too_large":
          return `Der Wert darf höchstens ${fault.max} sein.`;
        default:
          return fault satisfies never;
      }
    },
    between: (min, max) => `${min} bis ${max}`,
    least: (min) => `mindestens ${min}`,
    most: (max) => `höchstens ${max}`,
    whole: "Eine ganze Zahl",
    mostBytes: (bytes) => `höchstens ${bytes} Bytes`,
    counted: (bytes, most, characters) =>
      bytes === characters
        ? `${bytes} von ${most} Bytes`
        : `${bytes} von ${most} Bytes, in ${characters} Zeichen`,
    emptied: (value) => `Leer: ${value} wird verwendet.`,
    total: "Alle Eingaben zusammen sind größer als 32\u00a0KiB.",
  },
  runAll: {
    runAll: "Alle ausführen",
    stop: "Stoppen",
    running: (number, of, name) => `${number} von ${of} läuft: ${name}`,
    done: (of) => `Alle ${of} waren erfolgreich.`,
    failed: (name, succeeded, of) =>
      `Angehalten bei ${name}; ${succeeded} von ${of} waren erfolgreich.`,
    stopped: (succeeded, of) => `Angehalten; ${succeeded} von ${of} waren erfolgreich.`,
    none: "Hier ist kein Block, der ausgeführt werden kann.",
    goTo: "Dorthin",
  },
  run: ({ number, plural }) => ({
    stop: ".",
    space: " ",
    waking: {
      state: "Kein Server ist bereit; einer wird geweckt",
      elsewhere: "Wartet auf denselben Server",
      phase: {
        requested: "Server wird angefordert",
        starting: "Server wird gestartet",
        booting: "Server fährt hoch",
        setting_up: "Server wird eingerichtet",
        ready: "Server ist bereit",
      },
      step: (phase, step, of, name) => `${phase} ${step}/${of}: ${name}`,
      usual: (from, to) => `Das dauert meist ${from} bis ${to}.`,
      usually: (time) => `Das dauert meist ${time}.`,
      left: (wait) => `Noch etwa ${wait}.`,
      leftOfMost: (wait) => `Es dauert länger als sonst, meist höchstens noch ${wait}.`,
      longer: (most) => `Es dauert länger als sonst; 9 von 10 Starts brauchen höchstens ${most}.`,
      longest: "Es dauert länger als 9 von 10 Starts.",
    },
    running: "Code gesendet, wartet auf Ergebnisse",
    retrying: "Die Anfrage wird wiederholt",
    attempt: (attempt, of) => `${attempt} von ${of}`,
    retryIn: (wait) => `Neuer Versuch in ${wait}.`,
    retryNow: "Neuer Versuch läuft.",
    askIn: (wait) => `Neuer Versuch in ${wait}; die Anfrage bleibt erhalten.`,
    place: (position) =>
      position === 1
        ? "Als Nächstes an der Reihe."
        : `Platz ${number(position)} in der Warteschlange.`,
    stopping: "Wird gestoppt.",
    notHeard:
      "Diese Seite später noch einmal öffnen, um den letzten Lauf zu sehen, oder auf Ausführen drücken.",
    notRun: "Nicht ausgeführt.",
    ended: {
      status: (status, time) => `Beendet mit Exit-Status ${status}${after(time)}.`,
      signal: (signal, time) => `Beendet durch Signal ${signal}${after(time)}.`,
      plain: (time) => `Beendet${after(time)}.`,
      stopped: (time) => `Gestoppt${after(time)}.`,
    },
    limit: (figure) => `Die Grenze ist ${figure}; wer den Code signiert, kann eine höhere setzen.`,
    left: "Lauf verlassen.",
    goesOn: "Er läuft weiter, weil auch andere auf ihn warten.",
    advice: {
      tryAgain: "Es liegt nicht am Code. Zum Wiederholen auf Ausführen drücken.",
      laterMachines:
        "Es liegt nicht am Code. In einigen Minuten, wenn andere Maschinen frei sind, auf Ausführen drücken.",
      laterBudget: "Es liegt nicht am Code. Ab 00:00 Uhr UTC gibt es wieder Maschinenzeit.",
      mayHaveRun:
        "Der Code wurde vielleicht teilweise ausgeführt. Nur auf Ausführen drücken, wenn ein zweiter Lauf nicht schadet.",
      signAgain:
        "Ein neuer Lauf hilft nicht: Der Code muss für eine Laufzeitumgebung signiert werden, die dieser Server hat.",
      operator: "Ein neuer Lauf hilft erst, wenn der Betreiber des Servers den Fehler behoben hat.",
    },
    stored: {
      age: (ago) => `Ergebnis von ${ago}.`,
      answers: "Es war gespeichert; Erneut ausführen erzeugt ein neues.",
      until: "Das letzte Ergebnis bleibt sichtbar, bis das neue da ist.",
      noNewer: "Es kam kein neueres Ergebnis.",
    },
    output: {
      name: "Ausgabe",
      none: "Das Programm hat nichts ausgegeben.",
      unread: "Die Ausgabe ist hier nicht vollständig lesbar; sie steht im gespeicherten Ergebnis.",
      dropped: (size) => `${size} früherer Ausgabe stehen nicht mehr auf dieser Seite.`,
      droppedAndCut: (size, lost, kib) =>
        `${size} früherer Ausgabe stehen nicht mehr auf dieser Seite, und ${lost} wurden ausgelassen: ${limit(number(kib))}.`,
      cut: (size, kib) => `${size} hier ausgelassen: ${limit(number(kib))}.`,
      all: "Alles",
      first: (size) => `Die ersten ${size} davon`,
      wrap: "Zeilen umbrechen",
      copy: "Kopieren",
      copied: "Kopiert",
      fullScreen: "Vollbild",
      leaveFullScreen: "Vollbild beenden",
      goToLine: "Diese Zeile im Code zeigen",
      inSetUp: (line) =>
        `Der Fehler ist in Zeile ${line} der Vorbereitung, die diese Seite nicht zeigt.`,
      linesOffPaper: (count) =>
        `${number(count)} weitere ${plural(count, "Zeile ist", "Zeilen sind")} nicht gedruckt; alles steht im gespeicherten Ergebnis.`,
      rowsOffPaper: (count) =>
        `${number(count)} weitere ${plural(count, "Tabellenzeile ist", "Tabellenzeilen sind")} nicht gedruckt; alles steht im gespeicherten Ergebnis.`,
      allRows: (rows) => `Alle ${number(rows)} Zeilen anzeigen`,
      noTable: "Angekündigt ist eine Tabelle, aber diese Ausgabe ist keine.",
    },
    files: {
      name: "Dateien",
      left: (count, files, mib) =>
        `${number(count)} weitere ${plural(count, "Datei", "Dateien")} ausgelassen: über der Grenze von ${number(files)} Dateien oder ${number(mib)}\u00a0MiB, oder keine gewöhnliche Datei.`,
    },
    spoken: {
      lines: (count) => `${number(count)} ${plural(count, "Zeile", "Zeilen")} Ausgabe.`,
      linesSoFar: (count) => `Bisher ${number(count)} ${plural(count, "Zeile", "Zeilen")} Ausgabe.`,
      files: (count) => `${number(count)} ${plural(count, "Datei", "Dateien")}.`,
      error: (line) => `Der Fehler: ${line}`,
      changed: "Das ist das Ergebnis des geänderten Codes.",
    },
    technical: "Technischer Code",
    resultLink: "Gespeichertes Ergebnis",
    server: germanServer,
  }),
};
