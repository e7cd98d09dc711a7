import type { Point } from "../report/charts/plot.js";
import type { Findings } from "../report/report.js";
import type { Milestone } from "../train/milestones.js";
import type { Progress } from "../train/options.js";

interface Listeners {
  onProgress?: (progress: Progress) => void;
  onMilestone?: (milestone: Milestone) => void;
}

/** How the loss goes while a training runs, kept for its report. */
export class Course {
  #steps: Point[] = [];
  #rows: Point[] = [];
  #held: Point[] = [];

  /** Listens as well. */
  beside({ onProgress, onMilestone }: Listeners, isStreamed: boolean): Listeners {
    if (isStreamed) {
      return {
        ...(onProgress && { onProgress }),
        onMilestone: (milestone) => {
          const { rows, loss, holdout } = milestone;
          this.#rows.push([rows, loss]);
          if (holdout !== null) this.#held.push([rows, holdout]);
          onMilestone?.(milestone);
        },
      };
    }
    return {
      onProgress: (progress) => {
        const { epoch, rows, loss, objective } = progress;
        if (objective === null) this.#rows.push([rows, loss]);
        else {
          // A search solves many times: the last one is the one that counts.
          if (epoch <= (this.#steps.at(-1)?.[0] ?? 0)) this.#steps = [];
          this.#steps.push([epoch, objective]);
        }
        onProgress?.(progress);
      },
    };
  }

  /** What there is to draw; null where it would be no line. */
  get curve(): Findings["curve"] {
    if (this.#steps.length > 1) {
      const curves = [{ name: "objective", tone: "plus", points: this.#steps } as const];
      const data = { title: "How training went", x: "Newton steps", y: "objective", curves };
      return { data, caption: "The objective after each Newton step, loss and penalties together." };
    }
    if (this.#rows.length < 2) return null;
    const curves = [
      { name: "before it was learned", tone: "plus", points: this.#rows } as const,
      ...(this.#held.length > 0 ? [{ name: "held out", tone: "muted", points: this.#held } as const] : []),
    ];
    return {
      data: { title: "How training went", x: "rows", y: "mean loss so far", isLog: true, curves },
      caption: "The mean loss so far, of rows predicted before they were learned. Rows on a logarithmic axis.",
    };
  }
}
