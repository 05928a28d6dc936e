import { frenchServer } from "./fr-server.ts";
import type { Translation } from "./words.ts";

const after = (time: string | undefined) => (time === undefined ? "" : ` après ${time}`);
const limit = (kib: string) => `au-delà de la limite de sortie de ${kib}\u00a0Kio`;

export const translation: Translation = {
  page: {
    run: "Exécuter",
    stop: "Arrêter",
    named: (text, block) => `${text}\u00a0: ${block}`,
    block: "Code exécutable",
    waiting: "En attente…",
    offline: "Cet appareil est hors ligne.",
    unreachable: "Le serveur est injoignable.",
    tryingAgain: "Nouvelle tentative\u202f; la demande est conservée.",
    canceled: "L’exécution a été annulée.",
  },
  features: {
    recorded: "Sortie enregistrée dans la page.",
    runAgain: "Exécuter à nouveau",
    edit: "Modifier",
    pressAgain: (button) => `Le serveur est injoignable. Appuyez de nouveau sur ${button}.`,
    mayReach: (hosts) => `Peut se connecter à ${hosts}`,
    internet: "Internet",
  },
  units: { s: "s", min: "min", h: "h", d: "j" },
  editor: {
    code: "Code source",
    restore: "Rétablir",
    undoRestore: "Annuler le rétablissement",
    changed: "Modifié par vous",
    keys: (command) => `Tab indente. Échap quitte l’éditeur. ${command}+Entrée exécute.`,
    resultOf: {
      change: "Résultat du code que vous avez modifié.",
      otherChange: "Résultat d’une modification antérieure, pas du code ci-dessus.",
      author: "Résultat du code d’origine, sans vos modifications.",
    },
  },
  inputs: {
    fault: (fault) => {
      switch (fault.fault) {
        case "missing":
          return "Il manque une valeur.";
        case "not_whole":
          return "Il faut un nombre entier.";
        case "not_number":
          return "Il faut un nombre.";
        case "not_boolean":
          return "Il faut vrai ou faux.";
        case "not_text":
          return "Il faut du texte.";
        case "holds_nul":
          return "Le caractère NUL est interdit.";
        case "holds_surrogate":
          return "Un caractère incomplet est interdit.";
        case "not_listed":
          return `Valeurs possibles\u00a0: ${fault.values.join(", ")}.`;
        case "too_long":
          return `${fault.maxBytes} octets au maximum.`;
        case "too_small":
          return `Il faut ${fault.min} ou plus.`;
        case "too_large":
          return `Il faut ${fault.max} ou moins.`;
        default:
          return fault satisfies never;
      }
    },
    between: (min, max) => `de ${min} à ${max}`,
    least: (min) => `${min} ou plus`,
    most: (max) => `${max} ou moins`,
    whole: "Un nombre entier",
    mostBytes: (bytes) => `${bytes} octets au maximum`,
    counted: (bytes, most, characters) =>
      bytes === characters
        ? `${bytes} octets sur ${most}`
        : `${bytes} octets sur ${most}, en ${characters} caractères`,
    emptied: (value) => `Vide\u00a0: ${value} est utilisé.`,
    total: "Les valeurs dépassent 32\u00a0Kio en tout.",
  },
  runAll: {
    runAll: "Tout exécuter",
    stop: "Arrêter",
    running: (number, of, name) => `Exécution ${number} sur ${of}\u00a0: ${name}`,
    done: (of) => `Les ${of} ont réussi.`,
    failed: (name, succeeded, of) => `Arrêt à ${name}\u202f; ${succeeded} sur ${of} ont réussi.`,
    stopped: (succeeded, of) => `Arrêt\u202f; ${succeeded} sur ${of} ont réussi.`,
    none: "Il n’y a aucun bloc à exécuter ici.",
    goTo: "Y aller",
  },
  run: ({ number, plural }) => ({
    stop: ".",
    space: " ",
    waking: {
      state: "Aucun serveur disponible\u202f; démarrage en cours",
      elsewhere: "En attente du même serveur",
      phase: {
        requested: "Demande d’un serveur",
        starting: "Lancement",
        booting: "Démarrage",
        setting_up: "Préparation",
        ready: "Prêt",
      },
      step: (phase, step, of, name) => `${phase} ${step}/${of}\u00a0: ${name}`,
      usual: (from, to) => `Cela prend d’habitude de ${from} à ${to}.`,
      usually: (time) => `Cela prend d’habitude ${time}.`,
      left: (wait) => `Encore ${wait} environ.`,
      leftOfMost: (wait) =>
        `C’est plus long que d’habitude\u202f; le plus souvent, ${wait} de plus au maximum.`,
      longer: (most) =>
        `C’est plus long que d’habitude\u202f; 9\u00a0démarrages sur 10 prennent ${most} au plus.`,
      longest: "C’est plus long que 9\u00a0démarrages sur 10.",
    },
    running: "Code envoyé, en attente des résultats",
    retrying: "Nouvelle tentative pour la même demande",
    attempt: (attempt, of) => `${attempt} sur ${of}`,
    retryIn: (wait) => `Nouvelle tentative dans ${wait}.`,
    retryNow: "Nouvelle tentative en cours.",
    askIn: (wait) => `Nouvelle tentative dans ${wait}\u202f; la demande est conservée.`,
    place: (position) =>
      position === 1 ? "Prochaine dans la file." : `Place ${number(position)} dans la file.`,
    stopping: "Arrêt en cours.",
    notHeard:
      "Rouvrez cette page plus tard pour voir la dernière exécution, ou appuyez sur Exécuter pour en lancer une autre.",
    notRun: "Non exécuté.",
    ended: {
      status: (status, time) => `Terminé avec le code de sortie ${status}${after(time)}.`,
      signal: (signal, time) => `Terminé par le signal ${signal}${after(time)}.`,
      plain: (time) => `Terminé${after(time)}.`,
      stopped: (time) => `Arrêté${after(time)}.`,
    },
    limit: (figure) => `La limite est de ${figure}\u202f; l’auteur peut en signer une plus haute.`,
    left: "Vous avez quitté l’exécution.",
    goesOn: "Elle continue pour les autres personnes qui l’attendent.",
    advice: {
      tryAgain: "Le code n’est pas en cause. Appuyez sur Exécuter pour réessayer.",
      laterMachines:
        "Le code n’est pas en cause. Appuyez sur Exécuter dans quelques minutes, quand des machines seront libres.",
      laterBudget:
        "Le code n’est pas en cause. Il y aura de nouveau du temps machine à partir de 00:00 UTC.",
      mayHaveRun:
        "Le code a peut-être été exécuté en partie. N’appuyez sur Exécuter que si une seconde exécution est sans danger.",
      signAgain:
        "Une nouvelle exécution ne sert à rien\u00a0: le code doit être signé pour un environnement que ce serveur possède.",
      operator:
        "Une nouvelle exécution ne sert à rien tant que l’administrateur du serveur n’a pas corrigé ce problème.",
    },
    stored: {
      age: (ago) => `Résultat obtenu ${ago}.`,
      answers: "Il était enregistré\u202f; Exécuter à nouveau en produit un autre.",
      until: "Le dernier résultat reste affiché jusqu’à l’arrivée du nouveau.",
      noNewer: "Aucun résultat plus récent n’est arrivé.",
    },
    output: {
      name: "Sortie",
      none: "Le programme n’a rien affiché.",
      unread:
        "La sortie n’est pas lisible en entier ici\u202f; elle est dans le résultat enregistré.",
      dropped: (size) => `${size} de sortie antérieure ne sont plus sur cette page.`,
      droppedAndCut: (size, lost, kib) =>
        `${size} de sortie antérieure ne sont plus sur cette page, et ${lost} ont été omis\u00a0: ${limit(number(kib))}.`,
      cut: (size, kib) => `${size} omis ici\u00a0: ${limit(number(kib))}.`,
      all: "Tout voir",
      first: (size) => `Les premiers ${size}`,
      wrap: "Retour à la ligne",
      copy: "Copier",
      copied: "Copié",
      fullScreen: "Plein écran",
      leaveFullScreen: "Quitter le plein écran",
      goToLine: "Montrer cette ligne du code",
      inSetUp: (line) =>
        `L’erreur est à la ligne ${line} de la préparation, que cette page n’affiche pas.`,
      linesOffPaper: (count) =>
        `${number(count)} ${plural(count, "autre ligne n’est pas imprimée", "autres lignes ne sont pas imprimées")}\u202f; le résultat enregistré contient tout.`,
      rowsOffPaper: (count) =>
        `${number(count)} ${plural(count, "autre rangée n’est pas imprimée", "autres rangées ne sont pas imprimées")}\u202f; le résultat enregistré contient tout.`,
      allRows: (rows) => `Afficher les ${number(rows)} lignes`,
      noTable: "Un tableau était annoncé, mais cette sortie n’en est pas un.",
    },
    files: {
      name: "Fichiers",
      left: (count, files, mib) =>
        `${number(count)} ${plural(count, "autre fichier omis", "autres fichiers omis")}\u00a0: au-delà de la limite de ${number(files)} fichiers ou de ${number(mib)}\u00a0Mio, ou fichiers non ordinaires.`,
    },
    spoken: {
      lines: (count) => `${number(count)} ${plural(count, "ligne", "lignes")} de sortie.`,
      linesSoFar: (count) =>
        `${number(count)} ${plural(count, "ligne", "lignes")} de sortie pour le moment.`,
      files: (count) => `${number(count)} ${plural(count, "fichier", "fichiers")}.`,
      error: (line) => `L’erreur\u00a0: ${line}`,
      changed: "C’est le résultat du code que vous avez modifié.",
    },
    technical: "Code technique",
    resultLink: "Résultat enregistré",
    server: frenchServer,
  }),
};
