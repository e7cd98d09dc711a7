import type { Runtime } from "../engine/engine.js";
import { count } from "../report/text.js";
import { Atlas } from "./atlas.js";
import { Controls } from "./controls.js";
import { Curve } from "./curves.js";
import { byId, eachFrame, tell } from "./dom.js";
import { Lens } from "./lens.js";
import { Network, pictureOf } from "./network.js";
import { Client, type Frame, MODELS, type Ready } from "./protocol.js";
import { Run } from "./run.js";
import { addSharing } from "./share.js";
import { formatState, parseState } from "./state.js";
import { Why } from "./why.js";
import { Zeno } from "./zeno.js";

/** Milliseconds between two looks at what changes slowly: words, curves, the link. */
const SLOW = 250;

/** Below this width, in pixels, settings are folded away at first. */
const NARROW = 740;

const onLost = (message: string) => tell(`The worker that trains stopped: ${message}`);
const client = new Client(onLost);
const networks = MODELS.map((name) => new Network(name, (feature) => run.change({ feature })));
const curves = [
  new Curve("curve-kept", ({ kept }) => kept, { isFromZero: true }),
  new Curve("curve-loss", ({ loss }) => loss, { isFromZero: false, format: (it) => it.toFixed(3) }),
];
/** Whoever wants less motion sees four pictures a second. */
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let ready: Ready | null = null;
let frame: Frame | null = null;

const drawNetworks = eachFrame(({ models }: Frame) => {
  for (const it of networks) it.draw(models[it.name]);
});

let isDue = false;
/** Soon, and not again before that. */
function drawSlowly(): void {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    const { state } = run;
    for (const curve of curves) curve.draw();
    if (frame) {
      if (calm.matches) drawNetworks(frame);
      for (const it of networks) it.describe(frame.models[it.name]);
      lens.show(frame, state.feature, state.rate, run.lambda);
    }
    history.replaceState(null, "", `#${formatState(state)}`);
  }, SLOW);
}

function onFrame(next: Frame): void {
  frame = next;
  byId("steps").textContent = count(next.step);
  if (!calm.matches) drawNetworks(next);
  for (const curve of curves) curve.add(next);
  drawSlowly();
}

const run: Run = new Run(client, parseState("").state, {
  onReady(next) {
    ready = next;
    for (const it of networks) it.setUp(next.features);
    for (const curve of curves) curve.clear();
    lens.setUp(next.features);
    byId("rows").textContent = `${count(next.rows)} rows to learn from, ${count(next.heldOut)} held out to measure by.`;
    byId("runtime").textContent = runtimeText(next.runtime);
    tell("");
    onFrame(next.frame);
  },
  onFrame,
  onChange() {
    controls.show();
    const { feature } = run.state;
    for (const it of networks) it.mark(feature);
    drawSlowly();
  },
  onError: ({ message }) => tell(message),
});
const controls = new Controls(run);
const lens = new Lens((feature) => run.change({ feature }));

function runtimeText({ kernels, reason }: Runtime): string {
  const isolation = crossOriginIsolated
    ? "The page is cross-origin isolated, so threads may share memory."
    : "The page is not cross-origin isolated, so it runs on one thread.";
  if (kernels !== "baseline") return `Trained by WebAssembly. ${isolation}`;
  return `Trained in plain TypeScript, with the same bits: WebAssembly is forbidden here (${reason}). ${isolation}`;
}

/** Begins where the link says. */
function open(): void {
  const { state, problems } = parseState(location.hash.slice(1));
  run.pause();
  void run.start(state).then(() => {
    if (problems.length > 0) tell(`The link could not be read in full: ${problems.join("; ")}. Defaults are used.`);
  });
}

byId<HTMLDetailsElement>("settings").open = innerWidth > NARROW;
addEventListener("hashchange", open);
addSharing({
  link: () => `${location.origin}${location.pathname}#${formatState(run.state)}`,
  weights: () => ready && frame && { features: ready.features, frame },
  picture: () => pictureOf(networks),
});
new Zeno(client);
new Atlas(run);
new Why(client);
open();
