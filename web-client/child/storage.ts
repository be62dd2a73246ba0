/**
 * web-client/child/storage.ts: the one entry in sessionStorage, and nothing anywhere else.
 *
 * In the clear lie the token (needed before the share comes), the local secret and the language; the rest is sealed under
 * secret and share together (common/tab-seal.ts). All storage may be refused by the browser: then a reload begins anew.
 */
const ENTRY = "n";

export interface Stored {
  readonly token: string;
  readonly secret: string;
  readonly sealed: string;
  readonly language: string;
}

/** What an earlier page of this tab has kept, or null. What does not look like ours is removed. */
export function readStored(): Stored | null {
  try {
    const text = sessionStorage.getItem(ENTRY);
    if (text === null) return null;
    const { token, secret, sealed, language } = JSON.parse(text) as Record<string, unknown>;
    if ([token, secret, sealed, language].every((part) => typeof part === "string")) {
      return { token, secret, sealed, language } as Stored;
    }
  } catch {
    // Refused, or not JSON: the same as nothing.
  }
  clearStored();
  return null;
}

export function writeStored(stored: Stored): void {
  try {
    sessionStorage.setItem(ENTRY, JSON.stringify(stored));
  } catch {
    // Full or refused: the talk goes on, a reload would lose it.
  }
}

/** Everything of this origin in this tab. */
export function clearStored(): void {
  try {
    sessionStorage.clear();
  } catch {
    // Refused: then there is nothing either.
  }
}
