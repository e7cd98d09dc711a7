// Loaded by NODE_OPTIONS=--import before a program: the first worker that it starts comes to harm. What FAULT says:
//     stop    it is terminated FAULT_AFTER milliseconds after it is up
//     memory  it runs out of its heap
// At the end FAULT_LOG gets how many milliseconds the process lived on after that; nothing, where no worker was harmed.
import { writeFileSync } from "node:fs";
import threads from "node:worker_threads";

const { FAULT, FAULT_AFTER, FAULT_LOG } = process.env;
let harmed = null;
let isFirst = true;

threads.Worker = class extends threads.Worker {
  constructor(file, options) {
    const isIt = isFirst && threads.isMainThread;
    isFirst = false;
    super(file, isIt && FAULT === "memory" ? { ...options, resourceLimits: { maxOldGenerationSizeMb: 1 } } : options);
    if (!isIt) return;
    this.on("exit", () => {
      harmed ??= performance.now();
    });
    if (FAULT === "stop") this.once("online", () => setTimeout(() => this.terminate(), Number(FAULT_AFTER)));
  }
};
process.on("exit", () => {
  if (harmed !== null) writeFileSync(FAULT_LOG, String(performance.now() - harmed));
});
