import { atomsOf, columnsOf } from "./atoms.js";
import { type Cell, isMissing } from "./cell.js";
import { CellReader } from "./cellreader.js";
import type { SpaceDefinition } from "./define.js";
import { kindOf, type Learner } from "./kinds.js";
import { FeatureSpace } from "./space.js";

/** Learns a space from training records, one at a time. */
export class SpaceLearner {
  readonly #definition: SpaceDefinition;
  readonly #atoms: { column: string; learner: Learner | null; missing: boolean }[];
  readonly #cells: CellReader;

  constructor(definition: SpaceDefinition) {
    this.#definition = definition;
    this.#atoms = [...atomsOf(definition).values()].map(({ definition }) => ({
      column: definition.column,
      learner: kindOf(definition).learner(definition),
      missing: false,
    }));
    this.#cells = new CellReader(definition, columnsOf(definition));
  }

  get columns(): readonly string[] {
    return this.#cells.columns;
  }

  /** Whether there is anything to learn; if not, `observe` need not be called. */
  get isNeeded(): boolean {
    return this.#atoms.some(({ learner }) => learner);
  }

  observe(field: (column: string) => Cell): void {
    for (const [i, { learner, column }] of this.#atoms.entries()) {
      if (learner) this.observeOne(i, this.#cells.read(column, field));
    }
  }

  /** Observes the cell of one atom that learns, numbered as those of a space's layout. */
  observeOne(i: number, cell: Cell): void {
    const atom = this.#atoms[i]!;
    if (isMissing(cell)) atom.missing = true;
    else atom.learner?.observe(cell);
  }

  finish(): FeatureSpace {
    const learned = this.#atoms.map(({ learner, missing }) => ({ ...learner?.finish(), ...(missing && { missing }) }));
    return new FeatureSpace({ definition: this.#definition, learned });
  }
}
