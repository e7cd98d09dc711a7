#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { Command } from "commander";
import pkg from "../../package.json" with { type: "json" };
import "../node.js";
import { flush, print, showError, tell } from "./output.js";
import { addTrain } from "./train.js";

// A kernel is called few times, each a long one: what V8's first compiler makes of it would run too long.
setFlagsFromString("--no-liftoff");

const interrupt = new AbortController();
// The first signal stops a training in order; a second one ends the process at once.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupt.abort());

type Adding = (program: Command, signal: AbortSignal) => void;

/** Trainings start as soon as may be; what other commands need is read when it is theirs to run. */
const COMMANDS: Record<string, () => Adding | Promise<Adding>> = {
  train: () => addTrain,
  path: () => import("./path.js").then((it) => it.addPath),
  predict: () => import("./predict.js").then((it) => it.addPredict),
  evaluate: () => import("./evaluate.js").then((it) => it.addEvaluate),
  calibrate: () => import("./calibrate.js").then((it) => it.addCalibrate),
  explain: () => import("./explain.js").then((it) => it.addExplain),
  inspect: () => import("./inspect.js").then((it) => it.addInspect),
  convert: () => import("./convert.js").then((it) => it.addConvert),
  verify: () => import("./verify.js").then((it) => it.addVerify),
  doctor: () => import("./doctor.js").then((it) => it.addDoctor),
  bench: () => import("./bench.js").then((it) => it.addBench),
  playground: () => import("./playground.js").then((it) => it.addPlayground),
  diff: () => import("./diff.js").then((it) => it.addDiff),
  patch: () => import("./diff.js").then((it) => it.addPatch),
};

const program = new Command("nought")
  .description("Sparse linear models whose useless weights are exactly 0.")
  .version(pkg.version)
  .exitOverride()
  .showHelpAfterError("(--help shows all options)")
  .configureHelp({ showGlobalOptions: false })
  .configureOutput({ writeOut: (text) => void print(text), writeErr: tell });
const asked = process.argv[2] ?? "";

/** Not awaited at the top level: what is imported later imports from here, and would wait for the end of this. */
async function run(): Promise<void> {
  try {
    // Only the command at hand, where it is known: each makes dozens of options.
    for (const name of Object.hasOwn(COMMANDS, asked) ? [asked] : Object.keys(COMMANDS)) {
      (await COMMANDS[name]!())(program, interrupt.signal);
    }
    for (const command of program.commands) command.exitOverride();
    await program.parseAsync();
  } catch (error) {
    process.exitCode = showError(error, interrupt.signal, asked === "train" ? "; no model was written" : "");
  }
  await flush();
  // At once: to take down gigabytes of memory piece by piece takes its time.
  process.exit();
}

void run();
