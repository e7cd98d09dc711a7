import type { BlockStore } from "../data/blocks.js";
import type { Table } from "../data/blocktypes.js";
import type { Dictionary } from "../data/dictionary.js";
import { ModelError } from "../errors.js";
import { type Columns, rawOf, STATE_BYTES } from "./checkpoint.js";
import type { Trainer } from "./trainer.js";

/**
 * Returns what a trainer carries for its columns: those slots of a table that are not as they began, and the first
 * `count` that a dictionary numbers behind them.
 */
export function columnsOf(trainer: Trainer, { slots }: Table, dictionary: Dictionary | null, count: number): Columns {
  const state = rawOf(trainer.state.view);
  const table = state.subarray(0, STATE_BYTES * slots);
  const used = usedSlots(table, trainer.fresh);
  if (!dictionary) {
    const isShorter = used.length * (4 + STATE_BYTES) < table.length;
    return isShorter
      ? { kind: "touched", slots, ids: used, state: statesOf(table, used, used.length) }
      : { kind: "dense", slots, state: table };
  }
  const all = used.length + count;
  const ids = new Float64Array(all);
  ids.set(used);
  ids.set(dictionary.ids.subarray(0, count), used.length);
  const states = statesOf(table, used, all);
  states.set(state.subarray(STATE_BYTES * slots, STATE_BYTES * (slots + count)), STATE_BYTES * used.length);
  return { kind: "numbered", ids, state: states };
}

/** Lists the slots that are not as they began. */
function usedSlots(state: Uint8Array, fresh: Uint8Array): Uint32Array {
  const words = wordsOf(state);
  const [low, high] = wordsOf(fresh) as unknown as [number, number];
  const isUsed = (j: number) => words[2 * j] !== low || words[2 * j + 1] !== high;
  const slots = words.length / 2;
  let used = 0;
  for (let j = 0; j < slots; j++) if (isUsed(j)) used++;
  const ids = new Uint32Array(used);
  for (let j = 0, k = 0; k < used; j++) if (isUsed(j)) ids[k++] = j;
  return ids;
}

/** Returns the states of some slots side by side, with room for so many in all. */
function statesOf(state: Uint8Array, slots: Uint32Array, room: number): Uint8Array {
  const words = wordsOf(state);
  const own = new Uint32Array(2 * room);
  slots.forEach((slot, k) => {
    own[2 * k] = words[2 * slot]!;
    own[2 * k + 1] = words[2 * slot + 1]!;
  });
  return rawOf(own);
}

function wordsOf({ buffer, byteOffset, length }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length / 4);
}

/** Throws ModelError where columns are kept in another way than a training does. */
export function checkKind(columns: Columns, { slots, beyond }: Table): void {
  const isNumbered = beyond === "numbered";
  const isSame = columns.kind === "numbered" ? isNumbered : !isNumbered && columns.slots === slots;
  if (!isSame) throw new ModelError("the training state does not fit: it keeps its columns in another way");
}

/** Gives a store the ids of a state, and returns how many have numbers. Throws ModelError where one is there twice. */
export function admit(store: BlockStore, ids: Float64Array): number {
  const { slots } = store.table;
  const dictionary = store.dictionary!;
  let last = -1;
  for (const id of ids) {
    const numbers = dictionary.length;
    const isNew = id < slots ? id > last : dictionary.add(id) === numbers;
    if (!isNew) throw new ModelError(`training state is damaged: index ${id + 1} is there twice`);
    if (id < slots) last = id;
  }
  store.reach(last + 1);
  return dictionary.length;
}

/** Gives a trainer, which has room for it, what another carried. Throws ModelError where that was another solver's. */
export function restore(trainer: Trainer, globals: Float64Array, columns: Columns, { slots }: Table): void {
  if (globals.length !== trainer.globals.length) throw new ModelError("training state is damaged: it lacks numbers");
  trainer.globals.view.set(globals);
  const state = rawOf(trainer.state.view);
  if (columns.kind === "dense") {
    state.set(columns.state);
    return;
  }
  let numbers = slots;
  columns.ids.forEach((id, k) => {
    const column = id < slots ? id : numbers++;
    for (let b = 0; b < STATE_BYTES; b++) state[STATE_BYTES * column + b] = columns.state[STATE_BYTES * k + b]!;
  });
}
