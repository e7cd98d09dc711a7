// Writes the towns as the playground reads them: whole degrees, which is all that its map shows. 70 kB.
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { towns } from "./world.js";

const lines: string[] = [];
for (const { country, code, latitude, longitude, population } of towns()) {
  const [up, across] = [latitude, longitude].map((it) => Math.floor(it as number));
  lines.push(`${country},${code},${up},${across},${Number((population as number) >= 10000)}`);
}
// Neighbours are alike: sorted, the file is a quarter of the size.
const text = ["country,kind,latitude,longitude,large", ...lines.sort(), ""].join("\n");
writeFileSync(new URL("../dist/playground/towns.csv.gz", import.meta.url), gzipSync(text, { level: 9 }));
