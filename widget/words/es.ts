import type { Translation } from "./words.ts";

const after = (time: string | undefined) => (time === undefined ? "" : ` tras ${time}`);
const limit = (kib: string) => `supera el límite de salida de ${kib}\u00a0KiB`;

export const translation: Translation = {
  page: {
    run: "Ejecutar",
    stop: "Detener",
    named: (text, block) => `${text}: ${block}`,
    block: "Código ejecutable",
    waiting: "En espera…",
    offline: "Este dispositivo no tiene conexión.",
    unreachable: "No se puede contactar con el servidor.",
    tryingAgain: "Nuevo intento en curso; la solicitud se conserva.",
    canceled: "La ejecución se canceló.",
  },
  features: {
    recorded: "Salida guardada en la página.",
    runAgain: "Volver a ejecutar",
    edit: "Editar",
    pressAgain: (button) => `No se puede contactar con el servidor. Pulse ${button} otra vez.`,
    mayReach: (hosts) => `Puede conectarse a ${hosts}`,
    internet: "Internet",
  },
  units: { s: "s", min: "min", h: "h", d: "d" },
  editor: {
    code: "Código",
    restore: "Restaurar",
    undoRestore: "Deshacer restaurar",
    changed: "Modificado por ti",
    keys: (command) => `El tabulador sangra. Escape sale del editor. ${command}+Enter ejecuta.`,
    resultOf: {
      change: "Resultado del código que modificaste.",
      otherChange: "Resultado de un cambio anterior, no del código de arriba.",
      author: "Resultado del código original, sin tus cambios.",
    },
  },
  inputs: {
    fault: (fault) => {
      switch (fault.fault) {
        case "missing":
          return "Falta un valor.";
        case "not_whole":
          return "Debe ser un número entero.";
        case "not_number":
          return "Debe ser un número.";
        case "not_boolean":
          return "Debe ser verdadero o falso.";
        case "not_text":
          return "Debe ser texto.";
        case "holds_nul":
          return "No puede contener el carácter NUL.";
        case "holds_surrogate":
          return "No puede contener un carácter incompleto.";
        case "not_listed":
          return `Debe ser uno de estos valores: ${fault.values.join(", ")}.`;
        case "too_long":
          return `Puede tener ${fault.maxBytes} bytes como máximo.`;
        case "too_small":
          return `Debe ser ${fault.min} o más.`;
        case "too_large":
          return `Debe ser ${fault.max} o menos.`;
        default:
          return fault satisfies never;
      }
    },
    between: (min, max) => `de ${min} a ${max}`,
    least: (min) => `${min} o más`,
    most: (max) => `${max} o menos`,
    whole: "Un número entero",
    mostBytes: (bytes) => `${bytes} bytes como máximo`,
    counted: (bytes, most, characters) =>
      bytes === characters
        ? `${bytes} de ${most} bytes`
        : `${bytes} de ${most} bytes, en ${characters} caracteres`,
    emptied: (value) => `Vacío: se usa ${value}.`,
    total: "Los valores superan 32\u00a0KiB en total.",
  },
  runAll: {
    runAll: "Ejecutar todo",
    stop: "Detener",
    running: (number, of, name) => `Ejecutando ${number} de ${of}: ${name}`,
    done: (of) => `Los ${of} terminaron bien.`,
    failed: (name, succeeded, of) => `Detenido en ${name}; ${succeeded} de ${of} terminaron bien.`,
    stopped: (succeeded, of) => `Detenido; ${succeeded} de ${of} terminaron bien.`,
    none: "Aquí no hay ningún bloque que ejecutar.",
    goTo: "Ir ahí",
  },
  run: ({ number, plural }) => ({
    stop: ".",
    space: " ",
    waking: {
      state: "Ningún servidor disponible; se está iniciando uno",
      elsewhere: "Esperando al mismo servidor",
      phase: {
        requested: "Solicitando un servidor",
        starting: "Iniciando",
        booting: "Arrancando",
        setting_up: "Configurando",
        ready: "Listo",
      },
      step: (phase, step, of, name) => `${phase} ${step}/${of}: ${name}`,
      usual: (from, to) => `Suele tardar entre ${from} y ${to}.`,
      usually: (time) => `Suele tardar ${time}.`,
      left: (wait) => `Quedan unos ${wait}.`,
      leftOfMost: (wait) => `Tarda más de lo habitual; casi siempre, ${wait} más como máximo.`,
      longer: (most) =>
        `Tarda más de lo habitual; 9 de cada 10 inicios tardan ${most} como máximo.`,
      longest: "Tarda más que 9 de cada 10 inicios.",
    },
    running: "Código enviado, a la espera de resultados",
    retrying: "Reintentando la solicitud",
    attempt: (attempt, of) => `${attempt} de ${of}`,
    retryIn: (wait) => `Nuevo intento en ${wait}.`,
    retryNow: "Nuevo intento en curso.",
    askIn: (wait) => `Nuevo intento en ${wait}; la solicitud se conserva.`,
    place: (position) =>
      position === 1 ? "Es la siguiente de la cola." : `Puesto ${number(position)} en la cola.`,
    stopping: "Deteniendo.",
    notHeard:
      "Vuelva a abrir esta página más tarde para ver la última ejecución, o pulse Ejecutar para iniciar otra.",
    notRun: "No se ejecutó.",
    ended: {
      status: (status, time) => `Terminó con el estado de salida ${status}${after(time)}.`,
      signal: (signal, time) => `Terminó por la señal ${signal}${after(time)}.`,
      plain: (time) => `Terminó${after(time)}.`,
      stopped: (time) => `Detenido${after(time)}.`,
    },
    limit: (figure) => `El límite es ${figure}; quien firma el código puede fijar otro mayor.`,
    left: "Ha abandonado la ejecución.",
    goesOn: "Continúa porque otras personas la esperan.",
    advice: {
      tryAgain: "El código no tiene la culpa. Pulse Ejecutar para volver a intentarlo.",
      laterMachines:
        "El código no tiene la culpa. Pulse Ejecutar dentro de unos minutos, cuando haya máquinas libres.",
      laterBudget:
        "El código no tiene la culpa. Vuelve a haber tiempo de máquina a partir de las 00:00 UTC.",
      mayHaveRun:
        "Puede que se haya ejecutado en parte. Pulse Ejecutar solo si no importa ejecutarlo dos veces.",
      signAgain:
        "Volver a ejecutarlo no sirve: hay que firmarlo para un entorno de ejecución que este servidor tenga.",
      operator:
        "Volver a ejecutarlo no sirve hasta que el administrador del servidor lo haya arreglado.",
    },
    stored: {
      age: (ago) => `Resultado de ${ago}.`,
      answers: "Estaba guardado; Volver a ejecutar genera uno nuevo.",
      until: "Se muestra el último resultado hasta que llegue el nuevo.",
      noNewer: "No llegó ningún resultado más reciente.",
    },
    output: {
      name: "Salida",
      none: "El programa no imprimió nada.",
      unread: "La salida no se puede leer entera aquí; está en el resultado guardado.",
      dropped: (size) => `${size} de salida anterior ya no están en esta página.`,
      droppedAndCut: (size, lost, kib) =>
        `${size} de salida anterior ya no están en esta página y se omitieron ${lost}: ${limit(number(kib))}.`,
      cut: (size, kib) => `${size} omitidos aquí: ${limit(number(kib))}.`,
      all: "Ver todo",
      first: (size) => `Los primeros ${size}`,
      wrap: "Ajustar líneas",
      copy: "Copiar",
      copied: "Copiado",
      fullScreen: "Pantalla completa",
      leaveFullScreen: "Salir de pantalla completa",
      goToLine: "Mostrar esta línea del código",
      inSetUp: (line) =>
        `El error está en la línea ${line} de la preparación, que esta página no muestra.`,
      linesOffPaper: (count) =>
        `No se ${plural(count, "imprime", "imprimen")} ${number(count)} ${plural(count, "línea", "líneas")} más; el resultado guardado lo contiene todo.`,
      rowsOffPaper: (count) =>
        `No se ${plural(count, "imprime", "imprimen")} ${number(count)} ${plural(count, "fila", "filas")} más; el resultado guardado lo contiene todo.`,
      allRows: (rows) => `Mostrar las ${number(rows)} filas`,
      noTable: "Se anunció una tabla, pero esta salida no lo es.",
    },
    files: {
      name: "Archivos",
      left: (count, files, mib) =>
        `${number(count)} ${plural(count, "archivo más omitido", "archivos más omitidos")}: superan el límite de ${number(files)} archivos o ${number(mib)}\u00a0MiB, o no son archivos normales.`,
    },
    spoken: {
      lines: (count) => `${number(count)} ${plural(count, "línea", "líneas")} de salida.`,
      linesSoFar: (count) =>
        `${number(count)} ${plural(count, "línea", "líneas")} de salida hasta ahora.`,
      files: (count) => `${number(count)} ${plural(count, "archivo", "archivos")}.`,
      error: (line) => `El error: ${line}`,
      changed: "Es el resultado del código que usted cambió.",
    },
    technical: "Código técnico",
    resultLink: "Resultado guardado",
    server: {
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
        signature_invalid:
          "La firma no es válida. El código no se ejecutó; hay que volver a firmarlo.",
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
    },
  }),
};
