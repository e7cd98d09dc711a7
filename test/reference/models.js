// Models that have the same bytes wherever they are trained: plain JavaScript, for any Node and any browser.

/** A seeded source of numbers in [0, 1) (Numerical Recipes' linear congruential generator). */
function source(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function lines(count, line) {
  return new TextEncoder().encode(Array.from({ length: count }, (_, i) => line(i)).join(""));
}

/** Rows of numbered columns with values; `label` makes the label of a margin. */
function numbered(count, label) {
  const unit = source(1);
  return lines(count, () => {
    const cells = [];
    let margin = unit() - 0.5;
    for (let j = Math.floor(unit() * 4); j < 400; j += 1 + Math.floor(unit() * 60)) {
      const value = Math.round(unit() * 2000 - 700) / 1000;
      cells.push(`${j + 1}:${value}`);
      margin += Math.sin(j) * value * 3;
    }
    return `${label(margin)} ${cells.join(" ")}\n`;
  });
}

function places(count) {
  const unit = source(2);
  const rows = lines(count, () => {
    const [lat, lon] = [Math.round(unit() * 180000 - 90000) / 1000, Math.round(unit() * 360000 - 180000) / 1000];
    const price = Math.round(80 + 40 * Math.sin(lat / 9) + 30 * Math.cos(lon / 20) + 60 * unit());
    return `${lat},${lon},${["Flat", "House", "Room", "Große Villa"][Math.floor(unit() * 4)]},${price}\n`;
  });
  const header = new TextEncoder().encode("lat,lon,type,price\n");
  const all = new Uint8Array(header.length + rows.length);
  all.set(header);
  all.set(rows, header.length);
  return all;
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Trains every reference model with an engine's options and returns their digests by name. */
export async function references(nought, engine) {
  const { bucket, category, cross, encodeModel, featureSpace, fit, fitPath, hash } = nought;
  const signs = numbered(4000, (margin) => (margin > 0 ? 1 : -1));
  const values = numbered(4000, (margin) => Math.round(margin * 1e4) / 1e4);
  const table = places(3000);
  const space = featureSpace({
    lat: bucket("lat", 10, -90, 90),
    lon: bucket("lon", 10, -180, 180),
    type: category("type"),
    place: cross("lat", "lon"),
    mixed: cross("type", "lat", { slots: 512 }),
    street: hash("type", 64),
  });
  const target = "price > 130";
  const models = {
    async "batch, logistic"() {
      const data = await nought.readSvmlight(signs, engine);
      return (await fit(data, { solver: "batch", l1: 2e-3 })).model;
    },
    async "batch, squared, elastic net"() {
      const data = await nought.readSvmlight(values, { ...engine, loss: "squared" });
      return (await fit(data, { solver: "batch", l1: 5e-3, l2: 1e-3 })).model;
    },
    async "batch, crosses of a table"() {
      const data = await nought.readCsv(table, { ...engine, space, target });
      return (await fit(data, { solver: "batch", l1: 1e-3 })).model;
    },
    async "a point of a path"() {
      const data = await nought.readSvmlight(signs, { ...engine, holdout: 0.2 });
      return (await fitPath(data, { lambdas: 8 })).points[5].model;
    },
    async "ftrl, in memory"() {
      const data = await nought.readSvmlight(signs, engine);
      return (await fit(data, { solver: "ftrl", lambda1: 1, epochs: 3 })).model;
    },
    async "sgd, in memory"() {
      const data = await nought.readSvmlight(signs, engine);
      return (await fit(data, { solver: "sgd", l1: 1e-3, epochs: 3 })).model;
    },
    async "ftrl, streamed in batches"() {
      return (await nought.streamSvmlight(signs, { ...engine, lambda1: 1, batch: 8, epochs: 2 })).model;
    },
    async "ftrl, a table in shared slots"() {
      return (await nought.streamCsv(table, { ...engine, space, target, lambda1: 0.5, bits: 10 })).model;
    },
  };
  const digests = {};
  for (const [name, make] of Object.entries(models)) digests[name] = await sha256(encodeModel(await make()));
  return digests;
}
