import type { Table } from "../data/blocktypes.js";
import type { Dictionary } from "../data/dictionary.js";
import { ModelError } from "../errors.js";
import { type Columns, rawOf, STATE_BYTES } from "./checkpoint.js";
import type { Trainer } from "./trainer.js";

/** Returns what a trainer carries for its columns: the first `count` of a dictionary, or a table's. */
export function columnsOf(
  trainer: Trainer,
  dictionary: Dictionary | null,
  count: number,
  table: Table | null,
): Columns {
  const state = rawOf(trainer.state.view);
  if (!dictionary) return usedSlots(state.subarray(0, STATE_BYTES * table!.slots), trainer.fresh);
  return { kind: "numbered", ids: dictionary.ids.subarray(0, count), state: state.subarray(0, STATE_BYTES * count) };
}

/** Lists the slots of a table that are not as they began. Where that is no shorter: all. */
function usedSlots(state: Uint8Array, fresh: Uint8Array): Columns {
  const words = new Uint32Array(state.buffer, state.byteOffset, state.length / 4);
  const [low, high] = new Uint32Array(fresh.slice().buffer) as unknown as [number, number];
  const slots = state.length / STATE_BYTES;
  let used = 0;
  for (let at = 0; at < words.length; at += 2) if (words[at] !== low || words[at + 1] !== high) used++;
  if (used * (4 + STATE_BYTES) >= state.length) return { kind: "dense", slots, state };
  const ids = new Uint32Array(used);
  const own = new Uint32Array(2 * used);
  for (let j = 0, k = 0; j < slots; j++) {
    if (words[2 * j] === low && words[2 * j + 1] === high) continue;
    own[2 * k] = words[2 * j]!;
    own[2 * k + 1] = words[2 * j + 1]!;
    ids[k++] = j;
  }
  return { kind: "touched", slots, ids, state: rawOf(own) };
}

/** Throws ModelError where columns are kept in another way than a training does. */
export function checkKind(columns: Columns, dictionary: Dictionary | null, table: Table | null): void {
  const isSame = columns.kind === "numbered" ? dictionary !== null : columns.slots === table?.slots;
  if (!isSame) throw new ModelError("the training state does not fit: it keeps its columns in another way");
}

/** Gives ids the first numbers of a dictionary, in order. Throws ModelError where one is there twice. */
export function numberIn(dictionary: Dictionary, ids: Float64Array): void {
  ids.forEach((id, j) => {
    if (dictionary.add(id) !== j) throw new ModelError(`training state is damaged: index ${id + 1} is there twice`);
  });
}

/** Gives a trainer, which has room for it, what another carried. Throws ModelError where that was another solver's. */
export function restore(trainer: Trainer, globals: Float64Array, columns: Columns): void {
  if (globals.length !== trainer.globals.length) throw new ModelError("training state is damaged: it lacks numbers");
  trainer.globals.view.set(globals);
  const state = rawOf(trainer.state.view);
  if (columns.kind !== "touched") state.set(columns.state);
  else {
    columns.ids.forEach((slot, k) => {
      for (let b = 0; b < STATE_BYTES; b++) state[STATE_BYTES * slot + b] = columns.state[STATE_BYTES * k + b]!;
    });
  }
}
