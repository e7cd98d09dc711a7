import { describe, expect, it } from "vitest";
import { shortNumber } from "../../src/report/charts/axis.js";
import { barsChart } from "../../src/report/charts/bars.js";
import { cellsChart, type MapCell } from "../../src/report/charts/cells.js";
import { curveChart } from "../../src/report/charts/curve.js";
import { frontierChart } from "../../src/report/charts/frontier.js";
import { histogramChart } from "../../src/report/charts/histogram.js";
import { escaped } from "../../src/report/charts/markup.js";
import { pathChart } from "../../src/report/charts/path.js";
import { reliabilityChart } from "../../src/report/charts/reliability.js";
import { rocChart } from "../../src/report/charts/roc.js";

/** The part of a chart inside an element of a class. */
const inside = (svg: string, name: string) =>
  svg.match(new RegExp(`<(\\w+)[^>]* ?class="${name}".*?</\\1>`, "s"))?.[0] ?? "";
const marks = (svg: string, element: string) => svg.match(new RegExp(`<${element}[ >]`, "g"))?.length ?? 0;
const numberIn = (svg: string, attribute: string) => Number(svg.match(new RegExp(` ${attribute}="([-\\d.]+)"`))?.[1]);

const LAMBDAS = [0.1, 0.03, 0.01, 0.003];
const PATH = {
  lambdas: LAMBDAS,
  kept: [0, 1, 2, 2000],
  weights: [
    { name: 'a <script>"x"', values: [0, 0.5, 0.8, 1] },
    { name: "b", values: [0, 0, -0.3, -0.5] },
    { name: "never", values: [0, 0, 0, 0] },
  ],
};
const POINTS = [0, 10, 100].map((size, k) => ({ size, loss: { train: 0.5 - k / 10, validation: 0.5 - k / 20 } }));
const CELLS: MapCell[] = [0, 0, 2, -1, -0.1].map((weight, k) => ({
  west: k,
  east: k + 1,
  south: 50,
  north: 51,
  weight,
}));

