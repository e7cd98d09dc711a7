import { workerData } from "node:worker_threads";
import { type WorkerStart, work } from "./engine/work.js";

await work(workerData as WorkerStart);
