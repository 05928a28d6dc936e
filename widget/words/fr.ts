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
    server: {
      steps: {
        "system packages": "paquets du système",
        Node: "Node",
        languages: "langages",
        responder: "agent d’exécution",
      },
      markets: { spot: "instance Spot", "on-demand": "instance à la demande" },
      problems: {
        answer_blocked: "Le serveur répond, mais cette page n’a pas le droit de lire la réponse.",
        answer_unreadable:
          "Il n’y a pas de serveur Deferred Runner à cette adresse\u00a0: la page doit indiquer le bon.",
        audience_wrong: "Le code a été signé pour un autre serveur.",
        block_expired: "La signature a expiré\u00a0: le code doit être signé à nouveau.",
        block_not_yet_valid:
          "La signature est datée du futur\u00a0: vérifiez les horloges et réessayez.",
        block_revoked: "Le code a été retiré. Il n’a pas été exécuté.",
        code_empty: "Il n’y a pas de code à exécuter ici.",
        code_mismatch: "Le code de cette page n’est pas le code signé. Il n’a pas été exécuté.",
        code_too_large: "Le code dépasse 256\u00a0Kio\u00a0: il faut le raccourcir.",
        code_unacceptable: "Le code contient un caractère interdit\u00a0: il faut le supprimer.",
        idempotency_key_reused:
          "Cette demande a déjà été envoyée avec un autre contenu. Appuyez de nouveau sur Exécuter.",
        input_invalid: "Une valeur saisie ne convient pas\u00a0: il faut la changer.",
        internal: "Le serveur a rencontré une erreur. Réessayez dans un instant.",
        key_revoked:
          "La clé de la signature a été révoquée\u00a0: le code doit être signé à nouveau.",
        key_unknown:
          "Ce serveur ne connaît pas la clé de la signature\u00a0: elle doit y être enregistrée.",
        network_edit_refused: "Un code modifiable ici n’a pas le droit d’utiliser le réseau.",
        network_refused: "Le projet n’autorise pas les accès réseau que ce code demande.",
        origin_refused: "Ce code ne peut pas être exécuté depuis cette page.",
        overloaded: "Le serveur est surchargé\u00a0: réessayez plus tard.",
        project_queue_full:
          "Trop d’exécutions de ce projet sont en attente\u00a0: réessayez plus tard.",
        queue_full: "Trop d’exécutions sont en attente\u00a0: réessayez plus tard.",
        rate_limited: "Trop de demandes\u00a0: réessayez plus tard.",
        run_expired:
          "L’exécution a été supprimée à la fin de son délai\u00a0: exécutez le code à nouveau.",
        run_not_found: "Cette exécution n’existe pas ici\u00a0: exécutez le code à nouveau.",
        runtime_unknown: "Ce serveur n’a pas l’environnement que le code demande.",
        signature_invalid:
          "La signature n’est pas valide. Le code n’a pas été exécuté et doit être signé à nouveau.",
        storage_unavailable:
          "Le serveur ne peut rien enregistrer pour le moment\u00a0: réessayez plus tard.",
        token_algorithm_refused:
          "L’algorithme de la signature n’est pas accepté\u00a0: le code doit être signé à nouveau.",
        token_claims_invalid:
          "La signature est incomplète\u00a0: le code doit être signé à nouveau.",
        token_malformed: "La signature est abîmée\u00a0: le code doit être collé à nouveau.",
        token_too_large:
          "La signature dépasse 16\u00a0Kio\u00a0: le code doit être signé à nouveau.",
        token_type_wrong:
          "Ce n’est pas une signature de code\u00a0: le code doit être signé à nouveau.",
      },
      reasons: {
        boot_failed: "La machine n’a pas démarré.",
        budget_spent: "Le temps machine d’aujourd’hui est épuisé.",
        canceled: "L’exécution a été annulée.",
        cpu_time:
          "Le programme a été arrêté\u00a0: il a utilisé plus de temps processeur que permis.",
        handed_back: "La machine a dû s’arrêter et a rendu l’exécution.",
        launch_failed: "Aucune machine n’a pu être lancée.",
        launch_refused:
          "Le serveur n’a pas le droit de lancer des machines\u202f; son administrateur doit consulter le journal.",
        lease_lapsed: "Le serveur a perdu le contact avec la machine.",
        machine_gone: "La machine a disparu.",
        memory: "Le programme a été arrêté\u00a0: il a utilisé plus de mémoire que permis.",
        no_capacity: "Aucune machine n’est disponible pour le moment.",
        not_heard: "La machine n’a pas reçu l’exécution.",
        not_repeatable: "La machine a été perdue, et ce code ne doit pas être exécuté deux fois.",
        quota_reached: "Le serveur a autant de machines que son compte le permet.",
        runtime_not_installed: "Aucune machine ici n’a l’environnement que ce code demande.",
        sandbox_failed: "La machine n’a pas pu préparer de bac à sable.",
        sandbox_missing:
          "La machine n’a pas de bac à sable qui fonctionne\u202f; l’administrateur du serveur doit en installer un.",
        taken_back: "Le fournisseur a repris la machine.",
        upload_failed: "Les fichiers n’ont pas pu être enregistrés.",
        wall_time: "Le programme a été arrêté\u00a0: il a duré plus longtemps que permis.",
      },
      status: (status) =>
        `Le serveur a répondu de façon inattendue avec le statut ${status}. Réessayez plus tard.`,
    },
  }),
};
