// Loaded by NODE_OPTIONS=--import before a program, and in its workers: they come to harm. What FAULT says:
//     stop    the first is terminated FAULT_AFTER milliseconds after it is up
//     memory  the first runs out of its heap
//     trap    kernels that read text trap in every one, at the call after FAULT_AFTER
//     exit    every one ends in the middle of such a call
// At the end FAULT_LOG gets how many milliseconds the process lived on after that; nothing, where no worker was harmed.
// STARTED_LOG is there when one ran at all.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import threads from "node:worker_threads";

const { FAULT, FAULT_AFTER, FAULT_LOG, STARTED_LOG } = process.env;
const note = () => existsSync(FAULT_LOG) || writeFileSync(FAULT_LOG, String(Date.now()));

if (threads.isMainThread) {
  let isFirst = true;
  threads.Worker = class extends threads.Worker {
    constructor(file, options) {
      const isIt = isFirst;
      isFirst = false;
      super(file, isIt && FAULT === "memory" ? { ...options, resourceLimits: { maxOldGenerationSizeMb: 1 } } : options);
      if (!isIt || FAULT === "trap" || FAULT === "exit") return;
      this.on("error", note); // of no memory
      const stop = () => {
        note();
        this.terminate();
      };
      if (FAULT === "stop") this.once("online", () => setTimeout(stop, Number(FAULT_AFTER)));
    }
  };
  process.on("exit", () => {
    if (existsSync(FAULT_LOG)) writeFileSync(FAULT_LOG, String(Date.now() - Number(readFileSync(FAULT_LOG, "utf8"))));
  });
} else {
  writeFileSync(STARTED_LOG, "");
}

if (!threads.isMainThread && (FAULT === "trap" || FAULT === "exit")) {
  let left = Number(FAULT_AFTER);
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class {
    constructor(...args) {
      const { exports } = new Instance(...args);
      this.exports = Object.fromEntries(Object.entries(exports).map(trapping));
    }
  };
  const trapping = ([name, kernel]) => {
    if (!name.startsWith("parse")) return [name, kernel];
    const call = (...given) => {
      if (left-- > 0) return kernel(...given);
      note();
      if (FAULT === "exit") process.exit(1); // ends the thread, at once
      throw new WebAssembly.RuntimeError("unreachable");
    };
    return [name, call];
  };
}
