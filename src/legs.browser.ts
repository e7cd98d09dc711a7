import { type LegStart, workLegs } from "./train/legs.js";

addEventListener("message", ({ data }) => workLegs(data as LegStart, (told) => postMessage(told)), { once: true });
