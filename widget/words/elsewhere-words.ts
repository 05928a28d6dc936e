/** The element's own refusals of code that stands in a gist or at an address. */
export const ELSEWHERE_ENGLISH = {
  source_unreadable: "The code can’t be read: it is not there, or its server lets no page read it.",
  source_unsigned: "There is no signature beside the code: its author has to add it.",
  source_too_large: "The code is over 256\u00a0KiB.",
} as const;

type Code =
  | keyof typeof ELSEWHERE_ENGLISH
  | "gist_file_not_found"
  | "gist_limited"
  | "gist_not_found"
  | "gist_private"
  | "gist_unavailable"
  | "gist_unsigned";

/** The same in the other languages, and the server's refusals of gists; the server says those in English. */
const TRANSLATIONS: Record<string, Record<Code, string>> = {
  de: {
    source_unreadable:
      "Der Code ist nicht lesbar: Er fehlt, oder sein Server lässt keine Seite ihn lesen.",
    source_unsigned: "Neben dem Code steht keine Signatur: Sie muss ergänzt werden.",
    source_too_large: "Der Code ist größer als 256\u00a0KiB.",
    gist_file_not_found: "Der Gist hat keine solche Datei mit Signatur.",
    gist_limited: "GitHub beantwortet zurzeit keine Anfragen mehr: Später noch einmal versuchen.",
    gist_not_found: "Diesen Gist gibt es nicht: Er wurde gelöscht, oder die Adresse ist falsch.",
    gist_private: "GitHub zeigt diesen Gist nicht: Er muss öffentlich sein.",
    gist_unavailable: "GitHub ist nicht erreichbar: In einer Minute noch einmal versuchen.",
    gist_unsigned: "Im Gist steht keine Signatur neben der Datei: Sie muss ergänzt werden.",
  },
  es: {
    source_unreadable:
      "No se puede leer el código: no está, o su servidor no deja que otras páginas lo lean.",
    source_unsigned: "Junto al código no hay firma: hay que añadirla.",
    source_too_large: "El código ocupa más de 256\u00a0KiB.",
    gist_file_not_found: "El gist no tiene ese archivo con firma.",
    gist_limited: "GitHub no responde a más peticiones por ahora: inténtalo más tarde.",
    gist_not_found: "No existe ese gist: se borró, o la dirección es errónea.",
    gist_private: "GitHub no muestra este gist: tiene que ser público.",
    gist_unavailable: "No se puede acceder a GitHub: inténtalo dentro de un minuto.",
    gist_unsigned: "En el gist no hay firma junto al archivo: hay que añadirla.",
  },
  fr: {
    source_unreadable:
      "Le code est illisible : il n’existe pas, ou son serveur n’autorise aucune page à le lire.",
    source_unsigned: "Il n’y a pas de signature à côté du code : il faut l’ajouter.",
    source_too_large: "Le code dépasse 256\u00a0Kio.",
    gist_file_not_found: "Le gist n’a pas ce fichier avec une signature.",
    gist_limited: "GitHub ne répond plus aux requêtes pour le moment : réessayez plus tard.",
    gist_not_found: "Ce gist n’existe pas : il a été supprimé, ou l’adresse est fausse.",
    gist_private: "GitHub ne montre pas ce gist : il doit être public.",
    gist_unavailable: "GitHub est injoignable : réessayez dans une minute.",
    gist_unsigned: "Le gist n’a pas de signature à côté du fichier : il faut l’ajouter.",
  },
  ja: {
    source_unreadable:
      "コードを読み込めません。存在しないか、そのサーバーがほかのページからの読み込みを許可していません。",
    source_unsigned: "コードの横に署名がありません。追加が必要です。",
    source_too_large: "コードが 256\u00a0KiB を超えています。",
    gist_file_not_found: "署名付きの該当ファイルがこの Gist にありません。",
    gist_limited: "GitHub が現在これ以上のリクエストに応答しません。後でもう一度試してください。",
    gist_not_found: "この Gist は存在しません。削除されたか、アドレスが間違っています。",
    gist_private: "GitHub はこの Gist を表示しません。公開する必要があります。",
    gist_unavailable: "GitHub に接続できません。1 分後にもう一度試してください。",
    gist_unsigned: "Gist のファイルの横に署名がありません。追加が必要です。",
  },
  zh: {
    source_unreadable: "无法读取代码：代码不存在，或其服务器不允许其他页面读取。",
    source_unsigned: "代码旁没有签名：需要添加签名。",
    source_too_large: "代码超过 256\u00a0KiB。",
    gist_file_not_found: "该 Gist 中没有带签名的此文件。",
    gist_limited: "GitHub 暂时不再响应请求：请稍后再试。",
    gist_not_found: "没有这个 Gist：它已被删除，或地址有误。",
    gist_private: "GitHub 不显示此 Gist：需要将其公开。",
    gist_unavailable: "无法连接 GitHub：请一分钟后再试。",
    gist_unsigned: "Gist 中该文件旁没有签名：需要添加签名。",
  },
};

/** The sentence of `code` in the language of a `spokenTag`; undefined: it is the English one. */
export function elsewhereWords(tag: string, code: string): string | undefined {
  const words: Record<string, string> = TRANSLATIONS[tag.split("-")[0] ?? ""] ?? {};
  return Object.hasOwn(words, code) ? words[code] : undefined;
}
