import type { ServerWords } from "./server-words.ts";

/** What the server says, in French. */
export const frenchServer: ServerWords = {
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
    key_revoked: "La clé de la signature a été révoquée\u00a0: le code doit être signé à nouveau.",
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
    token_claims_invalid: "La signature est incomplète\u00a0: le code doit être signé à nouveau.",
    token_malformed: "La signature est abîmée\u00a0: le code doit être collé à nouveau.",
    token_too_large: "La signature dépasse 16\u00a0Kio\u00a0: le code doit être signé à nouveau.",
    token_type_wrong:
      "Ce n’est pas une signature de code\u00a0: le code doit être signé à nouveau.",
  },
  reasons: {
    boot_failed: "La machine n’a pas démarré.",
    budget_spent: "Le temps machine d’aujourd’hui est épuisé.",
    canceled: "L’exécution a été annulée.",
    cpu_time: "Le programme a été arrêté\u00a0: il a utilisé plus de temps processeur que permis.",
    file_unavailable: "Le serveur n’a pas un fichier de ce code tel que son auteur l’a signé.",
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
};
