import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/random.js";
import { CHROMIUM, commandHost, type Host, launch, visit } from "./host.js";

const PATIENCE = { timeout: 60_000 };

/** Houses on a grid, dear in one corner and if they are large; the other columns say nothing. */
function houses(rows = 900): string {
  const random = new Random(5);
  const lines = Array.from({ length: rows }, (_, i) => {
    const [latitude, longitude] = [(50 + random.unit()).toFixed(3), (4 + random.unit()).toFixed(3)];
    const isDear = Number(latitude) > 50.6 && Number(longitude) > 4.6;
    const size = 40 + random.below(160);
    const color = ["red", "green", "blue"][random.below(3)];
    const price = 1000 * (100 + size + (isDear ? 200 : 0) + random.below(60));
    return `house ${i}x,${latitude},${longitude},${size},${color},7,${price}`;
  });
  return ["name,latitude,longitude,size,color,same,price", ...lines].join("\n");
}

/** Drops a file on the page, as a person does. */
async function drop(page: Page, name: string, text: string): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ([name, text]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text!], name!, { type: "text/csv" }));
      return transfer;
    },
    [name, text],
  );
  await page.dispatchEvent("body", "drop", { dataTransfer });
}

const asked = async (page: Page, question: RegExp) => {
  await page.locator("#question", { hasText: question }).waitFor({ ...PATIENCE, state: "visible" });
  await page.locator("#progress").waitFor({ ...PATIENCE, state: "hidden" });
};
const numberOf = async (page: Page, id: string) => Number((await page.textContent(`#${id}`))!.replaceAll(",", ""));

describe.skipIf(!existsSync(CHROMIUM))(`real data in the playground (needs Chromium at ${CHROMIUM})`, () => {
  let browser: Browser;
  let host: Host;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nought-playground-"));
    await writeFile(join(folder, "houses.csv"), houses());
    browser = await launch();
    host = await commandHost(join(folder, "houses.csv"));
  }, 30_000);

  afterAll(async () => {
    await browser?.close();
    await host?.stop();
    await rm(folder, { recursive: true });
  });

  it("shows the towns: three states, a map that fades, and both charts", async () => {
    const { page, strangers, errors, close } = await visit(browser, host);
    await page.locator("#atlas").scrollIntoViewIfNeeded();
    // What there is of the path is shown while it grows.
    await page.locator("#model-l2", { hasText: "…" }).waitFor({ ...PATIENCE, state: "visible" });
    expect(await numberOf(page, "kept")).toBeGreaterThan(0);
    await asked(page, /10,000 people/);
    const read = async () => ({
      never: await numberOf(page, "never"),
      zeroed: await numberOf(page, "zeroed"),
      kept: await numberOf(page, "kept"),
      map: await page.textContent("#map-words"),
    });
    const weak = await read();
    expect(weak.never + weak.zeroed + weak.kept).toBe(242 + 18 + 180 + 360 + 64_800);
    expect(await page.textContent("#model-l1")).toMatch(/^[\d,]+ weights, [\d.]+ kB, loss 0\.39/);
    await page.fill("#strength", "16");
    await page.waitForTimeout(400);
    const strong = await read();
    expect(strong.never).toBe(weak.never);
    expect(strong.kept).toBeLessThan(weak.kept / 4);
    const painted = () =>
      page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>("#map")!;
        const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
        let [blue, orange] = [0, 0];
        for (let i = 0; i < data.length; i += 4) {
          if (data[i + 3] === 0) continue;
          if (data[i + 2]! > data[i]! + 60) blue++;
          if (data[i]! > data[i + 2]! + 60) orange++;
        }
        return { blue, orange };
      });
    const faded = await painted();
    await page.fill("#strength", "0");
    await page.waitForTimeout(400);
    const full = await painted();
    expect(full.blue).toBeGreaterThan(4 * faded.blue);
    expect(full.orange).toBeGreaterThan(4 * faded.orange);
    const models = await page.locator("#frontier .models circle").count();
    expect(models).toBeGreaterThan(25);
    expect(await page.locator("#path .weights path").count()).toBe(24);
    expect({ strangers, errors }).toEqual({ strangers: [], errors: [] });
    await close();
  }, 90_000);

  it("offers tables that the command was given, comes back to the strength of the link, and asks for another column", async () => {
    const { page, close } = await visit(browser, host, "#real=houses.csv");
    await page.locator("#atlas").scrollIntoViewIfNeeded();
    await asked(page, /^Is price above its median/);
    expect(await page.inputValue("#real")).toBe("houses.csv");
    expect(await page.textContent("#facts")).toMatch(/same has one value: left out\. name|name .*same has one value/);
    expect(await page.isVisible("#map")).toBe(true);
    await page.fill("#strength", "20");
    const kept = await page.textContent("#kept");
    await page.waitForTimeout(600); // the link is written a little later
    await page.reload();
    await page.locator("#atlas").scrollIntoViewIfNeeded();
    await asked(page, /^Is price above its median/);
    expect(await page.inputValue("#strength")).toBe("20");
    expect(await page.textContent("#kept")).toBe(kept);
    await page.selectOption("#target", "color");
    await asked(page, /^Is color “/);
    await close();
  }, 60_000);

  it("takes a file that is dropped, says where a bad one is bad, and keeps what was there", async () => {
    const { page, strangers, close } = await visit(browser, host);
    await drop(page, "own.csv", houses(400));
    await asked(page, /^Is price above its median/);
    expect(await page.locator("#real option:checked").textContent()).toBe("own.csv");
    const kept = await page.textContent("#kept");
    const bad = houses(400).replace("\nhouse 7x,", "\nhouse 7x,,,,");
    await drop(page, "bad.csv", bad);
    await page.locator("#atlas-error").waitFor({ ...PATIENCE, state: "visible" });
    expect(await page.textContent("#atlas-error")).toMatch(
      /^bad\.csv:9:\d+: .*What is shown is what was there before\.$/,
    );
    expect(await page.textContent("#kept")).toBe(kept);
    await drop(page, "empty.csv", "");
    await page.locator("#atlas-error", { hasText: "empty.csv" }).waitFor(PATIENCE);
    expect(strangers).toEqual([]);
    await close();
  });

  it("lets every subset compete with L1 and L2", async () => {
    const { page, close } = await visit(browser, host);
    await page.fill("#subset-features", "10");
    await page.click("#subset-run");
    await page.locator("#subset-table").waitFor({ ...PATIENCE, state: "visible" });
    const rows = await page
      .locator("#contest tr")
      .evaluateAll((rows) => rows.map((row) => Array.from(row.children, (it) => it.textContent!)));
    expect(rows.map(([name, tried]) => [name, tried])).toEqual([
      ["L0: every subset", "1,024"],
      ["L1", "20"],
      ["L2", "6"],
    ]);
    const [l0, l1, l2] = rows.map((row) => Number(row[3])) as [number, number, number];
    expect(l0).toBeLessThanOrEqual(l1);
    expect(l1).toBeLessThan(l2);
    expect(l2).toBe(10);
    for (const row of rows) expect(row[4]).toBe("3 of 3");
    await close();
  });
});
