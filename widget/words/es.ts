import { spanishServer } from "./es-server.ts";
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
    server: spanishServer,
  }),
};
