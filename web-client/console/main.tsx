/**
 * web-client/console/main.tsx: starts the duty console: language, rim, first screen.
 */
import { render } from "preact";
import { pickLanguage, type Texts, translator } from "../common/i18n.ts";
import da from "./locales/da.json";
import en from "./locales/en.json";
import { openConsole } from "./rim.ts";
import { App } from "./ui/app.tsx";
import type { Words } from "./words.ts";

const TEXTS: Readonly<Record<string, Texts>> = { da, en };

async function start(root: HTMLElement): Promise<void> {
  const lang = pickLanguage(navigator.languages, ["da", "en"]);
  const words: Words = { t: translator(TEXTS[lang] ?? da), lang };
  document.documentElement.lang = lang;
  try {
    const desk = await openConsole(words.t("notice.text"));
    root.replaceChildren();
    render(<App desk={desk} words={words} />, root);
  } catch (cause) {
    root.replaceChildren(words.t("app.failed"));
    throw cause;
  }
}

const root = document.getElementById("console");
if (root !== null) void start(root);
