import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../../src/node.js";

const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const NAMES = ["<script>alert(1)</script>", 'it\'s "quoted" & more', "plain"];
/** Rows of towns: latitude, longitude, a name that wants escaping, and whether they are large. */
const CSV = [
  "latitude,longitude,kind,large",
  ...Array.from({ length: 600 }, (_, i) => {
    const [latitude, longitude] = [(i * 37) % 20, (i * 53) % 30];
    const kind = NAMES[i % 3]!;
    return `${latitude + 0.5},${longitude + 0.5},"${kind.replaceAll('"', '""')}",${Number(i % 3 === 0 || (latitude > 12 && i % 7 > 0))}`;
  }),
].join("\n");
const TABLE = [
  "towns.csv",
  "--target",
  "large",
  "--category",
  "kind",
  "--bucket",
  "latitude=1",
  "--bucket",
  "longitude=1",
];
const CROSSED = [...TABLE, "--cross", "latitude*longitude"];

let folder: string;
const pages: Record<string, string> = {};
const file = (name: string) => join(folder, name);

function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { cwd: folder, timeout: 30_000 }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    );
  });
}

async function reported(name: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await run(...args, "--report", `${name}.html`);
  expect({ code, err }, name).toEqual({ code: 0, err: "" });
  pages[name] = await readFile(file(`${name}.html`), "utf8");
  return out;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nought-report-"));
  await writeFile(file("towns.csv"), CSV);
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

const marks = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;
/** The figure of a title, and the rows of the CSV behind it. */
function figure(page: string, title: string): { html: string; csv: string[] } {
  const html = page.match(new RegExp(`<figure[^>]*>\\s*<figcaption><h2>${title}</h2>.*?</figure>`, "s"))?.[0] ?? "";
  const data = html.match(/href="data:text\/csv;charset=utf-8;base64,([^"]+)" download=/)?.[1] ?? "";
  return { html, csv: Buffer.from(data, "base64").toString().trim().split("\r\n") };
}

