import * as nought from "../../dist/node.js";
import { references } from "./models.js";

console.log(JSON.stringify(await references(nought, { threads: 2 })));
process.exit();
