import { ModelError, OptionError } from "../errors.js";
import { parseDecimal, quote } from "../features/cell.js";
import { Model } from "../model/model.js";
import { count } from "../report/text.js";

// The text that liblinear-train writes and liblinear-predict reads:
//
//     solver_type L1R_LR
//     nr_class 2
//     label 1 -1          of a classifier: first the class whose margins are above 0
//     nr_feature 123
//     bias 1              what an index more is in every row; below 0: there is none
//     w
//     0.25                a line an index, 0 too; with a bias one more, times which it is the intercept

/** Those whose margins mean what a model's do: log-odds, or a value fitted by squares. */
const LOSSES: Record<string, Model["loss"]> = {
  L1R_LR: "logistic",
  L2R_LR: "logistic",
  L2R_LR_DUAL: "logistic",
  L2R_L2LOSS_SVR: "squared",
  L2R_L2LOSS_SVR_DUAL: "squared",
};

/** It would be longer than a text can be. */
const MOST_INDICES = 1e8;

/**
 * Writes a model as LIBLINEAR's text; an id is the index after it. Labels are 1 and −1, or `positive` of the training
 * and −1. Throws OptionError when ids are folded, or when there are more than 10⁸.
 */
export function toLiblinear({ loss, intercept, declared, slots, ids, values, training }: Model): string {
  if (slots !== null) throw new OptionError("LIBLINEAR has no ids that share slots");
  if (declared > MOST_INDICES) {
    throw new OptionError(
      `LIBLINEAR's text has a line for each of ${count(declared)} dimensions; expected ${count(MOST_INDICES)} at most`,
    );
  }
  const { solver, positive = 1, negative = positive === -1 ? 1 : -1 } = training.options;
  const known = LOSSES[String(solver)] === loss ? solver : loss === "logistic" ? "L1R_LR" : "L2R_L2LOSS_SVR";
  const lines = [`solver_type ${known}`, "nr_class 2"];
  if (loss === "logistic") lines.push(`label ${positive} ${negative}`);
  lines.push(`nr_feature ${declared}`, `bias ${intercept === 0 ? -1 : 1}`, "w");
  const weights: string[] = [];
  let next = 0;
  ids.forEach((id, i) => {
    weights.push("0 \n".repeat(id - next), `${values[i]} \n`);
    next = id + 1;
  });
  weights.push("0 \n".repeat(declared - next));
  if (intercept !== 0) weights.push(`${intercept} \n`);
  return `${lines.join("\n")}\n${weights.join("")}`;
}

/**
 * Reads LIBLINEAR's text. The larger of two labels is "yes". Weights are rounded to single precision. Throws ModelError,
 * by line, where it is damaged, has more classes than two, or is a support vector machine's: its margins are no log-odds.
 */
export function fromLiblinear(file: Uint8Array): Model {
  const reader = new Reader(file);
  const { solver_type, nr_class, label, nr_feature, bias } = reader.header();
  const loss = LOSSES[solver_type!];
  if (!loss) reader.refuse("solver_type", Object.keys(LOSSES).join(", "));
  if (nr_class !== "2") reader.refuse("nr_class", "2");
  const declared = Number(nr_feature);
  if (!(/^\d+$/.test(nr_feature ?? "") && Number.isSafeInteger(declared) && declared > 0))
    reader.refuse("nr_feature", "a count");
  const always = parseDecimal(bias ?? "");
  if (Number.isNaN(always)) reader.refuse("bias", "a number");
  const [first, second] = loss === "logistic" ? labelsOf(label, reader) : [1, -1];
  const sign = first > second ? 1 : -1;

  const ids: number[] = [];
  const weights: number[] = [];
  for (let id = 0; id < declared; id++) {
    const weight = Math.fround(sign * reader.number());
    if (!Number.isFinite(weight)) reader.fail("a weight is beyond single precision (±3.4e38)");
    if (weight === 0) continue;
    ids.push(id);
    weights.push(weight);
  }
  const intercept = always >= 0 ? sign * always * reader.number() : 0;
  if (!Number.isFinite(intercept)) reader.fail("bias times its weight is beyond double precision (±1.8e308)");
  reader.end();
  const coding = loss === "logistic" && { positive: Math.max(first, second), negative: Math.min(first, second) };
  const training = {
    options: { solver: solver_type!, ...coding },
    rows: 0,
    seen: ids.length,
    seenByFeature: [],
    loss: { progressive: null, train: null, validation: null },
  };
  // Adding 0 leaves no −0.
  const parts = { loss: loss!, intercept: intercept + 0, declared, space: null, training };
  return new Model(parts, Float64Array.from(ids), Float32Array.from(weights));
}

function labelsOf(text: string | undefined, reader: Reader): [first: number, second: number] {
  const labels = text?.split(/\s+/).map(parseDecimal) ?? [];
  const [first, second] = labels as [number, number];
  if (labels.length !== 2 || !(first > second || first < second)) reader.refuse("label", "two numbers");
  return [first, second];
}

const KEYS = ["solver_type", "nr_class", "label", "nr_feature", "bias"];
const [BLANK, LINE_END, ZERO] = [32, 10, 48];

class Reader {
  readonly #bytes: Uint8Array;
  readonly #header: Partial<Record<string, { value: string; line: number }>> = {};
  #at = 0;
  #line = 1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  fail(problem: string): never {
    throw new ModelError(`LIBLINEAR model, line ${this.#line}: ${problem}`);
  }

  /** Fails by what the header says under a key. */
  refuse(key: string, expected: string): never {
    const { value, line } = this.#header[key] ?? { value: "is not there", line: this.#line };
    this.#line = line;
    this.fail(`${key} ${value}: expected ${expected}`);
  }

  /** Reads what stands before the weights, by name. */
  header(): Partial<Record<string, string>> {
    const header = this.#header;
    for (;;) {
      const end = this.#bytes.indexOf(LINE_END, this.#at);
      if (end < 0) this.fail(`expected ${KEYS.join(", ")} and w`);
      const line = new TextDecoder().decode(this.#bytes.subarray(this.#at, end)).trim();
      this.#at = end + 1;
      if (line === "w") break;
      const [key, value] = line.split(/\s+(.*)/, 2) as [string, string?];
      if (!KEYS.includes(key) || header[key]) this.fail(`${quote(line)}: expected ${KEYS.join(", ")} once each, or w`);
      header[key] = { value: value ?? "", line: this.#line };
      this.#line++;
    }
    this.#line++;
    return Object.fromEntries(Object.entries(header).map(([key, it]) => [key, it!.value]));
  }

  number(): number {
    const bytes = this.#bytes;
    this.#blanks();
    const from = this.#at;
    while (bytes[this.#at]! > BLANK) this.#at++;
    if (this.#at === from) this.fail("it ends before its last weight");
    // Most are 0.
    if (this.#at === from + 1 && bytes[from] === ZERO) return 0;
    const text = new TextDecoder().decode(bytes.subarray(from, this.#at));
    const number = parseDecimal(text);
    if (Number.isNaN(number)) this.fail(`${quote(text)} is not a finite decimal number`);
    return number;
  }

  end(): void {
    this.#blanks();
    if (this.#at < this.#bytes.length) this.fail("it goes on after its last weight");
  }

  #blanks(): void {
    for (; this.#bytes[this.#at]! <= BLANK; this.#at++) if (this.#bytes[this.#at] === LINE_END) this.#line++;
  }
}
