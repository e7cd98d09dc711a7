import type { Table } from "../data/blocktypes.js";
import { DIRECT } from "../data/dictionary.js";
import { OptionError } from "../errors.js";
import type { ProgressiveOptions, SolverOptions, TableOptions } from "./options.js";

/** Of 8 bytes each in the 4 GiB of WebAssembly's memory, where something else is always there. */
const MOST_BITS = 28;
const MOST_SLOTS = 2 ** 29 - 2 ** 21;
/** A table of so many is always taken where the declared dimension is known: 134 MB at most, and no id is looked up. */
const FEW_SLOTS = 2 ** 24;
/** Of all models of a sweep. */
const FEW_IN_ALL = 2 ** 26;

/** Columns are numbered as they are met. */
const NUMBERED: Table = { slots: 0, beyond: "numbered" };
/** Small ids are columns themselves, for 34 MB at most; 50 where sums of squares begin above 0. */
const OPEN: Table = { slots: DIRECT, beyond: "numbered" };

type Given = SolverOptions & TableOptions & ProgressiveOptions;

/**
 * Returns how the ids of a stream are given columns; `declared`: the dimension that is known ahead, else 0. Weights are
 * the same in any way. Throws OptionError on what cannot be.
 */
export function tableFor(declared: number, options: Given): Table {
  const { bits, dense, inclusion, solver, sweep } = options;
  if (inclusion !== undefined) {
    if (!(typeof inclusion === "number" && inclusion > 0 && inclusion <= 1)) {
      throw new OptionError(`inclusion ${inclusion}: expected a number in (0, 1]`);
    }
    if (bits === undefined && dense === undefined) return NUMBERED;
    throw new OptionError(
      "inclusion is for columns that are numbered as they are met: bits and dense have a slot for all",
    );
  }
  if (solver === "sgd") {
    if (bits === undefined && dense === undefined) return NUMBERED;
    throw new OptionError('solver "sgd" numbers the columns that it meets: bits and dense are of solver "ftrl"');
  }
  if (bits !== undefined && dense !== undefined) throw new OptionError("bits and dense are two ways: give one");
  if (bits !== undefined) {
    if (!(Number.isInteger(bits) && bits >= 1 && bits <= MOST_BITS)) {
      throw new OptionError(`bits ${bits}: expected a whole number from 1 to ${MOST_BITS}`);
    }
    return tableOf(2 ** bits, declared, "folded");
  }
  if (dense !== undefined) return tableOf(denseSlots(dense, declared), declared, "refused");
  const most = Math.min(FEW_SLOTS, FEW_IN_ALL / (sweep?.length ?? 1));
  if (declared > 0 && declared <= most) return { slots: declared, beyond: "refused" };
  return OPEN.slots <= most ? OPEN : NUMBERED;
}

/** A table of so many slots, or of the declared dimension where that is less: no id lies beyond. */
function tableOf(slots: number, declared: number, beyond: Table["beyond"]): Table {
  const isWhole = declared > 0 && declared <= slots;
  return isWhole ? { slots: declared, beyond: "refused" } : { slots, beyond };
}

function denseSlots(dense: unknown, declared: number): number {
  if (dense === true && declared === 0) {
    throw new OptionError("dense: this format declares no dimension; say how many there are");
  }
  const slots = dense === true ? declared : dense;
  if (typeof slots !== "number" || !Number.isInteger(slots) || slots < 1 || slots < declared) {
    throw new OptionError(
      `dense ${slots}: expected a whole number of dimensions${declared ? `, ${declared} or more` : ""}`,
    );
  }
  if (slots <= MOST_SLOTS) return slots;
  throw new OptionError(`dense: ${slots} dimensions of 8 bytes are more than WebAssembly's 4 GiB; bits shares slots`);
}