describe("a report of a training", () => {
  const budget = ["--max-weights", "60", "--validate", "0.2", "--l1-ratio", "0.9"];
  beforeAll(async () => {
    const out = await reported("budget", "train", ...CROSSED, ...budget, "-o", "budget.nought");
    expect(out).toMatch(/\n {2}model budget\.nought .*\n {2}report budget\.html\n$/);
    await reported("beside", "train", ...CROSSED, "--lambdas", "12", "-o", "beside.nought", "--quiet");
  });

  it("shows what was kept", async () => {
    const model = await loadModel(file("budget.nought"));
    const { html, csv } = figure(pages.budget!, "The largest weights");
    expect(marks(html, /<td class="bar">/g)).toBe(20);
    expect(csv.length - 1).toBe(model.kept);
    expect(csv[1]?.endsWith(`,${model.weights()[0]?.weight}`)).toBe(true);
    expect(pages.budget).toContain(`<dd class="value">${model.kept}</dd>`);
    const zeros = model.training.seen - model.kept;
    const histogram = figure(pages.budget!, "How large the weights are");
    expect(histogram.html).toContain(`${zeros} exactly 0</text>`);
    expect(histogram.csv.at(-1)).toBe(`0,0,${zeros}`);
    expect(histogram.csv.slice(1, -1).reduce((sum, line) => sum + Number(line.split(",")[2]), 0)).toBe(model.kept);
  });

  it("draws a model a dot, a weight a line, a cell a box", async () => {
    const frontier = figure(pages.budget!, "What size buys");
    expect(marks(frontier.html, /<circle [^>]*r="2.2"/g)).toBe(frontier.csv.length - 1);
    expect(frontier.html).toContain('<rect class="budget"');
    const path = figure(pages.budget!, "Weights enter one by one");
    const [columns = ""] = path.csv;
    expect(path.csv.length).toBe(frontier.csv.length);
    const names = columns.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).slice(4);
    expect(names.length).toBeGreaterThan(20);
    expect(marks(path.html.match(/<g class="weights".*?<\/g>/s)![0], /<path /g)).toBe(names.length);
    expect(columns.startsWith("lambda,kept,training loss,held-out loss,")).toBe(true);
    const map = figure(pages.budget!, "Where latitude × longitude has weights");
    const boxes = [...map.html.matchAll(/<path class="(zeroed|plus|minus)" d="([^"]*)"/g)];
    expect(boxes.reduce((sum, it) => sum + marks(it[2]!, /z/g), 0)).toBe(map.csv.length - 1);
    const model = await loadModel(file("budget.nought"));
    const place = model.space!.features.at(-1)!;
    const kept = model.ids.filter((id) => id >= place.offset).length;
    expect(
      map.csv.filter((line) => /^[\d.]+,[\d.]+,[\d.]+,[\d.]+,-?[\d.e-]+$/.test(line) && !line.endsWith(",0")).length,
    ).toBe(kept);
    expect(
      marks(
        boxes
          .filter((it) => it[1] !== "zeroed")
          .map((it) => it[2])
          .join(""),
        /z/g,
      ),
    ).toBe(kept);
  });

  it("draws a path beside a fit, around its strength", () => {
    const { csv } = figure(pages.beside!, "Weights enter one by one");
    expect(csv.length - 1).toBe(12);
    const lambdas = csv.slice(1).map((line) => Number(line.split(",")[0]));
    expect(lambdas[0]).toBeGreaterThan(1e-4);
    expect(lambdas.at(-1)).toBeLessThanOrEqual(1e-4 / 4 + 1e-12);
    expect(figure(pages.beside!, "How training went").csv.length).toBeGreaterThan(2);
  });

  it("tells how well it predicts, of rows held out", () => {
    const reliability = figure(pages.budget!, "Do its probabilities hold\\?");
    expect(marks(reliability.html, /<circle /g)).toBe(reliability.csv.length - 1);
    const roc = figure(pages.budget!, "Does it tell yes from no\\?");
    expect(marks(roc.html.match(/class="curve" d="([^"]*)"/)![1]!, /L/g)).toBe(roc.csv.length - 2);
    // Without rows held out there is nothing honest to say.
    expect(pages.beside).not.toContain("Do its probabilities hold?");
  });

  it("escapes what comes from the data", () => {
    for (const page of Object.values(pages)) {
      expect(marks(page, /<script/g)).toBe(0);
      expect(page).toContain("kind = &lt;script&gt;alert(1)&lt;/script&gt;");
      expect(page).toContain("kind = it&#39;s &quot;quoted&quot; &amp; more");
    }
    expect(figure(pages.budget!, "The largest weights").csv.join("\n")).toContain('"kind = it\'s ""quoted"" & more"');
  });

  it("of a stream has its losses and its sweep", async () => {
    const stream = [
      "--stream",
      "--lambda1",
      "0.1,1",
      "--holdout-every",
      "5",
      "-o",
      "s.nought",
      "--json",
      "--slice",
      "kind",
    ];
    const { progressive } = JSON.parse(await reported("stream", "train", ...CROSSED, ...stream, "--quiet"));
    const { csv } = figure(pages.stream!, "How training went");
    // Rows 1, 2, 4 … 256 of those learned, and as many of those held back but for the first few.
    expect(csv.filter((line) => line.startsWith("before it was learned,")).length).toBe(9);
    expect(csv.some((line) => line.startsWith("held out,"))).toBe(true);
    expect(marks(figure(pages.stream!, "What size buys").html, /<circle [^>]*r="4"/g)).toBe(2);
    expect(pages.stream).toContain("A streaming solver gives no certificate.");
    expect(pages.stream).toMatch(/Progressive loss<.*Held out<.*loss on 120 rows/s);
    const slices = figure(pages.stream!, "How it predicts by kind");
    expect(marks(slices.html.split("<details>")[0]!, /<tr><td>/g)).toBe(3);
    expect(slices.html).toContain("<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>");
    expect(slices.csv[0]).toBe("kind,rows,loss,mean label,predicted");
    const { rows, loss, label, prediction } = progressive.slices[0].values[0];
    expect(slices.csv[1]).toMatch(new RegExp(`,${[rows, loss, label, prediction].join(",")}$`));
    // Its map has the cells that training set to 0, too.
    const map = figure(pages.stream!, "Where latitude × longitude has weights");
    const { training, space, ids } = await loadModel(file("s.nought"));
    const { offset } = space!.features.at(-1)!;
    const kept = ids.filter((id) => id >= offset).length;
    expect(map.csv.length - 1).toBe(training.seenByFeature.at(-1));
    expect(map.csv.slice(1).filter((line) => line.endsWith(",0")).length).toBe(map.csv.length - 1 - kept);
  });

  it("of squared loss has no classes to tell", async () => {
    await reported("squared", "train", ...TABLE, "--loss", "squared", "--validate", "0.2", "-o", "q.nought", "--quiet");
    expect(pages.squared).toContain("Root mean squared error");
    expect(pages.squared).toMatch(/<dt>R²<\/dt><dd class="value">−?-?0\.\d{4}<\/dd>/);
    expect(pages.squared).not.toContain("ROC");
    expect(pages.squared).not.toContain("has weights</h2>");
    const squared = [...TABLE, "--loss", "squared", "--quiet"];
    const streamed = ["--stream", "--lambda1", "0.1", "--holdout-every", "5", "-o", "q.nought"];
    await reported("squared-stream", "train", ...squared, ...streamed);
    expect(pages["squared-stream"]).toMatch(/Progressive loss<.*<dt>R²<.*Held out<.*loss on 120 rows, R² 0\.\d{4}</s);
    await reported("squared-path", "path", ...squared, "--folds", "3", "--lambdas", "5");
    expect(pages["squared-path"]).toMatch(/Training loss<.*<dt>R²<.*Cross-validated<.*loss, ± 0\.\d{4}, R² 0\.\d{4}</s);
  });
});

