/** When something is painted. */

export interface Painter {
  /** Asks for a repaint at the next occasion; asking again before it changes nothing. */
  request(): void;
  stop(): void;
}

export interface Pace {
  /** The largest part of the time that painting may take, however slow it is. */
  readonly share: number;
  /** Milliseconds between two repaints, at least. */
  readonly interval?: number;
}

/**
 * Paints at most once a frame, and no more often than its pace allows. Nothing is painted while the page is hidden;
 * what was asked for meanwhile is painted when it is shown.
 */
export function createPainter(paint: () => void, { share, interval = 0 }: Pace): Painter {
  /** A message arrives after the browser has laid out and painted what changed in the frame. */
  const painted = new MessageChannel();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let frame = 0;
  let asked = false;
  let start = 0;
  /** When the next repaint may be; infinite while one is not done. */
  let next = 0;

  function onFrame(): void {
    frame = 0;
    if (document.hidden) return;
    asked = false;
    start = performance.now();
    next = Number.POSITIVE_INFINITY;
    try {
      paint();
    } finally {
      painted.port2.postMessage(null);
    }
  }
  painted.port1.onmessage = () => {
    const end = performance.now();
    next = end + Math.max(interval, (end - start) * (1 / share - 1));
    schedule();
  };
  function schedule(): void {
    if (!asked || document.hidden || frame !== 0 || timer !== undefined || next === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        frame = requestAnimationFrame(onFrame);
      },
      Math.max(0, next - performance.now()),
    );
  }
  document.addEventListener('visibilitychange', schedule);

  return {
    request() {
      asked = true;
      schedule();
    },
    stop() {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      painted.port1.close();
      document.removeEventListener('visibilitychange', schedule);
    },
  };
}
