import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, commandHost, type Host, launch, plainHost, visit } from "./host.js";

const numberOf = async (page: Page, id: string) => Number((await page.textContent(`#${id}`))!.replaceAll(",", ""));
/** Weights that are not 0, as the counters say and as the pictures show. */
const keptOf = async (page: Page, name: string) => {
  const lines = await page.locator(`#network-${name} .link:not(.gone)`).count();
  return { counted: await numberOf(page, `kept-${name}`), lines };
};
const until = (page: Page, step: number) =>
  page.waitForFunction(
    (least) => Number(document.querySelector("#steps")!.textContent!.replace(",", "")) >= least,
    step,
  );
/** What the page shows of where the training is. */
const shown = async (page: Page) => ({
  step: await numberOf(page, "steps"),
  ...Object.fromEntries(
    await Promise.all(
      ["kept-l1", "loss-none", "loss-l2", "loss-l1", "lens-l1"].map(async (id) => [
        id,
        await page.textContent(`#${id}`),
      ]),
    ),
  ),
});

describe.skipIf(!existsSync(CHROMIUM))(`the playground (needs Chromium at ${CHROMIUM})`, () => {
  let browser: Browser;
  let host: Host;

  beforeAll(async () => {
    browser = await launch();
    host = await commandHost();
  }, 30_000);

  afterAll(async () => {
    await browser?.close();
    await host?.stop();
  });

  it("plays: L1's weights go, L2's do not, and it can be stopped and stepped", async () => {
    const { page, strangers, errors, close } = await visit(browser, host, "#speed=60");
    expect(await keptOf(page, "l1")).toEqual({ counted: 60, lines: 60 });
    expect(await page.textContent("#runtime")).toMatch(/^Trained by WebAssembly\. The page is cross-origin isolated/);
    await page.click("#play-button");
    await until(page, 60);
    await page.click("#play-button");
    await page.waitForTimeout(400); // for what is drawn slowly
    const l1 = await keptOf(page, "l1");
    expect(l1.counted).toBeLessThan(20);
    expect(l1.lines).toBe(l1.counted);
    for (const name of ["l2", "none"]) expect(await keptOf(page, name)).toEqual({ counted: 60, lines: 60 });
    expect(await page.textContent("#bytes-l1")).toBe(`${12 * l1.counted} B`);
    expect(await page.getAttribute("#network-l1", "aria-label")).toContain("among them 5 of the 5 that matter");
    const before = await numberOf(page, "steps");
    await page.click("#step-button");
    await until(page, before + 1);
    expect(await numberOf(page, "steps")).toBe(before + 1);
    await page.click("#restart-button");
    await page.waitForFunction(() => document.querySelector("#kept-l1")!.textContent === "60");
    expect(await numberOf(page, "steps")).toBe(0);
    expect({ strangers, errors }).toEqual({ strangers: [], errors: [] });
    await close();
  });

  it("takes another λ in the middle of the run", async () => {
    const { page, close } = await visit(browser, host, "#speed=240&lambda=0.001");
    await page.click("#play-button");
    await until(page, 100);
    const weak = await keptOf(page, "l1");
    await page.locator("#lambda").fill("-17"); // 10^(−17/20)
    const moved = await numberOf(page, "steps");
    await until(page, moved + 150);
    const strong = await keptOf(page, "l1");
    expect(strong.counted).toBeLessThan(weak.counted / 4);
    expect(page.url()).toMatch(/lambda=0\.001,\d+:0\.141/);
    await close();
  });

  it("comes back from its link to the very same weights", async () => {
    const first = await visit(browser, host, "#data=twins&noise=0.2&seed=7&batch=32&speed=240");
    await first.page.click("#play-button");
    await until(first.page, 50);
    await first.page.locator("#lambda").fill("-14");
    await until(first.page, 120);
    await first.page.click("#play-button");
    await first.page.waitForTimeout(500);
    const [there, link] = [await shown(first.page), first.page.url()];
    await first.page.reload();
    await until(first.page, there.step);
    await first.page.waitForTimeout(700);
    expect(await shown(first.page)).toEqual(there);
    expect(first.page.url()).toBe(link);
    expect(await first.page.inputValue("#data")).toBe("twins");
    expect(await first.page.inputValue("#seed")).toBe("7");
    await first.close();
  });

  it("says what of a link cannot be, and goes on", async () => {
    const { page, close } = await visit(browser, host, "#data=needles&seed=x&rate=0&lambda=2");
    await page.waitForSelector("#notice:not([hidden])");
    expect(await page.textContent("#notice")).toMatch(/seed=x; rate=0; lambda=2/);
    expect(await page.inputValue("#seed")).toBe("1");
    await close();
  });

  it("is played by keys alone", async () => {
    const { page, close } = await visit(browser, host, "#speed=60");
    await page.keyboard.press("s");
    await until(page, 1);
    await page.keyboard.press("]");
    expect(await page.textContent("#lambda-value")).not.toBe("0.04");
    await page.keyboard.press("Space");
    await until(page, 10);
    await page.keyboard.press("Space");
    expect(await page.textContent("#play-button")).toBe("Play");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("play-button");
    await page.keyboard.press("Enter");
    expect(await page.textContent("#play-button")).toBe("Pause");
    await close();
  });

  it("lets a weight walk: L2 halves it, L1 lands on 0", async () => {
    const { page, close } = await visit(browser, host);
    for (let i = 0; i < 3; i++) await page.click("#zeno-step");
    expect(await page.textContent("#zeno-l1")).toBe("0.4 − 0.3 = 0.1");
    await page.click("#zeno-step");
    expect(await page.textContent("#zeno-l1")).toBe("0.1 − 0.3 = −0.2 would cross 0, so it lands on exactly 0");
    expect(await page.textContent("#zeno-l2")).toBe("0.125 ÷ 2 = 0.0625: smaller, never 0");
    expect(await page.locator("#zeno-plot .walker").count()).toBe(10);
    expect(await page.locator("#zeno-line .ghost").count()).toBe(2);
    await close();
  });

  it("gives weights as CSV and pictures as SVG", async () => {
    const { page, close } = await visit(browser, host, "#steps=60");
    await until(page, 60);
    const saved = async (id: string) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.click(`#${id}`)]);
      return { name: download.suggestedFilename(), text: await readFile((await download.path())!, "utf8") };
    };
    const csv = await saved("save-csv");
    const lines = csv.text.trim().split("\n");
    expect([csv.name, lines[0], lines.length]).toEqual(["weights.csv", "feature,matters,none,l2,l1", 61]);
    const kept = lines.slice(1).filter((line) => line.split(",")[4] !== "0");
    expect(kept.length).toBe(await numberOf(page, "kept-l1"));
    const svg = await saved("save-svg");
    expect(svg.name).toBe("weights.svg");
    expect(svg.text).toMatch(/^<svg/);
    await close();
  });

  it("runs without isolation, and where WebAssembly is forbidden, with the same numbers, and says so", async () => {
    const policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; worker-src 'self'";
    const hosts = { plain: await plainHost(), noWasm: await plainHost({ "Content-Security-Policy": policy }), host };
    const seen: Record<string, unknown> = {};
    for (const [name, it] of Object.entries(hosts)) {
      const { page, strangers, errors, close } = await visit(browser, it, "#steps=40");
      await until(page, 40);
      await page.waitForTimeout(600);
      seen[name] = await shown(page);
      const text = await page.textContent("#runtime");
      if (name === "plain") expect(text).toMatch(/^Trained by WebAssembly\. The page is not cross-origin isolated/);
      if (name === "noWasm") expect(text).toMatch(/^Trained in plain TypeScript.*forbidden/);
      expect(strangers).toEqual([]);
      // The browser itself reports that it refused to compile.
      expect(errors.filter((it) => name !== "noWasm" || !/WebAssembly/.test(it))).toEqual([]);
      await close();
    }
    expect(seen.plain).toEqual(seen.host);
    expect(seen.noWasm).toEqual(seen.host);
    await hosts.plain.stop();
    await hosts.noWasm.stop();
  });

  it("fits a phone", async () => {
    const { page, close } = await visit(browser, host, "", { viewport: { width: 360, height: 740 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    const [top, height] = await page.evaluate(() => {
      const box = document.querySelector("#play-button")!.getBoundingClientRect();
      return [box.top, box.height];
    });
    expect(top).toBeLessThan(740); // seen at once
    expect(height).toBeGreaterThanOrEqual(40); // met by a thumb
    await close();
  });
});
