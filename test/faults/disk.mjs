// Loaded by NODE_OPTIONS=--import before a program: its FAULT_AT-th act on a file that it writes fails. What FAULT says:
//     fail   half of a write is done, then there is no space; all else is an input/output error
//     kill   the process is killed before it, half of a write having been done
// Acts are numbered from 1: open, write, sync, close, rename. At the end FAULT_LOG gets how many there were.
import { writeFileSync } from "node:fs";
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const { FAULT, FAULT_AT, FAULT_LOG } = process.env;
let acts = 0;

/** Does an act on files, unless it is the one to fail; `before` is done of it then. */
async function act(work, before = async () => {}, [code, reason] = ["EIO", "i/o error"]) {
  if (++acts !== Number(FAULT_AT)) return work();
  await before();
  if (FAULT === "kill") process.kill(process.pid, "SIGKILL");
  throw Object.assign(new Error(`${code}: ${reason}`), { code });
}

const { open, rename } = files;
files.open = async (path, flags = "r", ...rest) => {
  if (flags === "r") return open(path, flags, ...rest);
  const file = await act(() => open(path, flags, ...rest));
  const own = { write: file.write.bind(file), sync: file.sync.bind(file), close: file.close.bind(file) };
  return Object.assign(file, {
    write(bytes, at, length) {
      const half = () => own.write(bytes, at, Math.floor(length / 2));
      return act(() => own.write(bytes, at, length), half, ["ENOSPC", "no space left on device"]);
    },
    sync: () => act(own.sync),
    close: () => act(own.close, own.close),
  });
};
files.rename = (from, to) => act(() => rename(from, to));
syncBuiltinESMExports();
process.on("exit", () => FAULT_LOG && writeFileSync(FAULT_LOG, String(acts)));
