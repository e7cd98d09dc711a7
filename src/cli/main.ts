#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { Command } from "commander";
import pkg from "../../package.json" with { type: "json" };
import "../node.js";
import { addEvaluate } from "./evaluate.js";
import { addInspect } from "./inspect.js";
import { EXIT, showError } from "./output.js";
import { addPath } from "./path.js";
import { addPredict } from "./predict.js";
import { addTrain } from "./train.js";

// A kernel is called few times, each a long one: what V8's first compiler makes of it would run too long.
setFlagsFromString("--no-liftoff");

const interrupt = new AbortController();
// The first signal stops a training in order; a second one ends the process at once.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupt.abort());
// A reader that has had enough (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? EXIT.done : showError(error, false)),
);

const program = new Command("nought")
  .description("Sparse linear models whose useless weights are exactly 0.")
  .version(pkg.version)
  .exitOverride()
  .showHelpAfterError("(--help shows all options)")
  .configureHelp({ showGlobalOptions: false });
addTrain(program, interrupt.signal);
addPath(program, interrupt.signal);
addPredict(program, interrupt.signal);
addEvaluate(program, interrupt.signal);
addInspect(program);
for (const command of program.commands) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = showError(error, interrupt.signal.aborted);
}
