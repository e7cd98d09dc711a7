import { type FoldStart, workFolds } from "./train/folds.js";

addEventListener("message", ({ data }) => workFolds(data as FoldStart), { once: true });
