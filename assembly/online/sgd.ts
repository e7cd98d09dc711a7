import { Datafit } from "../datafit";
import { Ledger, Rows, Sgd } from "../layout";
import { Values } from "../sparse";

// The proximal gradient step on one row (FOBOS; Duchi & Singer, JMLR 2009):
//
//     w ← w − η·g·x,   then for every column   w ← S(w, η·l1) / (1 + η·l2)
//
// A weight that the second half would carry across 0 lands on exactly 0. Columns absent from a row are not
// visited: what they owe is in the ledger (Tsuruoka et al., ACL 2009), here in closed form for L1 with L2.
// With Q = Π 1/(1+η·l2), one step turns |w|/Q into max(|w|/Q − η·l1/Q_before, 0). So u = sgn(w)·(|w|/Q + debt),
// debt = Σ η·l1/Q_before, does not change while a column is absent.

/** Below this scale u is written anew with scale 1 and debt 0, before |w|/scale or debt overflows. */
const SMALLEST_SCALE: f64 = 1e-150;
/**
 * Likewise when debt is that of so many steps like the last, before |w|/scale loses its last bits to debt.
 * Adding debt and taking it away rounds by 2^−53·debt: here by at most 2^−33 of what one step owes.
 */
const MOST_STEPS_OWED: f64 = 1048576; // 2^20

/** Weight that u stands for. */
// @ts-ignore: decorator
@inline
function weightOf(u: f64, scale: f64, debt: f64): f64 {
  return copysign<f64>(scale * max<f64>(abs<f64>(u) - debt, 0.0), u);
}

/**
 * Steps on rows order[from … to) one at a time (rows from … to when order is 0).
 * Returns Σ s·loss of each row at the weights before its step: the progressive validation loss.
 */
export function sgdRows<D extends Datafit, V extends Values>(
  rows: Rows,
  order: usize,
  from: u32,
  to: u32,
  o: Sgd,
): f64 {
  const pointers = rows.pointers;
  const columns = rows.indices;
  const values = rows.values;
  const labels = rows.labels;
  const weights = rows.weights;
  const margins = o.margins;
  const l1 = o.l1;
  const l2 = o.l2;
  const ledger = changetype<Ledger>(o.ledger);
  let step = ledger.step;
  let scale = ledger.scale;
  let debt = ledger.debt;
  let bias = ledger.bias;
  let sum: f64 = 0.0;
  for (let t = from; t < to; ++t) {
    const i: usize = order ? load<u32>(order + (<usize>t << 2)) : t;
    const start = load<u32>(pointers + (i << 2));
    const end = load<u32>(pointers + (i << 2), 4);
    const y = load<f64>(labels + (i << 3));
    const s = weights ? load<f64>(weights + (i << 3)) : 1.0;
    const m = bias + gatherWeights<V>(columns, values, start, end, scale, debt, o);
    if (margins) store<f64>(margins + (i << 3), m);
    if (s == 0.0) continue; // a row without weight is no step
    sum += s * changetype<D>(0).loss(y, m);
    const eta = o.rate / sqrt<f64>(1.0 + o.decay * step);
    const move = eta * s * o.weightScale * changetype<D>(0).gradient(y, m);
    scatterMove<V>(columns, values, start, end, move, 1.0 / scale, debt, o);
    if (o.intercept) bias -= move;
    const owed = (eta * l1) / scale;
    debt += owed;
    scale /= 1.0 + eta * l2;
    step += 1.0;
    if (scale < SMALLEST_SCALE || debt / owed > MOST_STEPS_OWED) {
      settle(o, scale, debt);
      scale = 1.0;
      debt = 0.0;
    }
  }
  ledger.step = step;
  ledger.scale = scale;
  ledger.debt = debt;
  ledger.bias = bias;
  return sum;
}

/** Returns x·w of one row and leaves each entry's weight in scratch, for scatterMove. */
// @ts-ignore: decorator
@inline
function gatherWeights<V extends Values>(
  columns: usize,
  values: usize,
  start: u32,
  end: u32,
  scale: f64,
  debt: f64,
  o: Sgd,
): f64 {
  const state = o.state;
  const scratch = o.scratch;
  let even: f64 = 0.0;
  let odd: f64 = 0.0;
  let k = start;
  let at = scratch;
  for (const pairs = start + ((end - start) & ~1); k < pairs; k += 2, at += 16) {
    const c = columns + (<usize>k << 2);
    const w0 = weightOf(load<f64>(state + (<usize>load<u32>(c) << 3)), scale, debt);
    const w1 = weightOf(load<f64>(state + (<usize>load<u32>(c, 4) << 3)), scale, debt);
    store<f64>(at, w0);
    store<f64>(at, w1, 8);
    even += w0 * changetype<V>(0).at(values, k);
    odd += w1 * changetype<V>(0).at(values, k + 1);
  }
  if (k < end) {
    const w = weightOf(load<f64>(state + (<usize>load<u32>(columns + (<usize>k << 2)) << 3)), scale, debt);
    store<f64>(at, w);
    even += w * changetype<V>(0).at(values, k);
  }
  return even + odd;
}

/** Moves each entry's weight by −move·x and stores what it stands for from now on. */
// @ts-ignore: decorator
@inline
function scatterMove<V extends Values>(
  columns: usize,
  values: usize,
  start: u32,
  end: u32,
  move: f64,
  inverseScale: f64,
  debt: f64,
  o: Sgd,
): void {
  const state = o.state;
  let at = o.scratch;
  for (let k = start; k < end; ++k, at += 8) {
    const w = load<f64>(at) - move * changetype<V>(0).at(values, k);
    const u = copysign<f64>(abs<f64>(w) * inverseScale + debt, w);
    store<f64>(state + (<usize>load<u32>(columns + (<usize>k << 2)) << 3), u);
  }
}

/** Pays all that is owed: u becomes w. */
function settle(o: Sgd, scale: f64, debt: f64): void {
  for (let at = o.state, end = o.state + (<usize>o.columns << 3); at < end; at += 8) {
    store<f64>(at, weightOf(load<f64>(at), scale, debt));
  }
}

/** Writes the weights of columns from ≤ j < to into out: f64[to − from]. Zeros are +0. */
export function sgdWeights(o: Sgd, from: u32, to: u32, out: usize): void {
  const ledger = changetype<Ledger>(o.ledger);
  for (let j = from; j < to; ++j) {
    const w = weightOf(load<f64>(o.state + (<usize>j << 3)), ledger.scale, ledger.debt);
    store<f64>(out + (<usize>(j - from) << 3), w + 0.0);
  }
}
