// A process that answers questions line by line: JSON in, JSON out. See `conftest.py`.

import { createInterface } from "node:readline";

import { judge } from "./judge.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await judge(JSON.parse(line)))}\n`);
}
