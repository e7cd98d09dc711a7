import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { ModelError, NoughtError, OptionError } from "../errors.js";
import { platform } from "../platform.js";
import { count } from "../report/text.js";
import type { CheckpointOptions, ResumeOptions } from "../train/session.js";
import { checkWritable, tell } from "./output.js";

type Every = Pick<CheckpointOptions, "everyRows" | "everySeconds">;

export interface CheckpointFlags {
  checkpoint?: string;
  every?: Every;
  resume?: boolean;
  update?: string;
  saveState?: string;
}

export function addCheckpointFlags(command: Command): void {
  const add = (flags: string, text: string) => {
    const option = new Option(flags, text).helpGroup("Long trainings (with --stream):");
    command.addOption(option);
    return option;
  };
  add("--checkpoint <file>", "save the training now and then, when it is interrupted, and at its end");
  add("--every <rows|seconds>", "how often: 1000000, or 30s (default 60s)").argParser(parseEvery);
  add("--resume", "go on from the checkpoint, where there is one");
  add("--update <state>", "go on from the state of a finished training, with new data");
  add("--save-state <file>", "save the finished training, for --update");
}

function parseEvery(text: string): Every {
  const [, number, unit] = /^(\d+(?:\.\d+)?(?:e\d+)?)(s?)$/.exec(text) ?? [];
  if (!(Number(number) > 0)) throw new InvalidArgumentError('Expected rows, as "1000000", or seconds, as "30s".');
  return unit ? { everySeconds: Number(number) } : { everyRows: Number(number) };
}

/** What flags say about where a training goes on from and is saved to. */
export class Saving {
  readonly options: ResumeOptions;
  /** File that a training goes on from. */
  readonly #from: string | undefined;
  readonly #checkpoint: string | undefined;
  #saved: { epoch: number; row: number } | null = null;

  private constructor(flags: CheckpointFlags, resume: Uint8Array | null, update: Uint8Array | null) {
    const { checkpoint, every, saveState } = flags;
    this.#checkpoint = checkpoint;
    this.#from = resume ? checkpoint : flags.update;
    this.options = {
      ...(checkpoint !== undefined && { checkpoint: { save: (state, at) => this.#save(state, at), ...every } }),
      ...(resume && { resume }),
      ...(update && { update }),
      ...(saveState !== undefined && { keepState: true }),
    };
  }

  /** Reads the states that flags name. Throws OptionError on flags that do not go together. */
  static async of(flags: CheckpointFlags & { stream?: boolean; quiet?: boolean }): Promise<Saving> {
    const { checkpoint, every, resume, update, stream, quiet } = flags;
    const given = Object.entries({ checkpoint, update, "save-state": flags.saveState }).find(
      ([, it]) => it !== undefined,
    );
    if (given && !stream) throw new OptionError(`--${given[0]}: of --stream`);
    if (checkpoint === undefined && resume) throw new OptionError("--resume goes with --checkpoint");
    if (checkpoint === undefined && every) throw new OptionError("--every goes with --checkpoint");
    if (checkpoint !== undefined) await checkWritable(checkpoint);
    const note = (text: string) => {
      if (!quiet) tell(`${text}\n`);
    };
    const state = resume ? await read(checkpoint!, "or null") : null;
    if (state) note(`resuming from ${checkpoint}`);
    else if (resume) note(`no checkpoint ${checkpoint} yet: starting afresh`);
    else if (checkpoint !== undefined && (await platform().facts(checkpoint))) {
      note(`checkpoint ${checkpoint} will be replaced; --resume would go on from it`);
    }
    return new Saving(flags, state, update === undefined ? null : await read(update));
  }

  async #save(state: Uint8Array, at: { epoch: number; row: number }): Promise<void> {
    await platform().save(this.#checkpoint!, state);
    this.#saved = at;
  }

  /** Tells what an interrupted training left. */
  tellInterrupted(): void {
    if (this.#checkpoint === undefined) return;
    const what = this.#saved
      ? `has the training up to row ${count(this.#saved.row)} of epoch ${this.#saved.epoch}`
      : this.options.resume && "is as it was";
    if (what) tell(`checkpoint ${this.#checkpoint} ${what}; --resume goes on from there\n`);
  }

  /** Gives an error about a state its file. */
  placed(error: unknown): unknown {
    const isState = error instanceof ModelError && this.#from !== undefined;
    return isState ? new ModelError(`${this.#from}: ${error.message}`, { cause: error }) : error;
  }
}

async function read(path: string, orNull?: "or null"): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (orNull && (cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new NoughtError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
