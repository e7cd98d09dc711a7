import type { Command } from "commander";
import { loadModel } from "../model/file.js";
import { type Verification, verify } from "../model/verify.js";
import { plural } from "../report/text.js";
import { addDataFlags, DATA, type DataFlags, readerFor } from "./data.js";
import { inputsOf } from "./inputs.js";
import { print } from "./output.js";

/** Exit code of a claim that was not confirmed. */
const UNCONFIRMED = 4;

export function addVerify(program: Command, signal: AbortSignal): void {
  const command = program
    .command("verify")
    .description(
      "Check a certified model from outside: recompute its objective and how far it may be above the optimum.",
    )
    .argument("<model>", "model file of solver batch")
    .argument("<data...>", `what it was trained on: ${DATA}`)
    .option("--json", "print one result object");
  addDataFlags(command, "by default what the model was trained on");
  command.action(async (path: string, names: string[], flags: DataFlags & { json?: boolean }) => {
    const model = await loadModel(path);
    const recorded: DataFlags = {};
    for (const name of ["weight", "offset"] as const) {
      const column = model.training.options[name];
      if (typeof column === "string") recorded[name] = column;
    }
    const reader = readerFor(model, await inputsOf(names), { ...recorded, ...flags }, true);
    const found = await verify(model, reader, signal);
    await print(flags.json ? `${JSON.stringify(found)}\n` : asText(found));
    if (found.verdict !== "confirmed") process.exitCode = UNCONFIRMED;
  });
}

const VERDICTS: Record<Verification["verdict"], string> = {
  confirmed: "✓ confirmed: it is as near the optimum as it claims",
  refuted: "✗ refuted: the claim does not hold for this data",
  open: "? open: no proof was found that it is as near as it claims, nor that it is not",
};

function asText({ rows, objective, bound, gap, least, claimed, verdict }: Verification): string {
  const claim = (value: string | undefined) => (value === undefined ? "nothing claimed" : `claimed ${value}`);
  return [
    `objective  ${objective.toPrecision(12)} over ${plural(rows, "row")} (${claim(claimed?.objective.toPrecision(12))})`,
    `optimum    at least ${bound.toPrecision(12)}; the least come upon ${least.toPrecision(12)}`,
    `gap        at most ${gap.toExponential(1)} (${claim(claimed?.gap.toExponential(1))})`,
    VERDICTS[verdict],
    "",
  ].join("\n");
}
