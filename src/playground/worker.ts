import { Lab, walk } from "./lab.js";
import type { Answer, Call, Calls, Told } from "./protocol.js";
import { contest } from "./subsets.js";
import { survey } from "./survey.js";

let lab: Lab | null = null;

type Handlers = {
  [K in keyof Calls]: (
    argument: Parameters<Calls[K]>[0],
    progress: (told: Told) => void,
  ) => ReturnType<Calls[K]> | Promise<ReturnType<Calls[K]>>;
};

const HANDLERS: Handlers = {
  async setUp(setup) {
    const opened = await Lab.open(setup);
    lab?.dispose();
    lab = opened.lab;
    return opened.ready;
  },
  advance(advance) {
    if (!lab) throw new Error("advance before setUp");
    return lab.advance(advance);
  },
  walk,
  survey,
  contest,
};

const reply = (answer: Answer) => postMessage(answer);

addEventListener("message", async ({ data }: MessageEvent<Call>) => {
  const { id, name, argument } = data;
  try {
    const handle = HANDLERS[name] as (argument: unknown, progress: (told: Told) => void) => Promise<never>;
    reply({ id, result: await handle(argument, (progress) => reply({ id, progress })) });
  } catch (error) {
    const { name, message } = error as Error;
    reply({ id, error: { name, message } });
  }
});
