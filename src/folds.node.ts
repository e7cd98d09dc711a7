import { workerData } from "node:worker_threads";
import { type FoldStart, workFolds } from "./train/folds.js";

await workFolds(workerData as FoldStart);
