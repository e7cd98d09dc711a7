/** What an attribute is set to; one that is undefined is left out. */
export type Attributes = Record<string, string | number | undefined>;

/** Returns an element as text. Children are markup already: whatever comes from data goes through `escaped` first. */
export function tag(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? fixed(value) : escaped(value as string)}"`);
  return `<${name}${written.join("")}>${children.join("")}</${name}>`;
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Returns text as it may stand between tags or quotes, in HTML and in XML: which know neither control
 * characters nor halves of surrogate pairs. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!).replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, "\uFFFD");
}

/** A coordinate, to a hundredth of a pixel. */
export function fixed(number: number): number {
  return Math.round(100 * number) / 100;
}

/**
 * Colours by meaning. A page sets the custom properties to its theme's; elsewhere those of a light one hold. Blue and
 * orange are told apart with every kind of colour vision (Okabe & Ito 2008), and no chart relies on colour alone.
 */
export const TONE = {
  ink: "var(--ink, #1d2329)",
  muted: "var(--muted, #5b6570)",
  rule: "var(--rule, #dfe3e8)",
  ground: "var(--ground, #ffffff)",
  plus: "var(--plus, #0b66ad)",
  minus: "var(--minus, #c0500a)",
  zero: "var(--zero, #a9b2bb)",
  goal: "var(--goal, #e4f2ea)",
  goalInk: "var(--goal-ink, #16704a)",
} as const;
export type Tone = keyof typeof TONE;
