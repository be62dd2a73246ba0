/**
 * web-client/common/i18n.ts: texts by key out of a locale file; no text a person reads stands anywhere else.
 *
 * `{name}` is replaced. A key with `_one` beside it is used for n = 1. A missing key is our own mistake (the build compares
 * the files), and shows as the key.
 */
export type Texts = Readonly<Record<string, string>>;
export type Params = Readonly<Record<string, string | number>>;
export type Translate = (key: string, params?: Params) => string;

export function translator(texts: Texts): Translate {
  return (key, params = {}) => {
    const one = params["n"] === 1 ? texts[`${key}_one`] : undefined;
    const text = one ?? texts[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
  };
}

/** The first of the browser's languages that we have, else the first we have. */
export function pickLanguage(wanted: readonly string[], have: readonly [string, ...string[]]): string {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split("-")[0] ?? "";
    if (have.includes(base)) return base;
    // Norwegians and Swedes read Danish better than English on such a page; Faroese and Greenlandic children learn it.
    if (["nb", "nn", "no", "sv", "fo", "kl"].includes(base) && have.includes("da")) return "da";
  }
  return have[0];
}
