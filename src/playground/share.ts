import { byId, download, tell } from "./dom.js";
import type { Frame } from "./protocol.js";
import type { Feature } from "./synthetic.js";

/** Buttons to take things along: the link, the weights as CSV, the pictures as SVG. */
export function addSharing(parts: {
  link: () => string;
  weights: () => { features: readonly Feature[]; frame: Frame } | null;
  picture: () => string;
}): void {
  byId("copy-link").addEventListener("click", async () => {
    const link = parts.link();
    try {
      await navigator.clipboard.writeText(link);
      tell("The link is copied: it opens the page at this step.");
    } catch {
      tell(`This browser does not let the page copy. The link is in its address bar: ${link}`);
    }
  });
  byId("save-csv").addEventListener("click", () => {
    const weights = parts.weights();
    if (weights) download("weights.csv", "text/csv", csvOf(weights.features, weights.frame));
  });
  byId("save-svg").addEventListener("click", () => download("weights.svg", "image/svg+xml", parts.picture()));
}

function csvOf(features: readonly Feature[], { models: { none, l2, l1 } }: Frame): string {
  const rows = features.map(({ name, isSignal }, j) =>
    [name, isSignal ? 1 : 0, none.weights[j], l2.weights[j], l1.weights[j]].join(","),
  );
  return `${["feature,matters,none,l2,l1", ...rows].join("\n")}\n`;
}
