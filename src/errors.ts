/** Base of every error that nought throws on purpose. */
export class NoughtError extends Error {
  override readonly name: string = "NoughtError";
}

/** An option, flag or argument that cannot be used as given. Exit code 2. */
export class OptionError extends NoughtError {
  override readonly name = "OptionError";
}

/** Where a piece of bad input stands. Lines and columns count from 1; columns in characters. */
export interface Place {
  source: string;
  line: number;
  column: number;
  /** The offending line, for showing to a person. */
  text?: string;
}

/** Input data that cannot be read as what it claims to be. Exit code 3. */
export class DataError extends NoughtError {
  override readonly name = "DataError";
  /** What is wrong, without its place. */
  readonly problem: string;
  readonly place: Place | null;

  constructor(problem: string, place: Place | null = null) {
    super(place ? `${place.source}:${place.line}:${place.column}: ${problem}` : problem);
    this.problem = problem;
    this.place = place;
  }
}

/** A model file that is damaged, of an unknown version, or does not fit the data. Exit code 3. */
export class ModelError extends NoughtError {
  override readonly name = "ModelError";
}

/** Memory that the machine or WebAssembly cannot give. */
export class MemoryError extends NoughtError {
  override readonly name = "MemoryError";
}

/** A computation whose numbers left the finite range, as with too large a learning rate. */
export class DivergenceError extends NoughtError {
  override readonly name = "DivergenceError";
}
