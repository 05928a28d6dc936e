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
    server: {
      steps: {
        "system packages": "Systempakete",
        Node: "Node",
        languages: "Programmiersprachen",
        responder: "Ausführungsdienst",
      },
      markets: { spot: "Spot-Instanz", "on-demand": "On-Demand-Instanz" },
      problems: {
        answer_blocked: "Der Server antwortet, aber diese Seite darf die Antwort nicht lesen.",
        answer_unreadable:
          "Unter dieser Adresse läuft kein Deferred-Runner-Server: Die Seite muss den richtigen nennen.",
        audience_wrong: "Der Code wurde für einen anderen Server signiert.",
        block_expired: "Die Signatur ist abgelaufen: Der Code muss neu signiert werden.",
        block_not_yet_valid:
          "Die Signatur liegt in der Zukunft: Uhren prüfen und noch einmal versuchen.",
        block_revoked: "Der Code wurde zurückgezogen. Er wurde nicht ausgeführt.",
        code_empty: "Hier steht kein Code, der ausgeführt werden kann.",
        code_mismatch:
          "Der Code auf dieser Seite ist nicht der signierte Code. Er wurde nicht ausgeführt.",
        code_too_large: "Der Code ist größer als 256\u00a0KiB: Er muss kürzer werden.",
        code_unacceptable:
          "Der Code enthält ein Zeichen, das nicht erlaubt ist: Es muss entfernt werden.",
        idempotency_key_reused:
          "Diese Anfrage wurde schon mit anderem Inhalt gesendet. Noch einmal auf Ausführen drücken.",
        input_invalid: "Eine Eingabe passt nicht: Sie muss geändert werden.",
        internal: "Auf dem Server trat ein Fehler auf. Gleich noch einmal versuchen.",
        key_revoked:
          "Der Schlüssel der Signatur wurde widerrufen: Der Code muss neu signiert werden.",
        key_unknown:
          "Dieser Server kennt den Schlüssel der Signatur nicht: Er muss hier registriert werden.",
        network_edit_refused:
          "Code, der hier bearbeitet werden darf, darf das Netzwerk nicht nutzen.",
        network_refused: "Das Projekt erlaubt nicht die Netzwerkziele, die dieser Code verlangt.",
        origin_refused: "Dieser Code darf auf dieser Seite nicht ausgeführt werden.",
        overloaded: "Der Server ist überlastet: Später noch einmal versuchen.",
        project_queue_full: "Zu viele Läufe dieses Projekts warten: Später noch einmal versuchen.",
        queue_full: "Zu viele Läufe warten: Später noch einmal versuchen.",
        rate_limited: "Zu viele Anfragen: Später noch einmal versuchen.",
        run_expired: "Der Lauf wurde nach Ablauf seiner Frist gelöscht: Den Code neu ausführen.",
        run_not_found: "Diesen Lauf gibt es hier nicht: Den Code neu ausführen.",
        runtime_unknown: "Dieser Server hat die Laufzeitumgebung nicht, die der Code braucht.",
        signature_invalid:
          "Die Signatur passt nicht. Der Code wurde nicht ausgeführt und muss neu signiert werden.",
        storage_unavailable:
          "Der Server kann gerade nichts speichern: Später noch einmal versuchen.",
        token_algorithm_refused:
          "Das Verfahren der Signatur wird nicht akzeptiert: Der Code muss neu signiert werden.",
        token_claims_invalid: "Die Signatur ist unvollständig: Der Code muss neu signiert werden.",
        token_malformed: "Die Signatur ist beschädigt: Der Code muss neu eingefügt werden.",
        token_too_large:
          "Die Signatur ist größer als 16\u00a0KiB: Der Code muss neu signiert werden.",
        token_type_wrong: "Das ist keine Signatur für Code: Der Code muss neu signiert werden.",
      },
      reasons: {
        boot_failed: "Die Maschine ist nicht gestartet.",
        budget_spent: "Die Maschinenzeit für heute ist aufgebraucht.",
        canceled: "Der Lauf wurde abgebrochen.",
        cpu_time: "Das Programm wurde gestoppt: Es brauchte mehr Prozessorzeit als erlaubt.",
        handed_back: "Die Maschine musste anhalten und gab den Lauf zurück.",
        launch_failed: "Es konnte keine Maschine gestartet werden.",
        launch_refused:
          "Der Server darf keine Maschinen starten; sein Betreiber muss das Protokoll prüfen.",
        lease_lapsed: "Der Server hat die Verbindung zur Maschine verloren.",
        machine_gone: "Die Maschine ist ausgefallen.",
        memory: "Das Programm wurde gestoppt: Es brauchte mehr Speicher als erlaubt.",
        no_capacity: "Zurzeit ist keine Maschine verfügbar.",
        not_heard: "Die Maschine hat den Lauf nicht erhalten.",
        not_repeatable:
          "Die Maschine ging verloren, und dieser Code darf nicht zweimal ausgeführt werden.",
        quota_reached: "Der Server hat so viele Maschinen, wie sein Konto erlaubt.",
        runtime_not_installed:
          "Keine Maschine hier hat die Laufzeitumgebung, die dieser Code braucht.",
        sandbox_failed: "Die Maschine konnte keine Sandbox bereitstellen.",
        sandbox_missing:
          "Die Maschine hat keine funktionierende Sandbox; der Betreiber des Servers muss eine installieren.",
        taken_back: "Der Anbieter hat die Maschine zurückgenommen.",
        upload_failed: "Die Dateien konnten nicht gespeichert werden.",
        wall_time: "Das Programm wurde gestoppt: Es lief länger als erlaubt.",
      },
      status: (status) =>
        `Der Server hat unerwartet mit Status ${status} geantwortet. Später noch einmal versuchen.`,
    },
  }),
};