describe("charts", () => {
  const all = {
    path: pathChart({ ...PATH, chosen: 0.01 }),
    frontier: frontierChart({ points: POINTS, unit: "weights", budget: { size: 50 }, chosen: POINTS[1]! }),
    histogram: histogramChart({ weights: [-1, 0.1, 0.2, 3], zeros: 96 }),
    reliability: reliabilityChart({ bins: [{ prediction: 0.1, rate: 0.2, rows: 5, weight: 5 }], error: 0.1 }),
    roc: rocChart(
      [
        { threshold: 1, falsePositiveRate: 0, truePositiveRate: 0 },
        { threshold: 0.5, falsePositiveRate: 0.1, truePositiveRate: 0.9 },
        { threshold: 0, falsePositiveRate: 1, truePositiveRate: 1 },
      ],
      0.9,
    ),
    bars: barsChart([{ label: "kept <b>", value: 0, tone: "plus" }], { title: "t", description: "d" }),
    curve: curveChart({
      title: "t",
      x: "rows",
      y: "loss",
      isLog: true,
      curves: [
        {
          name: "c",
          tone: "plus",
          points: [
            [1, 2],
            [2, 1],
          ],
        },
      ],
    }),
    cells: cellsChart(CELLS),
    nothing: [
      pathChart({ lambdas: [], kept: [], weights: [] }),
      frontierChart({ points: [], unit: "bytes" }),
      histogramChart({ weights: [], zeros: 0 }),
      reliabilityChart({ bins: [], error: 0 }),
      rocChart([], 0.5),
      barsChart([], { title: "t", description: "d" }),
      curveChart({ title: "t", x: "x", y: "y", curves: [] }),
      cellsChart([]),
    ].join(""),
  };

  it("say what they show in words, and hold no number that is none", () => {
    for (const [name, svg] of Object.entries(all)) {
      expect(svg, name).toMatch(/^<svg [^>]*role="img"[^>]*><title>[^<]+<\/title><desc>[^<]+<\/desc>/);
      expect(svg, name).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it("are well formed", () => {
    for (const [name, svg] of Object.entries(all)) {
      const open: string[] = [];
      for (const [, slash, tag] of svg.matchAll(/<(\/?)(\w+)[^>]*>/g)) {
        if (slash) expect(open.pop(), name).toBe(tag);
        else open.push(tag as string);
      }
      expect(open, name).toEqual([]);
    }
  });

  it("draw a path's weights and count those kept above, with names as text", () => {
    expect(marks(inside(all.path, "weights"), "path")).toBe(3);
    expect(all.path).toContain("<title>a &lt;script&gt;&quot;x&quot;</title>");
    for (const text of ["0", "1", "2", "2 k"]) expect(all.path).toContain(`>${text}</text>`);
    expect(pathChart(PATH)).not.toContain("the strength chosen");
  });

  it("draw a frontier with its budget", () => {
    expect(marks(inside(all.frontier, "models"), "circle")).toBe(3);
    const box = all.frontier.match(/<rect class="budget"[^>]*>/)?.[0] ?? "";
    // 50 lies between 10 and 100, the ends of the axis.
    expect(numberIn(box, "width") / (440 - 14 - 52)).toBeCloseTo(Math.log10(5), 3);
    expect(frontierChart({ points: POINTS, unit: "weights" })).not.toContain("budget");
  });

  it("draw a histogram's bins and its spike at 0", () => {
    expect(marks(inside(all.histogram, "bins"), "rect")).toBe(4);
    expect(inside(all.histogram, "spike")).toContain("96 exactly 0");
    expect(inside(histogramChart({ weights: [1, 2], zeros: 0 }), "spike")).toBe("");
  });

  it("draw a dot for each bin of predictions, a line for each curve, a bar for each value", () => {
    expect(marks(inside(all.reliability, "bins"), "circle")).toBe(1);
    expect(all.roc).toMatch(/class="curve" d="M52 282L[\d.]+ [\d.]+L426 30"/);
    expect(marks(inside(all.curve, "curves"), "path")).toBe(1);
    expect(all.bars).toContain("kept &lt;b&gt;");
    expect(numberIn(inside(all.bars, "bars").match(/<rect[^>]*>/)![0], "width")).toBe(0);
  });

  it("draw a narrow map no wider than it is, with a name where there is room for one", () => {
    const cell = (south: number) => ({ west: -74, east: -69, south, north: south + 1, weight: 1 });
    const narrow = cellsChart([cell(-55), cell(-19)]);
    expect(narrow).toMatch(/<svg [^>]*viewBox="0 0 470 [^>]* class="narrow"/);
    expect(narrow.match(/>\d+°W</g)).toEqual([">70°W<"]);
    expect(cellsChart([cell(-55), { ...cell(-19), east: -20 }])).not.toContain("narrow");
  });

  it("draw cells by state, sign and size", () => {
    const cells = (state: string) =>
      [...all.cells.matchAll(new RegExp(`<path class="${state}" d="([^"]*)"`, "g"))].map(
        (it) => it[1]!.split("z").length - 1,
      );
    expect(cells("zeroed")).toEqual([2]);
    expect(cells("plus")).toEqual([1]);
    expect(cells("minus")).toEqual([1, 1]);
    expect(all.cells).toContain("5 cells: 3 kept, 2 set to zero.");
  });
});

it("numbers are short", () => {
  const numbers = [0, 1, -2.5, 0.001, 1e-4, -3e-5, 1234, 45_600, 2e6, 3e9, 5e12];
  expect(numbers.map(shortNumber)).toEqual([
    "0",
    "1",
    "−2.5",
    "0.001",
    "10⁻⁴",
    "−3·10⁻⁵",
    "1.23 k",
    "45.6 k",
    "2 M",
    "3 G",
    "5·10¹²",
  ]);
});

it("text is escaped for HTML and XML", () => {
  expect(escaped(`<a href='x'>&"\u0000\u001b\ud800é😀`)).toBe("&lt;a href=&#39;x&#39;&gt;&amp;&quot;���é😀");
});
