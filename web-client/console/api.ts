/**
 * web-client/console/api.ts: the HTTP calls of the console (PROTOCOL.md 7). Same origin, the cookie goes by itself.
 * An answer is a status and, where there is one, JSON; a line that is away is the code `line`, never an exception.
 */
export interface Answer {
  readonly ok: boolean;
  /** `wrong` 401 · `slow` 429 · `line` nothing came · else the problem document's code or `internal`. */
  readonly code: string;
  readonly retry_s: number | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** POST with a JSON body. */
export async function post(path: string, body: object): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
    });
  } catch {
    return { ok: false, code: "line", retry_s: null, body: {} };
  }
  const json = await readJson(response);
  return { ok: response.ok, code: codeOf(response, json), retry_s: retryOf(response), body: json };
}

async function readJson(response: Response): Promise<Record<string, unknown>> {
  try {
    const value: unknown = await response.json();
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // 204, or a proxy's own page
  }
}

function codeOf(response: Response, json: Record<string, unknown>): string {
  if (response.ok) return "ok";
  if (response.status === 401) return "wrong";
  if (response.status === 429) return "slow";
  if (response.status === 502 || response.status === 503 || response.status === 504) return "busy";
  const code = json["code"];
  return typeof code === "string" && /^[a-z_]{1,64}$/.test(code) ? code : "internal";
}

/** `Retry-After` in seconds; the form with a date is none that our gateway sends. */
function retryOf(response: Response): number | null {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : null;
}
