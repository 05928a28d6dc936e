import type { ServerWords } from "./server-words.ts";

/** What the server says, in German. */
export const germanServer: ServerWords = {
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
    key_revoked: "Der Schlüssel der Signatur wurde widerrufen: Der Code muss neu signiert werden.",
    key_unknown:
      "Dieser Server kennt den Schlüssel der Signatur nicht: Er muss hier registriert werden.",
    network_edit_refused: "Code, der hier bearbeitet werden darf, darf das Netzwerk nicht nutzen.",
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
    storage_unavailable: "Der Server kann gerade nichts speichern: Später noch einmal versuchen.",
    token_algorithm_refused:
      "Das Verfahren der Signatur wird nicht akzeptiert: Der Code muss neu signiert werden.",
    token_claims_invalid: "Die Signatur ist unvollständig: Der Code muss neu signiert werden.",
    token_malformed: "Die Signatur ist beschädigt: Der Code muss neu eingefügt werden.",
    token_too_large: "Die Signatur ist größer als 16\u00a0KiB: Der Code muss neu signiert werden.",
    token_type_wrong: "Das ist keine Signatur für Code: Der Code muss neu signiert werden.",
  },
  reasons: {
    boot_failed: "Die Maschine ist nicht gestartet.",
    budget_spent: "Die Maschinenzeit für heute ist aufgebraucht.",
    canceled: "Der Lauf wurde abgebrochen.",
    cpu_time: "Das Programm wurde gestoppt: Es brauchte mehr Prozessorzeit als erlaubt.",
    file_unavailable:
      "Der Server hat eine Datei dieses Codes nicht so, wie ihr Autor sie signiert hat.",
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
    runtime_not_installed: "Keine Maschine hier hat die Laufzeitumgebung, die dieser Code braucht.",
    sandbox_failed: "Die Maschine konnte keine Sandbox bereitstellen.",
    sandbox_missing:
      "Die Maschine hat keine funktionierende Sandbox; der Betreiber des Servers muss eine installieren.",
    taken_back: "Der Anbieter hat die Maschine zurückgenommen.",
    upload_failed: "Die Dateien konnten nicht gespeichert werden.",
    wall_time: "Das Programm wurde gestoppt: Es lief länger als erlaubt.",
  },
  status: (status) =>
    `Der Server hat unerwartet mit Status ${status} geantwortet. Später noch einmal versuchen.`,
};
