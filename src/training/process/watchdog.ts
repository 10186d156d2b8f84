/**
 * Ends this process where its parent is gone and a step takes so long that nothing else of the process comes to notice: a thread of its own looks
 * after it. Only what waits for longer than the grace is killed.
 */
import { Worker } from 'node:worker_threads';

const thread = `
const { workerData } = require('node:worker_threads');
const { parent, graceMs } = workerData;
function isGone() {
  if (process.ppid !== parent) return true;
  try {
    process.kill(parent, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
const look = setInterval(() => {
  if (!isGone()) return;
  clearInterval(look);
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs);
}, 500);
`;

export function endAfterParent(graceMs = 10_000): void {
  new Worker(thread, { eval: true, execArgv: [], workerData: { parent: process.ppid, graceMs } }).unref();
}
