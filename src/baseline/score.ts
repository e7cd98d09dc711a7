import { type Parse, PROGRESS } from "../engine/texts.js";
import { sigmoid } from "./math.js";

/** Scores the rows that a parser has put there, if it was asked to, as in assembly/score.ts. */
export function scoreRows({ pointers, indices, values, score, progress }: Parse): void {
  if (!score) return;
  const [starts, columns, x] = [pointers.view, indices.view, values!.view];
  const [w, margins] = [score.weights.view, score.margins.view];
  const rows = progress.view[PROGRESS.rows]!;
  score.biases.view.forEach((bias, model) => {
    const first = model * score.columns;
    for (let i = 0; i < rows; i++) {
      let margin = bias;
      for (let k = starts[i]!; k < starts[i + 1]!; k++) margin += w[first + columns[k]!]! * x[k]!;
      margins[model * score.stride + i] = margin;
    }
  });
  if (!score.text) return;
  let text = "";
  for (let i = 0; i < rows; i++) text += `${score.isLogistic ? sigmoid(margins[i]!) : margins[i]}\n`;
  progress.view[PROGRESS.written] = new TextEncoder().encodeInto(text, score.text.view).written;
}
