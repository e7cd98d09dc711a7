import { workerData } from "node:worker_threads";
import { type WorkerStart, work } from "./engine/work.js";

// Not awaited: Node 20 ends the whole process where a thread is ended while a module that awaits at its top begins.
work(workerData as WorkerStart).catch((error) => {
  setImmediate(() => {
    throw error;
  });
});
