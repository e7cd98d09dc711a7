import { HASH_KEY } from "../keyed.js";
import {
  type Content,
  DESCENT,
  FACE,
  type Fields,
  FTRL,
  LESSON,
  MATRIX,
  PARSE,
  PLAN,
  ROWS,
  SCORE,
  SEARCH,
  SGD,
} from "./fields.js";
import type { Descent, Ftrl, Kernels, Loss, Matrix, Rows, Sgd } from "./kernels.js";
import type { LinearMemory, Slice } from "./memory.js";
import { type Lesson, OUTPUT_LENGTH, type Parse, type Plan, type Score, SEEN_LENGTH, STEP_LENGTH } from "./texts.js";

/** What an instance of the module exports: kernels by name, and the layout's numbers as globals. */
export type Exports = Record<string, WebAssembly.Global & ((...args: number[]) => number)>;

/** Returns the kernels of an instance. Their argument structs are taken from its arena. */
export function wasmKernels(exports: Exports, memory: LinearMemory): Kernels {
  let view = new DataView(memory.buffer);
  /**
   * Returns a function that writes a struct of assembly/layout.ts or texts.ts and returns its address. `others`: fields
   * that the content has not, or in another form.
   */
  const struct = <F extends Fields>(name: string, fields: F, within?: number) => {
    const constant = (field: string) => exports[`${name}_${field}`]?.value as number;
    const pointer = within ?? memory.allocate(constant("BYTES"));
    const offsets = Object.keys(fields).map((field) => constant(field.replace(/[A-Z]/g, "_$&").toUpperCase()));
    const layout = Object.entries(fields).map(([field, type], i) => ({ field, type, at: pointer + offsets[i]! }));
    return <O extends Partial<Content<F>>>(content: Omit<Content<F>, keyof O>, others?: O): number => {
      const own = content as Content<F>;
      if (view.buffer !== memory.buffer) view = new DataView(memory.buffer);
      for (const { field, type, at } of layout) {
        const value = others?.[field] ?? own[field];
        const number = typeof value === "number" ? value : (value?.pointer ?? 0);
        if (type === "Uint32") view.setUint32(at, number, true);
        else if (type === "Float64") view.setFloat64(at, number, true);
        else view.setFloat32(at, number, true);
      }
      return pointer;
    };
  };
  const rowsPointer = memory.allocate(exports.ROWS_BYTES?.value);
  const writeMatrix = struct("MATRIX", MATRIX, rowsPointer);
  const writeTargets = struct("ROWS", ROWS, rowsPointer);
  const writeOther = struct("MATRIX", MATRIX);
  const writeOnline = struct("FTRL", FTRL);
  const keyed = { key: HASH_KEY };
  const writeFtrl = (o: Ftrl) => writeOnline(o, keyed);
  const writeSgd = struct("SGD", SGD);
  const writeDescent = struct("DESCENT", DESCENT);
  const writeSearch = struct("SEARCH", SEARCH);
  const writeFace = struct("FACE", FACE);
  const writeParse = struct("PARSE", PARSE);
  const writeScore = struct("SCORE", SCORE);
  const writePlan = struct("PLAN", PLAN);
  const writeLesson = struct("LESSON", LESSON);
  const writeHessian = struct("MATRIX", MATRIX);
  const writeRows = (rows: Rows) => {
    writeMatrix(rows);
    return writeTargets(rows);
  };
  const writeScored = (o: Score) => {
    const flags = { isLogistic: Number(o.isLogistic), isLabelled: Number(o.isLabelled) };
    return writeScore(o, { ...flags, models: o.biases.length });
  };
  let parser: { of: Parse; at: number } | null = null;
  const writeParser = (of: Parse) => {
    // The same again and again, where rows are scored.
    if (of !== parser?.of) {
      const { direct, hashed, seen, score } = of;
      const lengths = { span: direct.length, slots: hashed.length, seats: seen.length / 4, key: HASH_KEY };
      parser = { of, at: writeParse(of, { ...lengths, score: score && writeScored(score) }) };
    }
    return parser.at;
  };
  const writeTable = (plan: Plan) =>
    writePlan(plan, {
      atoms: plan.steps.length / STEP_LENGTH,
      combinations: plan.outputs.length / OUTPUT_LENGTH,
      absent: plan.missing.length / 2,
      mask: plan.seats.length / 2 - 1,
      unquotedRoom: plan.unquoted.length - 8,
      isMany: Number(plan.isMany),
      isSimple: Number(plan.isSimple),
    });

  const writeLearner = (o: Lesson) =>
    writeLesson(o, {
      slots: o.words.length / SEEN_LENGTH,
      room: o.numbers.length,
      textRoom: o.text.length,
      most: o.met.length / 3,
    });

  const call = (name: string, ...args: number[]): number => {
    const kernel = exports[name];
    if (!kernel) throw new TypeError(`kernel ${name} is not in this build`);
    return kernel(...args);
  };
  const suffix = (loss: Loss, rows: Matrix) => `${loss === "logistic" ? "Logistic" : "Squared"}${kind(rows)}`;
  const kind = (rows: Matrix) => (rows.values ? "Stored" : "Ones");
  const at = (slice: Slice | null) => slice?.pointer ?? 0;

  return {
    margins: (rows, from, to, w, bias, out) => {
      call(`margins${kind(rows)}`, writeMatrix(rows), from, to, at(w), bias, at(out));
    },
    loss: (loss, rows, from, to, margins) =>
      call(loss === "logistic" ? "lossLogistic" : "lossSquared", writeRows(rows), from, to, at(margins)),
    ftrlRows: (loss, rows, order, from, to, o: Ftrl) =>
      call(`ftrlRows${suffix(loss, rows)}`, writeRows(rows), at(order), from, to, writeFtrl(o)),
    ftrlBatches: (loss, rows, order, from, to, o: Ftrl) =>
      call(`ftrlBatches${suffix(loss, rows)}`, writeRows(rows), at(order), from, to, writeFtrl(o)),
    ftrlGradient: (loss, rows, order, from, to, o: Ftrl) =>
      call(`ftrlGradient${suffix(loss, rows)}`, writeRows(rows), at(order), from, to, writeFtrl(o)),
    ftrlStep: (o) => {
      call("ftrlStep", writeFtrl(o));
    },
    ftrlWeights: (o, from, to, out) => {
      call("ftrlWeights", writeFtrl(o), from, to, at(out));
    },
    ftrlTouched: (o, from, to, begin, out) => call("ftrlTouched", writeFtrl(o), from, to, begin, at(out)) >>> 0,
    ftrlIntercept: (o) => call("ftrlIntercept", writeFtrl(o)),
    sgdRows: (loss, rows, order, from, to, o: Sgd) =>
      call(`sgdRows${suffix(loss, rows)}`, writeRows(rows), at(order), from, to, writeSgd(o)),
    sgdWeights: (o, from, to, out) => {
      call("sgdWeights", writeSgd(o), from, to, at(out));
    },
    linearize: (loss, rows, from, to, margins, model) =>
      call(
        loss === "logistic" ? "linearizeLogistic" : "linearizeSquared",
        writeRows(rows),
        from,
        to,
        at(margins),
        at(model),
      ),
    dual: (loss, rows, from, to, model, offsets, c) =>
      call(
        loss === "logistic" ? "dualLogistic" : "dualSquared",
        ...[writeRows(rows), from, to, at(model), at(offsets), c],
      ),
    touch: (loss, rows, from, to, model, margins) =>
      call(loss === "logistic" ? "touchLogistic" : "touchSquared", writeRows(rows), from, to, at(model), at(margins)),
    gradients: (x, from, to, model, out) => {
      call(`gradients${kind(x)}`, writeMatrix(x), from, to, at(model), at(out));
    },
    derivatives: (x, from, to, model, gradients, curvatures) => {
      call(`derivatives${kind(x)}`, writeMatrix(x), from, to, at(model), at(gradients), at(curvatures));
    },
    couplings: (x, from, to, model, out) => {
      call(`couplings${kind(x)}`, writeMatrix(x), from, to, at(model), at(out));
    },
    spread: (x, count, d, out) => {
      call(`spread${kind(x)}`, writeMatrix(x), count, at(d), at(out));
    },
    curve: (rows, bounds, from, to, columns, model, u, out) =>
      call(`curve${kind(rows)}`, writeMatrix(rows), at(bounds), from, to, columns, at(model), at(u), at(out)),
    conjugateBegin: (columns, o) => {
      call("conjugateBegin", columns, writeSearch(o));
    },
    conjugateStep: (columns, pieces, curvature, o) => {
      call("conjugateStep", columns, pieces, curvature, writeSearch(o));
    },
    project: (loss, rows, from, to, model) => {
      call(loss === "logistic" ? "projectLogistic" : "projectSquared", writeRows(rows), from, to, at(model));
    },
    along: (from, to, margins, v, share, out) => {
      call("along", from, to, at(margins), at(v), share, at(out));
    },
    advance: (from, to, model, v) => {
      call("advance", from, to, at(model), at(v));
    },
    tilt: (from, to, model, v) => call("tilt", from, to, at(model), at(v)),
    bend: (from, to, model, v) => call("bend", from, to, at(model), at(v)),
    gram: (rows, count, columns, model, out) => {
      call(`gram${kind(rows)}`, writeMatrix(rows), count, columns, at(model), at(out));
    },
    survey: (count, gradients, weights, penalties, share, order) =>
      call("survey", count, at(gradients), at(weights), at(penalties), share, at(order)),
    penalty: (count, penalties, weights, from) => call("penalty", count, at(penalties), at(weights), at(from)),
    violation: (count, order, weights, gradients, penalties) =>
      call("violation", count, at(order), at(weights), at(gradients), at(penalties)),
    scaling: (count, order, weights, gradients, penalties, out) => {
      call("scaling", count, at(order), at(weights), at(gradients), at(penalties), at(out));
    },
    choose: (count, order, weights, gradients, penalties, skipped, least, scores, out) =>
      call(
        "choose",
        ...[count, at(order), at(weights), at(gradients), at(penalties), skipped, least, at(scores), at(out)],
      ),
    aim: (count, pointers, weights, origin, gradients, moves, out) => {
      call("aim", count, at(pointers), at(weights), at(origin), at(gradients), at(moves), at(out));
    },
    enumerate: (count, order) => {
      call("enumerate", count, at(order));
    },
    countEntries: (pointers, order, count) => call("countEntries", at(pointers), at(order), count) >>> 0,
    take: (x, width, order, count, out) => {
      call("take", at(x), width, at(order), count, at(out));
    },
    give: (x, order, count, out) => {
      call("give", at(x), at(order), count, at(out));
    },
    face: (columns, radius, bold, o) => {
      call("face", columns, radius, bold, writeSearch(o));
    },
    breakpoints: (columns, o) => {
      call("breakpoints", columns, writeSearch(o));
    },
    stride: (columns, share, o) => call("stride", columns, share, writeSearch(o)),
    land: (columns, share, o) => {
      call("land", columns, share, writeSearch(o));
    },
    descend: (x, order, count, o: Descent) => {
      call(`descend${kind(x)}`, writeMatrix(x), at(order), count, writeDescent(o));
    },
    couple: (x, rows, count, { cursor, stamps, counts }, room, out) => {
      const scratch = [at(cursor), at(stamps), at(counts)] as const;
      const own = writeHessian({ ...out, values: null });
      return call("couple", writeMatrix(x), writeOther(rows), count, ...scratch, room, own) >>> 0;
    },
    mirror: (own, count, next, H) => {
      call("mirror", writeMatrix({ ...own, values: null }), count, at(next), writeHessian(H));
    },
    weigh: (x, rows, count, model, { cursor, next, sums }, H) => {
      const scratch = [at(cursor), at(next), at(sums)] as const;
      const [byColumns, byRows] = [writeMatrix(x), writeOther(rows)];
      call(`weigh${kind(x)}`, byColumns, byRows, count, at(model), ...scratch, writeHessian(H));
    },
    curveByHessian: (H, count, curvatures, u, out) =>
      call("curveByHessian", writeHessian(H), count, at(curvatures), at(u), at(out)),
    descendByHessian: (H, order, count, o) => {
      call("descendByHessian", writeHessian(H), at(order), count, writeDescent(o));
    },
    conjugateByFactor: (H, count, curvatures, { isFactored, ...o }) => {
      const face = writeFace({ ...o, isFactored: Number(isFactored) });
      return call("conjugateByFactor", writeHessian(H), count, at(curvatures), face) !== 0;
    },
    parseSvmlight: (bytes, from, to, o: Parse) => {
      const name = o.values ? "parseSvmlightStored" : "parseSvmlightOnes";
      return (call(name, at(bytes) + from, at(bytes) + to, writeParser(o)) >>> 0) - at(bytes);
    },
    parseVw: (bytes, from, to, bits, o: Parse) => {
      const name = o.values ? "parseVwStored" : "parseVwOnes";
      return (call(name, at(bytes) + from, at(bytes) + to, bits, writeParser(o)) >>> 0) - at(bytes);
    },
    parseCsv: (bytes, from, to, o, plan) => {
      const name = o.values ? "parseCsvStored" : "parseCsvOnes";
      return (call(name, at(bytes) + from, at(bytes) + to, writeParser(o), writeTable(plan)) >>> 0) - at(bytes);
    },
    numberEntries: (from, to, o) => call("numberEntries", from, to, writeParser(o)) >>> 0,
    copy: (x, from, to, out, at) => {
      const size = x.view.BYTES_PER_ELEMENT;
      call("copy", x.pointer + size * from, out.pointer + size * at, size * (to - from));
    },
    learnCsv: (bytes, from, to, o, plan) =>
      (call("learnCsv", at(bytes) + from, at(bytes) + to, writeLearner(o), writeTable(plan)) >>> 0) - at(bytes),
    countIndices: (x, count, places, counts) => {
      call("countIndices", writeMatrix(x), count, at(places), at(counts));
    },
    layOut: (rows, counts, pointers) => call("layOut", rows, at(counts), at(pointers)),
    transpose: (x, count, places, next, out) => {
      call(`transpose${kind(x)}`, writeMatrix(x), count, at(places), at(next), writeOther(out));
    },
    select: (x, order, count, out) => {
      call(`select${kind(x)}`, writeMatrix(x), at(order), count, writeOther(out));
    },
    pick: (x, count, places, extra, out) => {
      call(`pick${kind(x)}`, writeMatrix(x), count, at(places), extra, writeOther(out));
    },
    mergeColumns: (x, count, ids, factors, table, alone, places) =>
      call(
        `mergeColumns${kind(x)}`,
        ...[writeMatrix(x), count, at(ids), at(factors), at(table), table.length, at(alone), at(places)],
      ),
    inverseReach: (x, count, out) => {
      call(`inverseReach${kind(x)}`, writeMatrix(x), count, at(out));
    },
    tally: (loss, rows, count, { counts, sums }) => {
      call(`tally${suffix(loss, rows)}`, writeRows(rows), count, at(counts), at(sums));
    },
    screen: (loss, columns, { counts, sums }, factors, l1, residuals, places, kept, pointers) =>
      call(
        loss === "logistic" ? "screenLogistic" : "screenSquared",
        ...[columns, at(counts), at(sums), at(factors), l1, residuals, at(places), at(kept), at(pointers)],
      ),
  };
}
