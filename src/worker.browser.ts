import { type WorkerStart, work } from "./engine/work.js";

addEventListener("message", ({ data }) => work(data as WorkerStart), { once: true });
