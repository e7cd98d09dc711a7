import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { parseJson } from "../data/json.js";
import { OptionError } from "../errors.js";
import { parseFraction } from "../features/cell.js";
import { parseSpace, type SpaceDefinition } from "../features/define.js";
import type { SimpleDefinition } from "../features/kinds.js";

/** Feature flags as commander collects them: each a list of texts. */
export interface FeatureFlags {
  number?: string[];
  bucket?: string[];
  quantiles?: string[];
  category?: string[];
  tokens?: string[];
  hash?: string[];
  cross?: string[];
  crossOnly?: string[];
  derive?: string[];
  missing?: string[];
  features?: string;
}

/** Parameters of each kind after "=", in order; the rest may be left out. */
const PARAMETERS: Record<SimpleDefinition["kind"], string[]> = {
  number: [],
  bucket: ["width", "min", "max"],
  quantiles: ["buckets"],
  category: [],
  tokens: [],
  hash: ["slots"],
};

const collect = (value: string, list: string[] = []) => [...list, value];

/** Adds the flags that describe a feature space to a command. */
export function addFeatureFlags(command: Command): Command {
  const flag = (name: string, form: string, text: string) =>
    command.addOption(
      new Option(`--${name} <${form}>`, text).argParser(collect).helpGroup("Features (each may be repeated):"),
    );
  flag("number", "[name:]column", "a numeric column as it is");
  flag("bucket", "[name:]column=width[,min,max]", "buckets of fixed width, such as latitude=1/60,-90,90");
  flag("quantiles", "[name:]column=n", "n buckets of equal share");
  flag("category", "[name:]column", "one dimension a value");
  flag("tokens", "[name:]column", "one dimension a word");
  flag("hash", "[name:]column=slots", "a value hashed to one of so many dimensions");
  flag("cross", "[name:]a*b[*c…][=slots]", "every combination of features; exact, or hashed to slots");
  flag("cross-only", "name", "use this feature in crosses only");
  flag("derive", "name=expression", "a column computed from others, such as per_head=rooms/people");
  flag("missing", "text", 'a cell that means missing, besides the empty one, such as "NA"');
  command.addOption(
    new Option("--features <file.json>", "a feature space as JSON, instead of these flags").helpGroup(
      "Features (each may be repeated):",
    ),
  );
  return command;
}

/** Returns the space that flags describe; null when there are none. Throws OptionError that quotes the flag at fault. */
export async function spaceOf(flags: FeatureFlags): Promise<SpaceDefinition | null> {
  const kinds = Object.keys(PARAMETERS) as SimpleDefinition["kind"][];
  const isAny = [...kinds, "cross", "crossOnly", "derive", "missing"].some((flag) => flag in flags);
  if (flags.features !== undefined) {
    if (isAny) throw new OptionError("--features holds the whole space: it does not go with other feature flags");
    return readSpace(flags.features);
  }
  if (!isAny) return null;
  const features = new Map<string, unknown>();
  const add = (name: string, definition: unknown, flag: string) => {
    if (name === "") throw new OptionError(`${flag}: a feature needs a name`);
    if (features.has(name))
      throw new OptionError(`${flag}: a feature ${JSON.stringify(name)} is there already; name it as name:…`);
    features.set(name, definition);
  };
  for (const kind of kinds) {
    for (const text of flags[kind] ?? []) {
      const { name, body, parameters } = cut(text);
      if (parameters.length > PARAMETERS[kind].length) throw new OptionError(`--${kind} ${text}: too many parameters`);
      const [needed] = PARAMETERS[kind];
      if (needed !== undefined && parameters.length === 0) {
        throw new OptionError(`--${kind} ${text}: expected ${text}=${needed}`);
      }
      const given = PARAMETERS[kind].slice(0, parameters.length).map((parameter, i) => [parameter, parameters[i]]);
      add(name ?? body, { kind, column: body, ...Object.fromEntries(given) }, `--${kind} ${text}`);
    }
  }
  const hidden = new Map<string, unknown>();
  for (const name of flags.crossOnly ?? []) {
    if (!features.has(name)) throw new OptionError(`--cross-only ${name}: no such feature`);
    hidden.set(name, features.get(name));
    features.delete(name);
  }
  for (const text of flags.cross ?? []) {
    const { name, body, parameters } = cut(text);
    if (parameters.length > 1) throw new OptionError(`--cross ${text}: too many parameters`);
    const of = body.split("*").map((part) => hidden.get(part) ?? part);
    const [given] = parameters;
    const slots = given === undefined ? {} : { slots: parseFraction(given) };
    if (Number.isNaN(slots.slots)) throw new OptionError(`--cross ${text}: "${given}" is no number of slots`);
    add(name ?? body.replaceAll("*", " × "), { kind: "cross", of, ...slots }, `--cross ${text}`);
  }
  const derive = (flags.derive ?? []).map((text) => {
    const equals = text.indexOf("=");
    if (equals < 1) throw new OptionError(`--derive ${text}: expected name=expression`);
    return [text.slice(0, equals).trim(), text.slice(equals + 1).trim()] as const;
  });
  const twice = derive.find(([name], i) => derive.findIndex(([it]) => it === name) < i);
  if (twice) throw new OptionError(`--derive ${twice.join("=")}: ${JSON.stringify(twice[0])} is derived already`);
  return parseSpace({
    features: Object.fromEntries(features),
    ...(derive.length > 0 && { derive: Object.fromEntries(derive) }),
    ...(flags.missing && { missing: flags.missing }),
  });
}

/** Cuts "[name:]body[=p,q]". */
function cut(text: string): { name: string | null; body: string; parameters: string[] } {
  const equals = text.lastIndexOf("=");
  const head = equals < 0 ? text : text.slice(0, equals);
  const parameters = equals < 0 ? [] : text.slice(equals + 1).split(",");
  const colon = head.indexOf(":");
  return colon < 0
    ? { name: null, body: head, parameters }
    : { name: head.slice(0, colon), body: head.slice(colon + 1), parameters };
}

async function readSpace(path: string): Promise<SpaceDefinition> {
  const json = parseJson(await readFile(path), path);
  try {
    return parseSpace(json);
  } catch (error) {
    if (error instanceof OptionError) throw new OptionError(`${path}: ${error.message}`);
    throw error;
  }
}
