import { count, duration } from "../report/text.js";
import { byId, html } from "./dom.js";
import type { Client, Contest, Contestant } from "./protocol.js";

const NAMES = { l0: "L0: every subset", l1: "L1", l2: "L2" } as const;
const MANY = 60;

/** Best-subset search beside L1 and L2, computed when it is asked for. */
export class Why {
  readonly #slider = byId<HTMLInputElement>("subset-features");
  readonly #button = byId<HTMLButtonElement>("subset-run");
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
    this.#slider.addEventListener("input", () => this.#say());
    this.#button.addEventListener("click", () => void this.#compete());
    this.#say();
  }

  #say(): void {
    const features = this.#slider.valueAsNumber;
    byId("subset-count").textContent = `${features} features, ${count(2 ** features)} subsets`;
  }

  async #compete(): Promise<void> {
    const features = this.#slider.valueAsNumber;
    this.#button.disabled = true;
    try {
      const contest = await this.#client.ask("contest", { features, seed: 1 });
      byId("contest").replaceChildren(
        ...(["l0", "l1", "l2"] as const).map((name) => row(NAMES[name], contest[name], contest)),
      );
      byId("subset-table").hidden = false;
      byId("subset-words").textContent = words(contest, features);
    } catch (error) {
      byId("subset-words").textContent = (error as Error).message;
    }
    this.#button.disabled = false;
  }
}

function row(name: string, { tried, milliseconds, kept, right, loss }: Contestant, { signals }: Contest): HTMLElement {
  const time = milliseconds < 1000 ? `${Math.max(1, Math.round(milliseconds))} ms` : duration(milliseconds / 1000);
  const cells = [count(tried), time, String(kept), `${right} of ${signals}`, loss.toFixed(3)];
  return html("tr", {}, html("th", { scope: "row" }, name), ...cells.map((it) => html("td", {}, it)));
}

/** What the search would take for as many features as a small table has. */
function words({ l0 }: Contest, features: number): string {
  const years = (l0.milliseconds * 2 ** (MANY - features)) / 1000 / 3600 / 24 / 365;
  return `Each feature more doubles the search. At this speed ${MANY} features, as in the first picture, would take ${count(Number(years.toPrecision(1)))} years.`;
}
