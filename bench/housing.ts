// California housing as the exercise of Google's Machine Learning Crash Course has it.
import { fileURLToPath } from "node:url";
import { cross, type Dataset, featureSpace, quantiles, readCsv } from "../src/node.js";

export const TRAIN = fileURLToPath(new URL("../../shared/data/california_housing_train.csv", import.meta.url));
/** Buckets are one more than the quantiles between them. */
export const BUCKETS: Record<string, number> = {
  longitude: 51,
  latitude: 51,
  households: 11,
  housing_median_age: 11,
  total_rooms: 11,
  total_bedrooms: 11,
  population: 11,
  median_income: 11,
  rooms_per_person: 11,
};
/** The derived column rooms_per_person. */
export const PER_PERSON = "total_rooms/population";
/** Of the cross of longitude and latitude. */
export const SLOTS = 1000;

/** Reads the training rows with the exercise's features, for squared loss on the value in units of 100,000 dollars. */
export function readHousing(): Promise<Dataset> {
  const buckets = Object.entries(BUCKETS).map(([column, n]) => [column, quantiles(column, n)]);
  const space = featureSpace(
    { ...Object.fromEntries(buckets), place: cross("longitude", "latitude", { slots: SLOTS }) },
    { derive: { rooms_per_person: PER_PERSON } },
  );
  return readCsv(TRAIN, { space, target: "median_house_value / 100000", loss: "squared" });
}
