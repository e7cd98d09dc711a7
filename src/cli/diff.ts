import type { Command } from "commander";
import { readAs, readModel } from "../model/file.js";
import { size } from "../report/text.js";
import { checkOutputs, deliver, print } from "./output.js";

export function addDiff(program: Command): void {
  program
    .command("diff")
    .description("Write what changed from one model to another, for nought patch.")
    .argument("<old>", "model file")
    .argument("<new>", "model file")
    .requiredOption("-o, --output <file>", "the delta; - for standard output")
    .action(async (from: string, to: string, { output }: { output: string }) => {
      if (output !== "-") await checkOutputs([output], [from, to]);
      const { diffModels } = await import("../model/delta.js");
      const [old, next] = [(await readModel(from)).bytes, (await readModel(to)).bytes];
      const delta = diffModels(old, next);
      await deliver(output, delta);
      if (output !== "-") await print(`${output} ${size(delta.length)} (${to} ${size(next.length)})\n`);
    });
}

export function addPatch(program: Command): void {
  program
    .command("patch")
    .description("Make the new model of an old one and a delta, to the byte.")
    .argument("<old>", "the model file that the delta was made for")
    .argument("<delta>", "what nought diff wrote")
    .requiredOption("-o, --output <file>", "the new model; - for standard output")
    .action(async (from: string, path: string, { output }: { output: string }) => {
      if (output !== "-") await checkOutputs([output], [path]); // the old model may become the new one
      const { patchModel } = await import("../model/delta.js");
      const { bytes } = await readModel(from);
      await deliver(output, await readAs(path, (delta) => patchModel(bytes, delta)));
    });
}
