/**
 * web-client/console/texts.ts: the console's two languages, as the words every component is given.
 */
import { type Texts, translator } from "../common/i18n.ts";
import da from "./locales/da.json";
import en from "./locales/en.json";
import type { ConsoleLanguage } from "./model.ts";
import type { Words } from "./words.ts";

const inLanguage = (lang: ConsoleLanguage, texts: Texts): Words => ({ t: translator(texts), lang });
const WORDS: Readonly<Record<ConsoleLanguage, Words>> = { da: inLanguage("da", da), en: inLanguage("en", en) };

export function wordsFor(language: ConsoleLanguage): Words {
  return WORDS[language];
}
