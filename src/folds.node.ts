import { workerData } from "node:worker_threads";
import { type FoldStart, workFolds } from "./train/folds.js";

// Not awaited: Node 20 ends the whole process where a thread is ended while a module that awaits at its top begins.
workFolds(workerData as FoldStart).catch((error) => {
  setImmediate(() => {
    throw error;
  });
});
