/**
 * web-client/console/sound.ts: the two soft notes of an offer, and the notification beside them.
 *
 * Browsers let a page sound only after a press, so a note may fail: `play` says whether it was really started, and each
 * start is told as the document's event `bi-sound` (for tests). Nothing of a child is in either: the same words for all.
 */
let context: AudioContext | null = null;

/** A browser that does not allow sound leaves `resume` pending instead of refusing it. */
const ALLOWED_WITHIN_MS = 400;

async function running(): Promise<AudioContext | null> {
  if (typeof AudioContext === "undefined") return null;
  context ??= new AudioContext();
  const audio = context;
  if (audio.state !== "running") {
    await Promise.race([
      audio.resume().catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, ALLOWED_WITHIN_MS)),
    ]);
  }
  return audio.state === "running" ? audio : null;
}

function note(audio: AudioContext, hertz: number, at: number): void {
  const tone = audio.createOscillator();
  const loud = audio.createGain();
  tone.frequency.value = hertz;
  loud.gain.setValueAtTime(0, at);
  loud.gain.linearRampToValueAtTime(0.22, at + 0.03);
  loud.gain.exponentialRampToValueAtTime(0.001, at + 0.55);
  tone.connect(loud).connect(audio.destination);
  tone.start(at);
  tone.stop(at + 0.6);
}

/** Plays the two notes. False: the browser does not allow it (yet), and nothing was heard. */
export async function play(kind: "offer" | "test"): Promise<boolean> {
  const audio = await running();
  if (audio === null) return false;
  note(audio, 587.33, audio.currentTime);
  note(audio, 783.99, audio.currentTime + 0.22);
  document.dispatchEvent(new CustomEvent("bi-sound", { detail: { kind } }));
  return true;
}

export type Notices = "ask" | "on" | "refused" | "none";

export function noticesNow(): Notices {
  if (typeof Notification === "undefined") return "none";
  return Notification.permission === "granted" ? "on" : Notification.permission === "denied" ? "refused" : "ask";
}

export async function askNotices(): Promise<Notices> {
  if (typeof Notification === "undefined") return "none";
  await Notification.requestPermission();
  return noticesNow();
}

let shown: Notification | null = null;

/** One notification at a time, without content (graveyard flex-chi-3736). Pressing it brings the console to the front. */
export function notify(text: string): void {
  if (noticesNow() !== "on") return;
  unnotify();
  try {
    shown = new Notification(text, { tag: "offer", silent: true });
  } catch {
    return; // some phones allow notifications to service workers only
  }
  shown.onclick = () => {
    window.focus();
    unnotify();
  };
}

export function unnotify(): void {
  shown?.close();
  shown = null;
}
