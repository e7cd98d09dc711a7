import type { State } from "./newton.js";
import type { Enough, Quadratic } from "./quadratic.js";
import { searchOf } from "./rows.js";
import type { WorkingSet } from "./working.js";

/** Share of the decrease without bounds that a good step brings in spite of them. */
const GOOD = 0.5;

/**
 * Minimises the quadratic model by conjugate gradients on the face that the weights are on: the non-zero columns of a
 * working set with their signs, within the trust box, preconditioned as the model knows. A minimum beyond
 * the face is projected back as far as the model falls there; at worst the step ends where the first weight meets 0
 * or the box. effort.boldness: how far to trust that the minimum is on the face. set.slopes are the model's.
 * Returns the decrease as a share of what there would be without bounds.
 */
export async function conjugate(
  { engine, effort }: State,
  set: WorkingSet,
  model: Quadratic,
  enough: Enough,
  breathe: () => Promise<void>,
): Promise<number> {
  const { kernels } = engine;
  const { size } = set;
  const { least, most } = model.boldness;
  const bold = Math.min(Math.max(effort.boldness, least), most);
  const face = searchOf(set);
  kernels.face(size, effort.radius, bold, face);
  await model.conjugate(bold, enough, breathe);

  // Along w + share·step each weight stops at its bound, where its breakpoint is.
  kernels.breakpoints(size, face);
  const [first, hoped] = face.outcome.view as unknown as [number, number];
  let [share, change] = [1, 0];
  for (; ; share /= 2) {
    if (share <= first) share = Math.min(first, 1);
    change = kernels.stride(size, share, face) + 0.5 * model.energy();
    if (share <= first || change < 0) break;
  }
  effort.boldness = least;
  if (!(change < 0)) return 0; // rounding allows no more
  kernels.land(size, share, face);
  model.advance();
  effort.boldness = change <= GOOD * hoped ? Math.min(2 * bold, most) : Math.max(bold >> 1, least);
  return change / hoped;
}