it("a report of a path marks the strength of least loss", async () => {
  await reported("path", "path", ...CROSSED, "--lambdas", "15", "--validate", "0.2", "--quiet");
  const { csv } = figure(pages.path!, "What size buys");
  expect(csv.length - 1).toBe(15);
  const least = Math.min(...csv.slice(1).map((line) => Number(line.split(",")[2])));
  expect(pages.path).toContain(` at a loss of ${least.toFixed(4)}.`);
  await reported("folds", "path", ...CROSSED, "--lambdas", "8", "--folds", "3", "--quiet");
  expect(pages.folds).toContain("Cross-validated");
});

it("a report of an evaluation draws the cells kept", async () => {
  await run("train", ...CROSSED, "-o", "e.nought");
  await reported("evaluate", "evaluate", "e.nought", "towns.csv");
  expect(pages.evaluate).toContain("600 rows of towns.csv");
  expect(figure(pages.evaluate!, "Where latitude × longitude has weights").html).not.toContain('class="zeroed"');
  expect(pages.evaluate).toContain("set to 0, or never seen</tspan>");
});

it("a report that cannot be written ends the run before it begins, and leaves nothing", async () => {
  for (const args of [
    ["train", ...TABLE, "-o", "no.nought"],
    ["path", ...TABLE],
    ["evaluate", "e.nought", "towns.csv"],
  ]) {
    const { code, out, err } = await run(...args, "--report", "missing/r.html");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^error: cannot write missing\/r\.html: ENOENT/);
  }
  expect((await readdir(folder)).filter((name) => /no\.nought|tmp/.test(name))).toEqual([]);
});

describe.skipIf(!existsSync(CHROMIUM))(`reports in a browser (needs Chromium at ${CHROMIUM})`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--headless", "--no-sandbox", "--disable-gpu"],
    });
  });
  afterAll(() => browser?.close());

  it.each(["light", "dark"] as const)(
    "are read in %s, at any width, without scripts and other hosts",
    async (colorScheme) => {
      const context = await browser.newContext({ colorScheme });
      const [requests, errors]: string[][] = [[], []];
      context.on("request", (it) => requests!.push(it.url()));
      context.on("console", (it) => errors!.push(it.text()));
      const page = await context.newPage();
      for (const name of Object.keys(pages)) {
        requests!.length = 0;
        await page.setViewportSize({ width: 1200, height: 900 });
        await page.goto(`file://${file(`${name}.html`)}`);
        const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        expect(ground).toBe(colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(20, 23, 27)");
        const charts = await page.evaluate(() =>
          Array.from(
            document.querySelectorAll('svg[role="img"]'),
            (it) => it.getBoundingClientRect().toJSON() as DOMRect,
          ),
        );
        expect(charts.length, name).toBeGreaterThan(1);
        for (const { width, height } of charts) expect(width > 300 && height > 100, name).toBe(true);
        expect(await page.getByRole("img", { name: /./ }).count()).toBe(charts.length);
        // A phone: nothing but tables and maps, which scroll by themselves, is wider than the page.
        await page.setViewportSize({ width: 360, height: 700 });
        expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBe(360);
        expect(requests, name).toEqual([`file://${file(`${name}.html`)}`]);
      }
      expect(errors).toEqual([]);
      await context.close();
    },
  );

  it("give the data behind a chart", async () => {
    const page = await browser.newPage();
    await page.goto(`file://${file("budget.html")}`);
    const frontier = page.locator("figure", { hasText: "What size buys" });
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      frontier.getByRole("link", { name: "CSV" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("frontier.csv");
    const text = await readFile((await download.path()) as string, "utf8");
    expect(text.trim().split("\r\n")).toEqual(figure(pages.budget!, "What size buys").csv);
    const table = frontier.locator("details table");
    expect(await table.isVisible()).toBe(false);
    await frontier.locator("summary").click();
    expect(await table.isVisible()).toBe(true);
    await page.close();
  });

  it("keep scripts from running, whatever they hold", async () => {
    const page = await browser.newPage();
    const text = pages.budget!.replace(
      "</main>",
      '<script>document.title="run"</script><img src="https://example.invalid/x.png"></main>',
    );
    await writeFile(file("forged.html"), text);
    const failed: string[] = [];
    page.on("requestfailed", (it) => failed.push(it.failure()?.errorText ?? ""));
    await page.goto(`file://${file("forged.html")}`);
    expect(await page.title()).toBe("large · nought train");
    expect(failed).toEqual(["csp"]);
    await page.close();
  });
});
