/**
 * web-client/console/main.tsx: starts the duty console: rim, first screen.
 */
import { render } from "preact";
import { openConsole } from "./rim.ts";
import { wordsFor } from "./texts.ts";
import { App } from "./ui/app.tsx";

async function start(root: HTMLElement): Promise<void> {
  try {
    const desk = await openConsole((language) => wordsFor(language).t("notice.text"));
    root.replaceChildren();
    render(<App desk={desk} />, root);
  } catch (cause) {
    root.replaceChildren(wordsFor("da").t("app.failed"));
    throw cause;
  }
}

const root = document.getElementById("console");
if (root !== null) void start(root);
