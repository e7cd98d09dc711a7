import type { EngineOptions } from "../../src/node.js";

export function references(nought: object, engine: EngineOptions): Promise<Record<string, string>>;
