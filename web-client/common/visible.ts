/**
 * web-client/common/visible.ts: other people's text, made safe to look at (SECURITY.md H102, H103).
 *
 * Markup is no danger, since text only ever goes into text nodes. What remains are characters that lie about order or
 * are not seen at all, and stacks of combining marks that paint over the neighbours.
 */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;
const MARKS = /(\p{M}{4})\p{M}+/gu;
const PICTURE_BEFORE = /(\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)$/u;

/** The same text with hidden and reordering characters written out, and at most four marks on a letter. */
export function visible(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(HIDDEN, (hidden, at: number) => {
      // A zero-width joiner inside an emoji (a family, a flag) is how that emoji is spelled.
      if (hidden === "\u200d" && PICTURE_BEFORE.test(text.slice(Math.max(0, at - 4), at))) return hidden;
      return `[U+${(hidden.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`;
    })
    .replace(MARKS, "$1");
}
