/** Work that Ctrl-C cancels. */
import { INTERRUPTED, type Terminal } from './run.ts';

/** Does the work; the first Ctrl-C aborts its signal, and later ones wait with it until it has put everything right. */
export async function cancelling(
  terminal: Terminal,
  work: (signal: AbortSignal) => Promise<number>,
  onCancelled: () => void,
): Promise<number> {
  const cancel = new AbortController();
  const forget = terminal.onInterrupt(() => cancel.abort());
  try {
    return await work(cancel.signal);
  } catch (error) {
    if (!cancel.signal.aborted) throw error;
    onCancelled();
    return INTERRUPTED;
  } finally {
    forget();
  }
}
