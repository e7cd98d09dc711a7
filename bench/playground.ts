// Serves the page with what data sets are at hand: California housing is not the package's to give.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TRAIN } from "./housing.js";

const cli = fileURLToPath(new URL("../dist/cli.cjs", import.meta.url));
const tables = existsSync(TRAIN) ? [TRAIN] : [];
spawn(process.execPath, [cli, "playground", ...tables, ...process.argv.slice(2)], { stdio: "inherit" });
