/** The six charts of a training. */
import { useEffect, useId, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { type Curves, createCurves, type XAxis } from '../../src/experiment/curves.ts';
import { CHART, type ChartName, formatValue, withThousands } from '../../src/experiment/curves-charts.ts';
import { type Board, createBoard } from './board.ts';
import { sixCharts } from './notes.ts';
import { createPainter } from './painter.ts';

export interface ChartsProps {
  /** What is added to them is drawn; null before the first run. */
  readonly curves: Curves | null;
  readonly x: XAxis;
  /** The charts in front. */
  readonly first?: readonly ChartName[];
  /** What a chart should show, in one sentence; it stands in the chart while it has no line. */
  readonly expectations?: Readonly<Partial<Record<ChartName, string>>>;
}

const NOTHING = createCurves();

/** Six cells for the grid that they are put in. */
export function Charts({ curves: given, x, first = [], expectations = {} }: ChartsProps) {
  const curves = given ?? NOTHING;
  const board = useMemo(() => createBoard(curves), [curves]);
  useEffect(() => () => board.remove(), [board]);
  useEffect(() => board.setAxis(x), [board, x]);
  useRefresh(curves, board);
  return (
    <>
      {sixCharts(first).map((chart) => (
        <ChartCell
          key={chart}
          chart={chart}
          curves={curves}
          board={board}
          expectation={expectations[chart] ?? CHART[chart].meaning}
        />
      ))}
    </>
  );
}

/** Milliseconds. Summaries and tables are read, and change no more often than that. */
const READING_INTERVAL = 1000;

/** Renders again when the cursor or the zoom has changed, and now and then while values come in. */
function useRefresh(curves: Curves, board: Board): void {
  const [, refresh] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const painter = createPainter(() => refresh(null), { share: 0.05, interval: READING_INTERVAL });
    let steps = curves.lastStep;
    const stopCurves = curves.onChange(() => {
      // The first values change what the cells are made of.
      if ((steps === 0) !== (curves.lastStep === 0)) refresh(null);
      steps = curves.lastStep;
      painter.request();
    });
    const stopBoard = board.onChange(() => refresh(null));
    return () => {
      painter.stop();
      stopCurves();
      stopBoard();
    };
  }, [curves, board]);
}

interface CellProps {
  readonly chart: ChartName;
  readonly curves: Curves;
  readonly board: Board;
  readonly expectation: string;
}

function ChartCell({ chart, curves, board, expectation }: CellProps) {
  const place = useRef<HTMLDivElement>(null);
  const id = useId();
  const [tableShown, showTable] = useState(false);
  useEffect(() => (place.current ? board.attach(chart, place.current) : undefined), [board, chart]);
  const { title } = CHART[chart];
  const running = curves.lastStep > 0;
  const empty = curves.data(chart).curves.length === 0;
  return (
    <section class="chart" data-chart={chart} aria-labelledby={`${id}-title`}>
      <header class="chart-header">
        <h3 id={`${id}-title`}>{title}</h3>
        <span class="chart-note">{board.note(chart)}</span>
        {board.zoom && (
          <button type="button" class="chart-button" onClick={() => board.setZoom(null)}>
            Reset zoom
          </button>
        )}
        {running && (
          <button
            type="button"
            class="chart-button chart-button-quiet"
            aria-expanded={tableShown}
            aria-controls={`${id}-table`}
            aria-label={`${tableShown ? 'Hide' : 'Show'} data: ${title}`}
            onClick={() => showTable(!tableShown)}
          >
            {tableShown ? 'Hide data' : 'Show data'}
          </button>
        )}
      </header>
      <div class="chart-body">
        <div
          ref={place}
          class="chart-plot"
          role="img"
          aria-label={running ? curves.summary(chart) : `${title}: no run yet. ${expectation}`}
        />
        {empty && <p class="chart-expectation">{expectation}</p>}
        {running && !empty && <Cursor chart={chart} curves={curves} board={board} />}
      </div>
      {/* The button's target is there before it is opened. */}
      <div id={`${id}-table`} hidden={!(running && tableShown)}>
        {running && tableShown && <DataTable chart={chart} curves={curves} />}
      </div>
    </section>
  );
}

/** The cursor for the keyboard and for screen readers: it says the values where it stands. */
function Cursor({ chart, curves, board }: Omit<CellProps, 'expectation'>) {
  const step = board.cursor ?? curves.lastStep;
  const values = curves.valuesAt(chart, step).map(({ arm, point }) => `${arm} ${formatValue(chart, point.value)}`);
  return (
    <div
      class="chart-slider"
      role="slider"
      tabIndex={0}
      aria-label={`Cursor in ${CHART[chart].title}`}
      aria-valuemin={1}
      aria-valuemax={curves.lastStep}
      aria-valuenow={step}
      aria-valuetext={`step ${withThousands(step)}: ${values.join(', ') || 'no value'}${CHART[chart].unit}`}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || !handleKey(event.key, event.shiftKey, curves, board))
          return;
        event.preventDefault();
      }}
    />
  );
}

function handleKey(key: string, shift: boolean, curves: Curves, board: Board): boolean {
  const { lastStep } = curves;
  const at = board.cursor ?? lastStep;
  const moveTo = (step: number): void => board.moveCursor(Math.max(1, Math.min(lastStep, step)));
  const steps = shift ? 10 : 1;
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      moveTo(at - steps);
      return true;
    case 'ArrowRight':
    case 'ArrowUp':
      moveTo(at + steps);
      return true;
    case 'Home':
      moveTo(1);
      return true;
    case 'End':
      moveTo(lastStep);
      return true;
    case 'Escape':
      if (board.cursor === null && board.zoom === null) return false;
      board.moveCursor(null);
      board.setZoom(null);
      return true;
    case '+':
    case '=':
    case '-': {
      const { min, max } = board.zoom ?? { min: 1, max: lastStep };
      const reach = Math.max(2, (max - min) * (key === '-' ? 1 : 0.25));
      board.setZoom({ min: Math.max(1, Math.round(at - reach)), max: Math.min(lastStep, Math.round(at + reach)) });
      return true;
    }
    default:
      return false;
  }
}

function DataTable({ chart, curves }: { readonly chart: ChartName; readonly curves: Curves }) {
  const { arms, rows } = curves.table(chart);
  const { title, unit } = CHART[chart];
  const caption = `${title}${unit ? ` in${unit}` : ''}, ${rows.length} of ${withThousands(curves.lastStep)} steps`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable for the keyboard.
    <section class="chart-table" tabIndex={0} aria-label={`Data: ${title}`}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">step</th>
            {arms.map((arm) => (
              <th key={arm} scope="col">
                {arm}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ step, values }) => (
            <tr key={step}>
              <th scope="row">{withThousands(step)}</th>
              {values.map((value, i) => (
                <td key={arms[i]}>{value}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
