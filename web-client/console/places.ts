/**
 * web-client/console/places.ts: a municipality's code as its name.
 */
import names from "../common/municipalities.json";
import type { Words } from "./words.ts";

const NAMES: Readonly<Record<string, string>> = names;

/** "Aarhus"; a code we don't know stays a code; null: the child did not say. */
export function municipality({ t }: Words, code: string | undefined): string | null {
  if (code === undefined) return null;
  return NAMES[code] ?? t("waiting.municipality", { code: code.replace(/\D/g, "") });
}
