#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { Command } from "commander";
import pkg from "../../package.json" with { type: "json" };
import "../node.js";
import { addCalibrate } from "./calibrate.js";
import { addConvert } from "./convert.js";
import { addDiff, addPatch } from "./diff.js";
import { addEvaluate } from "./evaluate.js";
import { addExplain } from "./explain.js";
import { addInspect } from "./inspect.js";
import { flush, print, showError, tell } from "./output.js";
import { addPath } from "./path.js";
import { addPlayground } from "./playground.js";
import { addPredict } from "./predict.js";
import { addTrain } from "./train.js";
import { addVerify } from "./verify.js";

// A kernel is called few times, each a long one: what V8's first compiler makes of it would run too long.
setFlagsFromString("--no-liftoff");

const interrupt = new AbortController();
// The first signal stops a training in order; a second one ends the process at once.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupt.abort());

const COMMANDS: Record<string, (program: Command, signal: AbortSignal) => void> = {
  train: addTrain,
  path: addPath,
  predict: addPredict,
  evaluate: addEvaluate,
  calibrate: addCalibrate,
  explain: addExplain,
  inspect: addInspect,
  convert: addConvert,
  verify: addVerify,
  playground: addPlayground,
  diff: addDiff,
  patch: addPatch,
};

const program = new Command("nought")
  .description("Sparse linear models whose useless weights are exactly 0.")
  .version(pkg.version)
  .exitOverride()
  .showHelpAfterError("(--help shows all options)")
  .configureHelp({ showGlobalOptions: false })
  .configureOutput({ writeOut: (text) => void print(text), writeErr: tell });
// Only the command at hand, where it is known: each makes dozens of options.
const asked = process.argv[2] ?? "";
for (const [name, add] of Object.entries(COMMANDS)) {
  if (name === asked || !Object.hasOwn(COMMANDS, asked)) add(program, interrupt.signal);
}
for (const command of program.commands) command.exitOverride();

/** Not awaited at the top level: what is imported later imports from here, and would wait for the end of this. */
async function run(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = showError(error, interrupt.signal, asked === "train" ? "; no model was written" : "");
  }
  await flush();
  // At once: to take down gigabytes of memory piece by piece takes its time.
  process.exit();
}

void run();
