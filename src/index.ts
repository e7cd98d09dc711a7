export { createEngine, type Engine, type EngineOptions, type Runtime } from "./engine/engine.js";
export { DataError, DivergenceError, MemoryError, ModelError, NoughtError, OptionError, type Place } from "./errors.js";
