import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type LegStart, workLegs } from "./train/legs.js";

const parent = parentPort as MessagePort;
// Not awaited: Node 20 ends the whole process where a thread is ended while a module that awaits at its top begins.
workLegs(workerData as LegStart, (told) => parent.postMessage(told)).catch((error) => {
  setImmediate(() => {
    throw error;
  });
});
