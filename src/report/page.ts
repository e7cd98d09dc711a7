import { escaped } from "./charts/markup.js";
import { type Figure, figureHtml } from "./figure.js";
import { STYLE } from "./style.js";

/** A number that is worth a large print. */
export interface Fact {
  label: string;
  value: string;
  note: string;
}

/** A report, before it is a page. All texts are plain: the page escapes them. */
export interface Page {
  /** "train", "path", "evaluate" */
  kind: string;
  title: string;
  lead: string;
  facts: readonly Fact[];
  warnings: readonly string[];
  figures: readonly Figure[];
  /** What is to be known of how it came about. */
  notes: readonly { title: string; text: string }[];
  /** What was asked for, name by name. */
  asked: readonly (readonly [name: string, value: string])[];
  /** The command, as it was typed; null where there was none. */
  command: string | null;
  footer: string;
}

/**
 * Returns a page in one file: no scripts, nothing from elsewhere, which its own content security policy forbids. The one
 * style it allows is named by its hash.
 */
export async function pageHtml(page: Page): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const { kind, title, lead, facts, warnings, figures, notes, asked, command, footer } = page;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · nought ${escaped(kind)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<p class="kind"><b>nought</b> ${escaped(kind)}</p>
<h1>${escaped(title)}</h1>
<p class="lead">${escaped(lead)}</p>
${warnings.map((it) => `<p class="warning">${escaped(it)}</p>`).join("\n")}
</header>
<dl class="facts">
${facts.map(factHtml).join("\n")}
</dl>
<div class="figures">
${figures.map(figureHtml).join("\n")}
</div>
<section class="about">
${notes.map((it) => `<div><h2>${escaped(it.title)}</h2><p>${escaped(it.text)}</p></div>`).join("\n")}
<div><h2>What was asked</h2>
<dl>${asked.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`).join("\n")}</dl>
${command === null ? "" : `<p><code>${escaped(command)}</code></p>`}</div>
</section>
<footer>${escaped(footer)}</footer>
</main>
</body>
</html>
`;
}

function factHtml({ label, value, note }: Fact): string {
  return `<div><dt>${escaped(label)}</dt><dd class="value">${escaped(value)}</dd><dd class="note">${escaped(note)}</dd></div>`;
}
