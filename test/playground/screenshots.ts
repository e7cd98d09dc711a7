// Makes the pictures of the README: npm run screenshots, after npm run build.
import { fileURLToPath } from "node:url";
import { commandHost, launch, visit } from "./host.js";

const at = (name: string) => fileURLToPath(new URL(`../../docs/${name}.png`, import.meta.url));
const browser = await launch();
const host = await commandHost();
try {
  const playing = await visit(browser, host, "#steps=80", { viewport: { width: 1160, height: 1010 } });
  await playing.page.waitForFunction(() => document.querySelector("#steps")!.textContent === "80");
  await playing.page.waitForTimeout(500); // curves are drawn a little later
  await playing.page.screenshot({ path: at("playground") });
  const real = await visit(browser, host, "", { viewport: { width: 1160, height: 900 }, colorScheme: "dark" });
  await real.page.locator("#atlas").scrollIntoViewIfNeeded();
  await real.page.locator("#model-l2", { hasText: "weights" }).waitFor({ timeout: 120_000 }); // found last
  await real.page.evaluate(() => document.querySelector("#question")!.scrollIntoView());
  await real.page.waitForTimeout(1000);
  await real.page.screenshot({ path: at("towns") });
} finally {
  await browser.close();
  await host.stop();
}
