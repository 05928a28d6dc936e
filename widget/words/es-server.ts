import type { ServerWords } from "./server-words.ts";

/** What the server says, in Spanish. */
export const spanishServer: ServerWords = {
  steps: {
    "system packages": "paquetes del sistema",
    Node: "Node",
    languages: "lenguajes",
    responder: "agente de ejecución",
  },
  markets: { spot: "instancia de spot", "on-demand": "instancia bajo demanda" },
  problems: {
    answer_blocked: "El servidor responde, pero esta página no puede leer la respuesta.",
    answer_unreadable:
      "En esta dirección no hay un servidor de Deferred Runner: la página debe indicar el correcto.",
    audience_wrong: "El código se firmó para otro servidor.",
    block_expired: "La firma ha caducado: hay que volver a firmar el código.",
    block_not_yet_valid:
      "La firma tiene una fecha futura: revise los relojes e inténtelo de nuevo.",
    block_revoked: "El código fue retirado. No se ejecutó.",
    code_empty: "Aquí no hay código que ejecutar.",
    code_mismatch: "El código de esta página no es el código firmado. No se ejecutó.",
    code_too_large: "El código supera los 256\u00a0KiB: hay que acortarlo.",
    code_unacceptable: "El código contiene un carácter no permitido: hay que quitarlo.",
    idempotency_key_reused:
      "Esta solicitud ya se envió con otro contenido. Pulse Ejecutar otra vez.",
    input_invalid: "Un valor de entrada no es válido: hay que cambiarlo.",
    internal: "Hubo un fallo en el servidor. Inténtelo de nuevo en un momento.",
    key_revoked: "La clave de la firma fue revocada: hay que volver a firmar el código.",
    key_unknown: "Este servidor no conoce la clave de la firma: hay que registrarla.",
    network_edit_refused: "Un código que se puede editar aquí no puede usar la red.",
    network_refused: "El proyecto no permite los destinos de red que pide este código.",
    origin_refused: "Este código no se puede ejecutar desde esta página.",
    overloaded: "El servidor está sobrecargado: inténtelo más tarde.",
    project_queue_full:
      "Hay demasiadas ejecuciones de este proyecto en espera: inténtelo más tarde.",
    queue_full: "Hay demasiadas ejecuciones en espera: inténtelo más tarde.",
    rate_limited: "Demasiadas solicitudes: inténtelo más tarde.",
    run_expired: "La ejecución se eliminó al vencer su plazo: ejecute el código de nuevo.",
    run_not_found: "Esta ejecución no existe aquí: ejecute el código de nuevo.",
    runtime_unknown: "Este servidor no tiene el entorno de ejecución que pide el código.",
    signature_invalid: "La firma no es válida. El código no se ejecutó; hay que volver a firmarlo.",
    storage_unavailable: "El servidor no puede guardar nada ahora: inténtelo más tarde.",
    token_algorithm_refused:
      "El algoritmo de la firma no se acepta: hay que volver a firmar el código.",
    token_claims_invalid: "La firma está incompleta: hay que volver a firmar el código.",
    token_malformed: "La firma está dañada: hay que volver a pegar el código.",
    token_too_large: "La firma supera los 16\u00a0KiB: hay que volver a firmar el código.",
    token_type_wrong: "No es una firma de código: hay que volver a firmar el código.",
  },
  reasons: {
    boot_failed: "La máquina no arrancó.",
    budget_spent: "El tiempo de máquina de hoy se ha agotado.",
    canceled: "La ejecución se canceló.",
    cpu_time: "El programa se detuvo: usó más tiempo de procesador del permitido.",
    file_unavailable: "El servidor no tiene un archivo de este código tal como su autor lo firmó.",
    handed_back: "La máquina tuvo que parar y devolvió la ejecución.",
    launch_failed: "No se pudo iniciar ninguna máquina.",
    launch_refused:
      "El servidor no puede iniciar máquinas; su administrador debe revisar el registro.",
    lease_lapsed: "El servidor perdió el contacto con la máquina.",
    machine_gone: "La máquina dejó de funcionar.",
    memory: "El programa se detuvo: usó más memoria de la permitida.",
    no_capacity: "Ahora no hay ninguna máquina disponible.",
    not_heard: "La máquina no recibió la ejecución.",
    not_repeatable: "La máquina se perdió, y este código no debe ejecutarse dos veces.",
    quota_reached: "El servidor tiene tantas máquinas como permite su cuenta.",
    runtime_not_installed:
      "Ninguna máquina de aquí tiene el entorno de ejecución que pide este código.",
    sandbox_failed: "La máquina no pudo preparar un entorno aislado.",
    sandbox_missing:
      "La máquina no tiene un entorno aislado que funcione; el administrador del servidor debe instalarlo.",
    taken_back: "El proveedor retiró la máquina.",
    upload_failed: "No se pudieron guardar los archivos.",
    wall_time: "El programa se detuvo: duró más de lo permitido.",
  },
  status: (status) =>
    `El servidor respondió de forma inesperada con el estado ${status}. Inténtelo más tarde.`,
};
